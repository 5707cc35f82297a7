import { Counter, Gauge, type Registry } from 'prom-client';

/** How fresh what we know of the directories is, and what came in about them; label values from closed sets only (T31). */
export interface DirectoryMetrics {
  run(of: 'users' | 'groups', result: 'delta' | 'full' | 'expired' | 'failed'): void;
  changes(of: 'users' | 'groups', changes: number): void;
  comparison(result: 'same' | 'different' | 'failed'): void;
  received(result: string, items: number): void;
  subscription(
    resource: 'users' | 'groups',
    state: 'created' | 'renewed' | 'lost' | 'refused' | 'failed',
  ): void;
  /** Where the gauges come from when somebody asks for `/metrics`. */
  readDirectories(directories: () => readonly DirectoryReading[]): void;
}

export interface DirectoryReading {
  /** Our id of the connection. */
  readonly connection: string;
  /** Undefined: never read completely. */
  readonly ageSeconds: number | undefined;
  readonly people: number;
  readonly held: number;
  readonly subscriptions: 'active' | 'starting' | 'polling' | 'refused' | 'failing';
}

const subscriptionStates = ['active', 'starting', 'polling', 'refused', 'failing'] as const;

export function registerDirectoryMetrics(registry: Registry): DirectoryMetrics {
  const registers = [registry];
  let directories: () => readonly DirectoryReading[] = () => [];
  new Gauge({
    name: 'directory_age_seconds',
    help: 'Seconds since the last complete reading of a connected directory began',
    labelNames: ['connection'],
    registers,
    collect() {
      this.reset();
      for (const { connection, ageSeconds } of directories())
        if (ageSeconds !== undefined) this.set({ connection }, ageSeconds);
    },
  });
  new Gauge({
    name: 'directory_people',
    help: 'Users of a connected directory as they were read last',
    labelNames: ['connection'],
    registers,
    collect() {
      this.reset();
      for (const { connection, people } of directories()) this.set({ connection }, people);
    },
  });
  new Gauge({
    name: 'directory_held_people',
    help: 'People whose leaving is part of a mass change that waits for a decision',
    labelNames: ['connection'],
    registers,
    collect() {
      this.reset();
      for (const { connection, held } of directories()) this.set({ connection }, held);
    },
  });
  new Gauge({
    name: 'graph_subscriptions',
    help: 'Connections by the state of their subscriptions of directory changes',
    labelNames: ['state'],
    registers,
    collect() {
      for (const state of subscriptionStates)
        this.set({ state }, directories().filter((one) => one.subscriptions === state).length);
    },
  });
  const runs = new Counter({
    name: 'directory_runs_total',
    help: 'Runs of delta queries; result: delta, full, expired, failed',
    labelNames: ['of', 'result'],
    registers,
  });
  const changed = new Counter({
    name: 'directory_changes_total',
    help: 'Changes of users and groups that delta queries brought',
    labelNames: ['of'],
    registers,
  });
  const comparisons = new Counter({
    name: 'directory_comparisons_total',
    help: 'Comparisons of memberships with the list that Microsoft flattens; result: same, different, failed',
    labelNames: ['result'],
    registers,
  });
  const items = new Counter({
    name: 'webhook_items_total',
    help: 'Notifications of Microsoft Graph by what was made of them',
    labelNames: ['result'],
    registers,
  });
  const renewals = new Counter({
    name: 'graph_subscription_renewals_total',
    help: 'What happened to subscriptions; state: created, renewed, lost, refused, failed',
    labelNames: ['resource', 'state'],
    registers,
  });
  return {
    run: (of, result) => runs.inc({ of, result }),
    changes: (of, count) => changed.inc({ of }, count),
    comparison: (result) => comparisons.inc({ result }),
    received: (result, count) => items.inc({ result }, count),
    subscription: (resource, state) => renewals.inc({ resource, state }),
    readDirectories(from) {
      directories = from;
    },
  };
}
