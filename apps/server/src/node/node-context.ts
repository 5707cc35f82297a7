import { createEventFeed, type EventFeed, type FeedEvent } from '@tandem/adapters/http/events/event-feed.ts';
import { type OutgoingWatch, watchOutgoing } from '@tandem/adapters/outgoing/outgoing-watch.ts';
import { uuidV7 } from '@tandem/domain';
import type { Clock } from '@tandem/engine';
import { TimerWheel } from '@tandem/wire';
import pino, { type Logger } from 'pino';
import type { NodeConfig } from '../supervisor/child-config.ts';
import { createRandom } from './random.ts';

/** What every part of a node stands on. */
export interface NodeContext {
  readonly config: NodeConfig;
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: ReturnType<typeof createRandom>;
  /** What whoever looks at the portal hears of. */
  readonly feed: EventFeed & { publish(event: FeedEvent): void };
  /** Where requests of this process go. */
  readonly outgoing: OutgoingWatch;
  /** In the order of time, so that what is stored under them stays together. */
  newId(): string;
  /** No timer fires any more. */
  stopClock(): void;
}

export function createNodeContext(config: NodeConfig): NodeContext {
  const wheel = new TimerWheel();
  const random = createRandom();
  const outgoing = watchOutgoing(Date.now);
  return {
    config,
    log: pino({ level: config.logLevel, base: null }),
    clock: {
      now: () => performance.now(),
      wall: () => Date.now(),
      after: (ms, fire) => wheel.after(ms, fire),
    },
    random,
    feed: createEventFeed(),
    outgoing,
    newId: () => uuidV7(Date.now(), random.bytes(10)),
    stopClock() {
      outgoing.stop();
      wheel.close();
    },
  };
}
