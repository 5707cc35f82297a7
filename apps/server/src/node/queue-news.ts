import type { QueueId, RoutingSnapshot } from '@tandem/domain';
import type { CallEngine } from '@tandem/engine';
import type { NodeContext } from './node-context.ts';
import { liveOf } from './services/queues.ts';

/** The same queue changes several times in a turn: it is told once, and as it is then. */
export function createQueueNews(parts: {
  readonly clock: NodeContext['clock'];
  readonly feed: NodeContext['feed'];
  readonly snapshot: () => RoutingSnapshot;
  readonly viewOf: CallEngine['queues']['viewOf'];
}): (queueId: QueueId) => void {
  const toTell = new Set<QueueId>();
  const tell = (queueId: QueueId): void => {
    const { queues, people } = parts.snapshot();
    const accountId = queues.get(queueId)?.accountId;
    const view = parts.viewOf(queueId);
    if (accountId === undefined || !view) return;
    const live = liveOf(view, (personId) => people.get(personId)?.displayName ?? 'somebody who left');
    parts.feed.publish({ kind: 'queue', accountId, live });
  };
  return (queueId) => {
    if (toTell.size === 0)
      parts.clock.after(100, () => {
        const told = [...toTell];
        toTell.clear();
        told.forEach(tell);
      });
    toTell.add(queueId);
  };
}
