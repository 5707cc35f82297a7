/**
 * One subscription as its notifier keeps it (RFC 6665 §4.2): at most one NOTIFY is under way, the next one tells the
 * newest state whatever happened in between, and the last one says that it was the last.
 *
 *     quiet ─news→ waiting ─due→ notifying ─news→ behind          any of them ─ended→ leaving ─→ over
 *       ↑                            │               │            a NOTIFY is under way: first lastly
 *       └────────────taken───────────┘  waiting ←taken┘
 *
 * `waiting`: there is news, and the gap since the last NOTIFY is not over. `behind`: what is under way is old already.
 * `lastly`: the last word waits for the answer to the one before. `leaving`: the last word is under way.
 */
import { ignored, type Machine } from '../transaction/machine.ts';

export type SubscriptionPhase = 'quiet' | 'waiting' | 'notifying' | 'behind' | 'lastly' | 'leaving' | 'over';

export type SubscriptionInput =
  | 'asked' // a SUBSCRIBE was accepted: it gets a NOTIFY at once (§4.2.1.2)
  | 'news' // what is watched changed
  | 'due' // the gap is over
  | 'same' // the gap is over, and it is again as it was told last
  | 'taken' // 2xx to the NOTIFY
  | 'missed' // another final answer: the subscriber is there, but did not take it
  | 'gone' // 481 and the like, silence, or it cannot be sent: nobody is there (§4.2.2)
  | 'ended'; // given up, run out, or taken away

export type SubscriptionAction = 'send' | 'schedule' | 'hurry' | 'retry' | 'sendLast' | 'forget';

export const subscriptionMachine: Machine<SubscriptionPhase, SubscriptionInput, SubscriptionAction> = {
  quiet: {
    asked: ['notifying', 'send'],
    news: ['waiting', 'schedule'],
    due: ignored,
    same: ignored,
    taken: ignored,
    missed: ignored,
    gone: ['over', 'forget'],
    ended: ['leaving', 'sendLast'],
  },
  waiting: {
    asked: ['notifying', 'send'],
    news: ['waiting', 'schedule'],
    due: ['notifying', 'send'],
    same: ['quiet'],
    taken: ignored,
    missed: ignored,
    gone: ['over', 'forget'],
    ended: ['leaving', 'sendLast'],
  },
  notifying: {
    asked: ['behind', 'hurry'],
    news: ['behind'],
    due: ignored,
    same: ignored,
    taken: ['quiet'],
    missed: ['waiting', 'retry'],
    gone: ['over', 'forget'],
    ended: ['lastly'],
  },
  behind: {
    asked: ['behind', 'hurry'],
    news: ['behind'],
    due: ignored,
    same: ignored,
    taken: ['waiting', 'schedule'],
    missed: ['waiting', 'retry'],
    gone: ['over', 'forget'],
    ended: ['lastly'],
  },
  lastly: {
    asked: ignored,
    news: ignored,
    due: ignored,
    same: ignored,
    taken: ['leaving', 'sendLast'],
    missed: ['leaving', 'sendLast'],
    gone: ['over', 'forget'],
    ended: ignored,
  },
  leaving: {
    asked: ignored,
    news: ignored,
    due: ignored,
    same: ignored,
    taken: ['over', 'forget'],
    missed: ['over', 'forget'],
    gone: ['over', 'forget'],
    ended: ignored,
  },
  over: {
    asked: ignored,
    news: ignored,
    due: ignored,
    same: ignored,
    taken: ignored,
    missed: ignored,
    gone: ignored,
    ended: ignored,
  },
};
