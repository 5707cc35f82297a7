/**
 * Who may send what, when: RFC 3264 §4, RFC 3261 §13.2.1, RFC 3311, RFC 6337 §2 and §4. One machine a dialog side.
 *
 *                sendOffer ->  local-offer  -- receiveAnswer ->  stable
 *     stable --<
 *                receiveOffer -> remote-offer -- sendAnswer  ->  stable
 *
 * `withdraw`: the offer died with its request (4xx-6xx, CANCEL, timeout); what was agreed before stays in force.
 */
export type OfferState = 'none' | 'local-offer' | 'remote-offer' | 'stable';
export type OfferInput = 'sendOffer' | 'receiveOffer' | 'sendAnswer' | 'receiveAnswer' | 'withdraw';

/** `none` = nothing was ever agreed; a withdrawn first offer leads back there, a later one to `stable`. */
export const offerAnswer = {
  none: { sendOffer: 'local-offer', receiveOffer: 'remote-offer', withdraw: 'none' },
  'local-offer': { receiveAnswer: 'stable', withdraw: 'before' },
  'remote-offer': { sendAnswer: 'stable', withdraw: 'before' },
  stable: { sendOffer: 'local-offer', receiveOffer: 'remote-offer', withdraw: 'stable' },
} as const satisfies Record<OfferState, Partial<Record<OfferInput, OfferState | 'before'>>>;

export interface OfferAnswer {
  readonly state: OfferState;
  /** An exchange was completed once. */
  readonly agreed: boolean;
}

export const noOfferYet: OfferAnswer = { state: 'none', agreed: false };

export type OfferStep =
  | { readonly ok: true; readonly next: OfferAnswer }
  /** What a UAS answers to the request that carried it. */
  | { readonly ok: false; readonly fault: OfferFault; readonly status: 491 | 500 | 400 };

export type OfferFault =
  /** Both sides offered at once (RFC 3261 §14.2, RFC 3311 §5.2). */
  | 'glare'
  /** The peer offers again before we answered its first offer (500 with Retry-After 0..10 s). */
  | 'offer-unanswered'
  /** An answer to no offer, a second answer. Ours: a bug of the caller; theirs: their mistake. */
  | 'unexpected';

export function stepOfferAnswer(now: OfferAnswer, input: OfferInput): OfferStep {
  const row: Partial<Record<OfferInput, OfferState | 'before'>> = offerAnswer[now.state];
  const target = row[input];
  if (target === undefined) return refusal(now.state, input);
  const before: OfferState = now.agreed ? 'stable' : 'none';
  const state = target === 'before' ? before : target;
  return { ok: true, next: { state, agreed: now.agreed || state === 'stable' } };
}

function refusal(state: OfferState, input: OfferInput): OfferStep {
  if (input === 'receiveOffer' && state === 'local-offer') return { ok: false, fault: 'glare', status: 491 };
  if (input === 'receiveOffer') return { ok: false, fault: 'offer-unanswered', status: 500 };
  return { ok: false, fault: 'unexpected', status: 400 };
}
