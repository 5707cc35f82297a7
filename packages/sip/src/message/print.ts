/** Messages to bytes. Untouched headers go out as they came in; the Content-Length is always right. */
import type { SipMessage } from './message.ts';

/** CR, LF, NUL and friends cannot get out through a start line either (threat T11). */
const CONTROLS = /[\0-\x1f\x7f]/;
const URI_BREAKERS = /[\0-\x20\x7f]/;

export function printMessage(message: SipMessage): Buffer {
  const text = `${startLine(message)}\r\n${message.headers.print(message.body.length)}\r\n`;
  const { body } = message;
  if (body.length === 0) return Buffer.from(text, 'latin1');
  const bytes = Buffer.allocUnsafe(text.length + body.length);
  bytes.write(text, 0, 'latin1');
  body.copy(bytes, text.length);
  return bytes;
}

function startLine(message: SipMessage): string {
  if (message.kind === 'request') {
    const uri = URI_BREAKERS.test(message.uri) ? message.uri.replace(/[\0-\x20\x7f]/g, '') : message.uri;
    return `${message.method} ${uri} SIP/2.0`;
  }
  const reason = CONTROLS.test(message.reason)
    ? message.reason.replace(/[\0-\x1f\x7f]+/g, ' ')
    : message.reason;
  return `SIP/2.0 ${message.status} ${reason}`;
}
