/** Parties for stories: a caller that keeps what happened to it, and responses written by hand. Tests only. */
import type { SipMessage } from '../message/message.ts';
import type { TestPeer } from './test-network.ts';
import type { Dialog, FinalOutcome, InviteOptions, OutgoingInvite } from './types.ts';

export const SDP = Buffer.from('v=0\r\n');

export interface PlacedCall {
  readonly invite: OutgoingInvite;
  /** The fork that won. */
  dialog: Dialog | undefined;
  readonly early: Set<Dialog>;
  readonly extras: Dialog[];
  readonly provisional: number[];
  failed: FinalOutcome | undefined;
  /** Accepts (extras left out) and failures together: must end as 1. */
  finals: number;
  readonly ends: string[];
}

/** `from` calls `to` over UDP unless told otherwise; the caller ACKs on its own. */
export function call(from: TestPeer, to: TestPeer, more: Partial<InviteOptions> = {}): PlacedCall {
  const state: Omit<PlacedCall, 'invite'> = {
    dialog: undefined,
    early: new Set(),
    extras: [],
    provisional: [],
    failed: undefined,
    finals: 0,
    ends: [],
  };
  const invite = from.ua.invite(
    {
      requestUri: `sip:${to.name}@${to.host}:${to.port}`,
      from: `<sip:${from.name}@example.net>`,
      to: `<sip:${to.name}@example.net>`,
      contact: from.contact,
      destination: to.at('UDP'),
      body: SDP,
      handlers: {
        onProvisional: (response, early) => {
          state.provisional.push(response.status);
          if (early) state.early.add(early);
        },
        onAccepted: (_response, dialog, extra) => {
          if (extra) {
            state.extras.push(dialog);
            return;
          }
          state.finals++;
          state.dialog = dialog;
          dialog.onEnded = (why) => state.ends.push(why.kind);
          dialog.ack();
        },
        onFailed: (outcome) => {
          state.finals++;
          state.failed = outcome;
        },
      },
      ...more,
    },
    from.net.now,
  );
  return Object.assign(state, { invite });
}

/** How a call failed, in a word: `486`, `timeout`, `transport`. */
export function failure(placed: PlacedCall): string | undefined {
  const { failed } = placed;
  return failed?.kind === 'response' ? String(failed.response.status) : failed?.kind;
}

/** A response to `request`, as another program would write it: capitals, its own To tag, extra lines. */
export function reply(
  request: SipMessage,
  status: number,
  tag?: string,
  lines: readonly string[] = [],
): string {
  const { headers } = request;
  const to = headers.get('to') ?? '';
  return [
    `SIP/2.0 ${status} Because`,
    `VIA: ${headers.get('via')}`,
    `FROM: ${headers.get('from')}`,
    `TO: ${to}${tag === undefined || to.includes(';tag=') ? '' : `;tag=${tag}`}`,
    `CALL-ID: ${headers.get('call-id')}`,
    `CSEQ: ${headers.get('cseq')}`,
    ...lines,
    'CONTENT-LENGTH: 0',
    '',
    '',
  ].join('\r\n');
}
