/**
 * The life of a dialog (RFC 3261 §12 and §15). Early ends without a word when its INVITE fails: the INVITE's own
 * outcome tells the story. `leaving` is after our BYE went out: the peer's BYE may still cross it and gets its 200.
 */
import { ignored, type Machine } from '../transaction/machine.ts';

export type DialogPhase = 'early' | 'confirmed' | 'leaving' | 'ended';
export type DialogInput =
  | 'accepted' // 2xx sent or received
  | 'inviteFailed' // 3xx-6xx, CANCEL, or a 2xx of another fork
  | 'byeReceived'
  | 'byeSent'
  | 'byeFinished' // answered, timed out or unsendable: all the same to the one who leaves (§15.1.1)
  | 'gone'; // 481, 408 or silence to a request of ours (§12.2.1.2), or no ACK to a re-INVITE's 2xx
export type DialogAction = 'forget' | 'report';

export const dialogMachine: Machine<DialogPhase, DialogInput, DialogAction> = {
  early: {
    accepted: ['confirmed'],
    inviteFailed: ['ended', 'forget'],
    byeReceived: ['ended', 'forget', 'report'],
    byeSent: ['leaving'],
    byeFinished: ignored,
    gone: ['ended', 'forget', 'report'],
  },
  confirmed: {
    accepted: ignored,
    inviteFailed: ignored,
    byeReceived: ['ended', 'forget', 'report'],
    byeSent: ['leaving'],
    byeFinished: ignored,
    gone: ['ended', 'forget', 'report'],
  },
  leaving: {
    accepted: ignored,
    inviteFailed: ignored,
    byeReceived: ['ended', 'forget', 'report'],
    byeSent: ignored,
    byeFinished: ['ended', 'forget', 'report'],
    gone: ignored,
  },
  ended: {
    accepted: ignored,
    inviteFailed: ignored,
    byeReceived: ignored,
    byeSent: ignored,
    byeFinished: ignored,
    gone: ignored,
  },
};
