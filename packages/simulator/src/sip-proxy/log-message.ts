import { callIdOf, printMessage, type SipMessage } from '@tandem/sip';
import type { Audit } from '../audit/audit.ts';
import type { Region } from '../config.ts';

/** One message of a hub in the audit; `guid` is the call's, where it belongs to one. */
export function logMessage(
  audit: Audit,
  kind: 'sent' | 'response' | 'request',
  message: SipMessage,
  region: Region,
  guid: string | undefined,
): void {
  const callId = callIdOf(message);
  audit.add({
    kind,
    where: `hub ${region}`,
    summary:
      message.kind === 'request'
        ? `${message.method} ${message.uri}`
        : `${message.status} ${message.reason} (${message.headers.get('cseq')})`,
    ...(callId === undefined ? {} : { callId }),
    ...(guid === undefined ? {} : { guid }),
    ...(message.kind === 'request' ? { method: message.method } : { status: message.status }),
    text: printMessage(message).toString('latin1'),
  });
}
