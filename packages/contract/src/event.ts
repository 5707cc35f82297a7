import { z } from 'zod';
import { callSummary } from './call.ts';
import { peers } from './peer.ts';
import { readinessSummary } from './person.ts';
import { presence } from './presence.ts';
import { queueLive } from './queue.ts';

/**
 * Server-sent events: the SSE `event` field is `kind`, `data` is the JSON of the whole object. `hello` comes first and
 * after every reconnect: read again what you show. `alive` comes every 15 s, so that silence means trouble.
 */
export const liveEvent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('hello'), at: z.string() }),
  z.object({ kind: z.literal('alive'), at: z.string() }),
  z.object({ kind: z.literal('peers'), peers }),
  z.object({ kind: z.literal('call'), call: callSummary }),
  z.object({
    kind: z.literal('person'),
    personId: z.string(),
    accountId: z.string(),
    /** Only what changed is there. */
    readiness: readinessSummary.optional(),
    presence: presence.optional(),
  }),
  z.object({ kind: z.literal('queue'), accountId: z.string(), live: queueLive }),
  z.object({ kind: z.literal('signed-out'), at: z.string() }),
]);
export type LiveEvent = z.infer<typeof liveEvent>;
export const liveEventKinds = ['hello', 'alive', 'peers', 'call', 'person', 'queue', 'signed-out'] as const;
