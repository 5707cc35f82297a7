/**
 * What an SDP body means by the message it comes in (RFC 3261 §13.2.1, RFC 3262 §5, RFC 3311 §5, RFC 6337 table 1):
 *
 *     pattern   offer in                 answer in
 *     1         INVITE                   2xx to INVITE
 *     2         2xx to INVITE            ACK
 *     3         INVITE                   reliable 1xx
 *     4         reliable 1xx             PRACK
 *     5         PRACK                    2xx to PRACK
 *     6         UPDATE                   2xx to UPDATE
 *
 * An unreliable 18x answers nothing; its SDP shows what the 2xx will hold (§13.2.1) and is a `preview`. After an
 * answer in a reliable 1xx, a 2xx may repeat it; it is `ignored`.
 */
import type { OfferState } from './state.ts';

export type SdpCarrier =
  | 'INVITE'
  | '1xx'
  | 'reliable-1xx'
  | '2xx-INVITE'
  | 'ACK'
  | 'PRACK'
  | '2xx-PRACK'
  | 'UPDATE'
  | '2xx-UPDATE';

export type BodyRole =
  | 'offer'
  | 'answer'
  /** An early look at the answer; may open media, settles nothing. */
  | 'preview'
  /** Nothing new: repeated for old clients. */
  | 'ignored'
  /** May not stand here: the peer breaks the model. */
  | 'forbidden';

/** Offerer: the side whose offer is open. `mine` = the message is sent by the side that has `state`. */
export function roleOfBody(carrier: SdpCarrier, state: OfferState, mine: boolean): BodyRole {
  const openOffer = state === 'local-offer' || state === 'remote-offer';
  // The sender of this message is the one who has to answer.
  const owesAnswer = state === (mine ? 'remote-offer' : 'local-offer');
  switch (carrier) {
    case 'INVITE':
    case 'UPDATE':
      // Two open offers are glare or haste: the machine says which (491, 500).
      return 'offer';
    case '1xx':
      return owesAnswer ? 'preview' : 'ignored';
    case 'reliable-1xx':
    case '2xx-INVITE':
      if (owesAnswer) return 'answer';
      if (openOffer) return 'forbidden';
      return state === 'none' || carrier === 'reliable-1xx' ? 'offer' : 'ignored';
    case 'ACK':
      return owesAnswer ? 'answer' : state === 'stable' ? 'ignored' : 'forbidden';
    case 'PRACK':
      if (owesAnswer) return 'answer';
      return openOffer ? 'forbidden' : 'offer';
    case '2xx-PRACK':
    case '2xx-UPDATE':
      return owesAnswer ? 'answer' : 'forbidden';
  }
}
