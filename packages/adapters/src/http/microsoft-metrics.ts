import { type LinkState, linkStates } from '@tandem/domain';
import { type ConnectionState, connectionStates } from '@tandem/engine';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Requests to Microsoft and links, as they are; label values from closed sets only (T31). */
export interface MicrosoftMetrics {
  /** One try of one request; status 0 is no answer. */
  graphTried(seen: {
    readonly operation: string;
    readonly status: number;
    readonly milliseconds: number;
  }): void;
  /** Where the links come from when somebody asks for `/metrics`. */
  readLinks(links: () => ReadonlyMap<LinkState, number>): void;
  readConnections(connections: () => ReadonlyMap<ConnectionState, number>): void;
  /** How far Microsoft's clock is before ours, as its answers say. */
  readClock(aheadMs: () => number | undefined): void;
  mailed(outcome: 'sent' | 'later' | 'failed' | 'not-sent'): void;
}

const requestBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function registerMicrosoftMetrics(registry: Registry): MicrosoftMetrics {
  const registers = [registry];
  let links: () => ReadonlyMap<LinkState, number> = () => new Map();
  new Gauge({
    name: 'provisioning_links',
    help: 'People by the state of their link to Microsoft, now',
    labelNames: ['state'],
    registers,
    collect() {
      const now = links();
      for (const state of linkStates) this.set({ state }, now.get(state) ?? 0);
    },
  });
  let connections: () => ReadonlyMap<ConnectionState, number> = () => new Map();
  new Gauge({
    name: 'microsoft_connections',
    help: 'Connections of accounts with Microsoft 365 tenants by state, now',
    labelNames: ['state'],
    registers,
    collect() {
      const now = connections();
      for (const state of connectionStates) this.set({ state }, now.get(state) ?? 0);
    },
  });
  let aheadMs: () => number | undefined = () => undefined;
  new Gauge({
    name: 'microsoft_clock_ahead_seconds',
    help: "How far Microsoft's clock is before this server's; negative: behind. From five minutes on sign-ins are refused",
    registers,
    collect() {
      this.set((aheadMs() ?? 0) / 1000);
    },
  });
  const mails = new Counter({
    name: 'mails_total',
    help: 'Mails to administrators by what came of a try; not-sent: nowhere to send it',
    labelNames: ['outcome'],
    registers,
  });
  const requests = new Counter({
    name: 'graph_requests_total',
    help: 'Requests to Microsoft Graph, each try; code: HTTP status, 0 is no answer',
    labelNames: ['operation', 'code'],
    registers,
  });
  const throttled = new Counter({
    name: 'graph_throttled_total',
    help: 'Requests that Microsoft Graph refused with 429',
    labelNames: ['operation'],
    registers,
  });
  const seconds = new Histogram({
    name: 'graph_request_seconds',
    help: 'How long Microsoft Graph took to answer',
    labelNames: ['operation'],
    buckets: requestBuckets,
    registers,
  });
  return {
    graphTried({ operation, status, milliseconds }) {
      requests.inc({ operation, code: String(status) });
      if (status === 429) throttled.inc({ operation });
      seconds.observe({ operation }, milliseconds / 1000);
    },
    readLinks(from) {
      links = from;
    },
    readConnections(from) {
      connections = from;
    },
    readClock(from) {
      aheadMs = from;
    },
    mailed: (outcome) => mails.inc({ outcome }),
  };
}
