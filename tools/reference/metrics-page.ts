import { createMetrics } from '@tandem/adapters/http/metrics.ts';
import { code, heading, table } from './page.ts';

/** What prom-client knows of a metric and does not declare. */
interface Described {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
}

const fromRuntime = (name: string): boolean => /^(process|nodejs)_/.test(name);

export async function metricsPage(): Promise<string> {
  const { registry } = createMetrics({
    live: { list: () => [], find: () => undefined, hangUp: () => false } as never,
    peers: { list: () => [] },
    wall: () => 0,
    connector: () => 'none',
    snapshotBuiltAt: () => 0,
  });
  const types = new Map((await registry.getMetricsAsJSON()).map(({ name, type }) => [name, String(type)]));
  const all = registry.getMetricsAsArray() as unknown as readonly Described[];
  const rows = (metrics: readonly Described[]) =>
    metrics.map(({ name, help, labelNames }) => [
      code(name),
      types.get(name) ?? '',
      labelNames.map(code).join(', '),
      help,
    ]);
  const own = all.filter(({ name }) => !fromRuntime(name));
  return [
    ...heading('Metrics', 'packages/adapters/src/http/metrics.ts'),
    '`GET /metrics` in the Prometheus format, at the address that the ready line names. Names are a contract with dashboards.',
    'Label values come from the configuration or from closed sets, never from text on the wire.',
    '',
    ...table(['metric', 'type', 'labels', 'means'], rows(own)),
    '',
    'Beside them the usual ones of the signalling process: `process_*` (CPU, memory, open files) and `nodejs_*` (event loop lag,',
    'garbage collection, heap).',
    '',
  ].join('\n');
}
