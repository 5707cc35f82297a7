import { cseqOf, fromTagOf, type SipRequest } from '@tandem/sip';
import { routeSetOf } from '@tandem/sip/dialog/route-set.ts';
import type { DialogSnapshot, IncomingInvite } from '@tandem/sip/ua/types.ts';

/** The caller's dialog as it will be once our 200 is out: the checkpoint is written before. */
export function callerSnapshot(invite: IncomingInvite, localContact: string): DialogSnapshot {
  const { request, localTag } = invite;
  const { headers } = request;
  const contact = headers.get('contact') ?? '';
  return {
    callId: headers.get('call-id') ?? '',
    localTag,
    remoteTag: fromTagOf(request) ?? '',
    localUri: withoutTag(headers.get('to') ?? ''),
    remoteUri: withoutTag(headers.get('from') ?? ''),
    remoteTarget: /<([^>]*)>/.exec(contact)?.[1] ?? contact,
    routeSet: routeSetOf(request, 'uas'),
    localCseq: 0,
    remoteCseq: cseqOf(request)?.number,
    localContact,
    secure: request.uri.startsWith('sips:'),
  };
}

function withoutTag(value: string): string {
  const close = value.lastIndexOf('>');
  if (close >= 0) return value.slice(0, close + 1);
  const semicolon = value.indexOf(';');
  return semicolon < 0 ? value : value.slice(0, semicolon);
}

/** One less than the caller's, for the called side (RFC 3261 §16.6 item 3). */
export function nextMaxForwards(request: SipRequest): number {
  const received = Number(request.headers.get('max-forwards') ?? 70);
  return Math.max(0, Math.min(Number.isInteger(received) ? received : 70, 70) - 1);
}
