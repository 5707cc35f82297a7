/** How messages find their transaction. All keys are plain strings, made fresh so that they hold no message alive. */
import { cseqOf, fromTagOf, topVia } from '../message/access.ts';
import type { SipMessage, SipRequest } from '../message/message.ts';

const MAGIC_COOKIE = 'z9hG4bK';

/** RFC 3261 §17.1.3: branch and CSeq method. The branch is ours, hence unique. */
export function clientKey(branch: string, method: string): string {
  return `${branch} ${method}`;
}

/**
 * RFC 3261 §17.2.3: branch, sent-by and method, ACK counting as INVITE. Without the magic cookie (RFC 2543): the top
 * Via, Request-URI, From tag, Call-ID and CSeq number; the To tag is left out because an ACK carries ours.
 */
export function serverKey(request: SipRequest, method: string): string {
  const via = topVia(request);
  const counted = method === 'ACK' ? 'INVITE' : method;
  if (via?.branch?.startsWith(MAGIC_COOKIE)) {
    return `${via.branch} ${via.host.toLowerCase()}:${via.port ?? ''} ${counted}`;
  }
  const { headers } = request;
  return `2543 ${headers.get('via')} ${request.uri} ${fromTagOf(request) ?? ''} ${headers.get('call-id')} ${
    cseqOf(request)?.number
  } ${counted}`;
}

/** RFC 3261 §8.2.2.2: the same request by another path has the same From tag, Call-ID and CSeq. */
export function mergeKey(request: SipRequest): string {
  return `${request.headers.get('call-id')} ${fromTagOf(request) ?? ''} ${request.headers.get('cseq')}`;
}

/** Dialogs: Call-ID, local tag, remote tag (RFC 3261 §12). A peer without a tag (RFC 2543) has ''. */
export function dialogKey(callId: string, localTag: string, remoteTag: string): string {
  return `${callId} ${localTag} ${remoteTag}`;
}

/** A copy that does not keep the message it was cut from alive (V8 slices share their parent's memory). */
export function flat(text: string): string {
  if (text.length < 13) return text;
  if (text.length > scratch.length) return Buffer.from(text, 'latin1').toString('latin1');
  return scratch.toString('latin1', 0, scratch.write(text, 0, 'latin1'));
}

const scratch = Buffer.allocUnsafeSlow(1024);

export function callIdOf(message: SipMessage): string {
  return message.headers.get('call-id') ?? '';
}
