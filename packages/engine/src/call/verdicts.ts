import type { ResultClass } from '@tandem/domain';
import type { CallFailure, Lacking } from './call-failure.ts';
import { peerStatusVerdict } from './peer-status.ts';

export type Blame = 'caller' | 'callee' | 'customer' | 'carrier' | 'microsoft' | 'us' | 'nobody';

/** One reading of a failure for everybody: the SIP answer, the Reason header, the record, the metric, the sentence. */
export interface Verdict {
  /** Final status to a caller who has none yet. */
  readonly sip: number;
  /** Q.850 cause, in the answer and in BYE (RFC 6432). */
  readonly q850: number;
  /** Stable; never reused for something else. */
  readonly code: string;
  readonly blame: Blame;
  /** Whether the same call could work: never, later, or elsewhere (another trunk or node). */
  readonly retry: 'never' | 'later' | 'elsewhere';
  readonly result: ResultClass;
  /** For the record, the service desk and the customer. */
  readonly say: string;
  /** For the other network where it differs: who calls from outside learns nothing of licences, switches and phones. */
  readonly tell?: string;
}

type Row = Omit<Verdict, 'code'>;

const row = (
  sip: number,
  q850: number,
  blame: Blame,
  retry: Verdict['retry'],
  result: ResultClass,
  say: string,
): Row => ({ sip, q850, blame, retry, result, say });

/**
 * Leave a kind out and it does not compile. Status and cause of what a person lacks: product-behaviour 1.8.
 * MICROSOFT: 408, 503 and 504 make Microsoft try the customer's next trunk (teams-direct-routing 1.11, S9): used
 * towards Teams only where another trunk could do better.
 */
export const verdicts = {
  'unknown-host': row(404, 1, 'customer', 'never', 'refused', 'No customer here has this host name.'),
  'unknown-number': row(404, 1, 'caller', 'never', 'refused', 'Nobody on the platform has this number.'),
  'unknown-extension': row(
    404,
    1,
    'caller',
    'never',
    'refused',
    'Nobody at this customer has this extension.',
  ),
  'unreadable-number': row(
    484,
    28,
    'caller',
    'never',
    'refused',
    'The dialled number is not a telephone number.',
  ),
  'caller-account-suspended': row(403, 21, 'customer', 'later', 'refused', 'The customer is suspended.'),
  'callee-account-suspended': row(
    480,
    31,
    'customer',
    'later',
    'refused',
    'The called customer is suspended.',
  ),
  'caller-not-owned': row(
    403,
    21,
    'customer',
    'never',
    'refused',
    'The caller number belongs to nobody at this customer.',
  ),
  'caller-disabled': row(
    403,
    21,
    'customer',
    'later',
    'refused',
    'The caller is not an active user of the platform.',
  ),
  'caller-not-eligible': row(
    403,
    63,
    'customer',
    'later',
    'refused',
    'The caller may not call with Teams yet.',
  ),
  'callee-disabled': row(
    404,
    1,
    'customer',
    'later',
    'refused',
    'The called person is not an active user of the platform.',
  ),
  'callee-not-eligible': row(
    480,
    20,
    'customer',
    'later',
    'refused',
    'The called person cannot be reached in Teams yet.',
  ),
  // Status and cause as chosen (N52); see below.
  'callee-unavailable': row(480, 20, 'callee', 'later', 'refused', 'The called person takes no calls now.'),
  'queue-closed': row(480, 34, 'customer', 'later', 'refused', 'The queue takes no more callers now.'),
  'queue-timeout': row(
    480,
    19,
    'customer',
    'later',
    'no-answer',
    'Nobody of the queue took the call in time.',
  ),
  'queue-abandoned': row(
    487,
    16,
    'nobody',
    'later',
    'cancelled',
    'The caller hung up while waiting in the queue.',
  ),
  'queue-gone': row(
    480,
    31,
    'customer',
    'later',
    'refused',
    'The queue was removed while the caller waited.',
  ),
  'unknown-phone': row(403, 21, 'customer', 'never', 'refused', 'The phone belongs to no customer here.'),
  'phone-not-registered': row(480, 20, 'customer', 'later', 'refused', 'The called phone is not registered.'),
  'calls-itself': row(486, 17, 'caller', 'never', 'busy', 'The call goes to the one who makes it.'),
  'no-route': row(404, 3, 'customer', 'never', 'refused', 'The customer has no carrier for this number.'),
  'too-many-hops': row(483, 25, 'nobody', 'never', 'refused', 'The call went through too many systems.'),
  'loop-detected': row(482, 25, 'nobody', 'never', 'refused', 'The call came round in a circle.'),
  // Never 503 or Retry-After: those speak for the whole server (reliability 3, codes).
  'too-many-calls': row(480, 34, 'customer', 'later', 'refused', 'Too many calls at once.'),
  draining: row(
    503,
    42,
    'us',
    'elsewhere',
    'refused',
    'This node takes no new calls because it is about to stop.',
  ),
  'peer-rejected': row(480, 31, 'nobody', 'later', 'failed', 'The called side refused the call.'), // see peer-status.ts
  'teams-unreachable': row(
    503,
    38,
    'microsoft',
    'later',
    'failed',
    'None of the Teams connection points could be reached.',
  ),
  'carrier-unreachable': row(500, 38, 'carrier', 'later', 'failed', 'No carrier could be reached.'),
  'phone-unreachable': row(480, 20, 'customer', 'later', 'failed', 'The phone could not be reached.'),
  'no-answer': row(480, 19, 'callee', 'later', 'no-answer', 'Nobody answered.'),
  'caller-cancelled': row(
    487,
    16,
    'nobody',
    'never',
    'cancelled',
    'The caller hung up before anybody answered.',
  ),
  // The status is for who asks what a person would have said; the caller got 200 from the mailbox.
  voicemail: row(480, 16, 'nobody', 'never', 'no-answer', 'Nobody took the call, and the mailbox answered.'),
  'offer-missing': row(488, 88, 'microsoft', 'never', 'failed', 'The call came without a media offer.'),
  // 79: RFC 3398 7.2.4.1.
  'body-unsupported': row(
    415,
    79,
    'nobody',
    'never',
    'failed',
    'The call came with a body in a form that is not understood here.',
  ),
  'no-ports': row(500, 47, 'us', 'elsewhere', 'failed', 'All media ports are in use.'),
  'engine-down': row(500, 47, 'us', 'elsewhere', 'failed', 'The media relay does not answer.'),
  'sdp-malformed': row(400, 95, 'nobody', 'never', 'failed', 'The media description cannot be read.'),
  'media-unreachable': row(
    488,
    88,
    'nobody',
    'never',
    'failed',
    'The media address is none that media can be sent to from here.',
  ),
  'no-common-codec': row(488, 88, 'nobody', 'never', 'failed', 'The two sides have no codec in common.'),
  'srtp-required': row(
    488,
    88,
    'nobody',
    'never',
    'failed',
    'The offer is not encrypted, which is required here.',
  ),
  'crypto-unsupported': row(
    488,
    88,
    'nobody',
    'never',
    'failed',
    'The offer has no encryption that is supported here.',
  ),
  'no-ack': row(
    408,
    102,
    'nobody',
    'later',
    'failed',
    'The caller never confirmed the answer, so both sides were released.',
  ),
  'media-silent': row(
    480,
    41,
    'nobody',
    'later',
    'answered',
    'One side sent nothing to hear for too long, so the call was ended.',
  ),
  'engine-lost': row(500, 41, 'us', 'later', 'failed', 'The media relay stopped during the call.'),
  'session-expired': row(
    408,
    102,
    'nobody',
    'later',
    'answered',
    'One side no longer confirmed that the call lives.',
  ),
  'peer-gone': row(481, 41, 'nobody', 'later', 'answered', 'One side no longer knew the call.'),
  'hung-up-by-operator': row(
    480,
    31,
    'us',
    'later',
    'refused',
    'The call was ended by an operator of the platform.',
  ),
  'node-crash': row(500, 41, 'us', 'later', 'failed', 'The signalling process stopped during the call.'),
  bug: row(500, 41, 'us', 'later', 'failed', 'The platform made a mistake; this one call was ended.'),
} satisfies Record<CallFailure['kind'], Row>;

/** Q.850's own words for cause 20. */
const notReachable = 'Subscriber absent';

/** What a caller is told of somebody who takes no calls: a cause in Q.850's words, never the state (RFC 3398 §8.2.6.1). */
const unavailable = {
  480: { q850: 20, result: 'no-answer', tell: notReachable },
  486: { q850: 17, result: 'busy', tell: 'User busy' },
  603: { q850: 21, result: 'refused', tell: 'Call rejected' },
} as const;

/** The verdict of one failure: its row, with what only this call knows (PRV code and sentence, the peer's status). */
export function verdictOf(failure: CallFailure): Verdict {
  switch (failure.kind) {
    case 'peer-rejected':
      return peerStatusVerdict(failure.role, failure.status);
    case 'caller-disabled':
    case 'caller-not-eligible':
      return lacking(verdicts[failure.kind], failure);
    case 'callee-disabled':
      return { ...lacking(verdicts[failure.kind], failure), tell: 'Unallocated number' };
    case 'callee-not-eligible':
      return { ...lacking(verdicts[failure.kind], failure), tell: notReachable };
    case 'callee-unavailable': {
      const { kind, sip, sentence } = failure;
      return { ...verdicts[kind], ...unavailable[sip], sip, code: kind, say: sentence };
    }
    case 'queue-closed':
      return {
        ...verdicts[failure.kind],
        code: failure.kind,
        say: failure.sentence,
        tell: 'No circuit available',
      };
    case 'queue-timeout':
      return {
        ...verdicts[failure.kind],
        code: failure.kind,
        say: `Nobody of the queue took the call in ${failure.afterSeconds} s.`,
      };
    case 'queue-abandoned':
      return {
        ...verdicts[failure.kind],
        code: failure.kind,
        say: `The caller hung up after ${failure.afterSeconds} s in the queue.`,
      };
    case 'phone-not-registered':
      return {
        ...verdicts[failure.kind],
        code: failure.kind,
        say: `The phone ${failure.phone} is not registered.`,
        tell: notReachable,
      };
    case 'caller-cancelled':
      return failure.elsewhere
        ? {
            ...verdicts[failure.kind],
            code: 'completed-elsewhere',
            q850: 26,
            say: 'The call was answered elsewhere.',
          }
        : { ...verdicts[failure.kind], code: failure.kind };
    default:
      return { ...verdicts[failure.kind], code: failure.kind };
  }
}

function lacking(of: Row, failure: Lacking & { readonly kind: string }): Verdict {
  const { code = failure.kind, sip = of.sip, q850 = of.q850, sentence } = failure;
  return { ...of, sip, q850, code, say: sentence };
}

/** How a call ends that simply ends. */
export const normalEnd = {
  q850: 16,
  code: 'normal',
  say: 'The call was answered and ended normally.',
} as const;
