import type { CallRecord } from '@tandem/domain';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Counted as it happens; label values from closed sets only, so no names of queues (T31). */
export interface QueueMetrics {
  /** Of any call; those of queues are counted. */
  callClosed(record: CallRecord): void;
  /** Where the number of waiting callers comes from when somebody asks for `/metrics`. */
  readWaiting(count: () => number): void;
}

const outcomes: Readonly<Record<string, string>> = {
  'queue-abandoned': 'abandoned',
  'queue-timeout': 'timeout',
  'queue-closed': 'closed',
  'queue-gone': 'gone',
};

export function registerQueueMetrics(registry: Registry): QueueMetrics {
  const registers = [registry];
  let waiting = (): number => 0;
  new Gauge({
    name: 'queue_waiting',
    help: 'Callers who wait in a queue now, those who are being offered to a member included',
    registers,
    collect() {
      this.set(waiting());
    },
  });
  const calls = new Counter({
    name: 'queue_calls_total',
    help: 'Calls to queues by what became of them: answered by a member, abandoned by the caller, timeout, closed at the door, gone with the queue, failed',
    labelNames: ['outcome'],
    registers,
  });
  const waits = new Histogram({
    name: 'queue_wait_seconds',
    help: 'From the INVITE to the answer of a member',
    buckets: [1, 2, 5, 10, 20, 40, 60, 120, 300, 600, 900],
    registers,
  });
  return {
    callClosed({ queue, code, result }) {
      const outcome = outcomes[code ?? ''];
      if (!queue && outcome === undefined) return;
      if (queue?.waitedMs !== undefined) waits.observe(queue.waitedMs / 1000);
      calls.inc({ outcome: outcome ?? (result === 'answered' ? 'answered' : 'failed') });
    },
    readWaiting(count) {
      waiting = count;
    },
  };
}
