/**
 * multipart/mixed bodies (RFC 5621 §3, RFC 2046 §5.1.1), bounded; parts keep their bytes.
 *
 *     --boundary CRLF  headers CRLF CRLF  bytes CRLF  --boundary CRLF …  CRLF --boundary-- CRLF
 *
 * Nested multiparts are not opened: an inner one is a part with its own Content-Type.
 */
import {
  type ContentDisposition,
  parseContentDisposition,
  parseContentType,
} from '../header/content-type.ts';
import { paramOf } from '../header/params.ts';
import { isToken, unquote } from '../header/text.ts';
import { headerKey } from '../message/header-names.ts';
import { Headers } from '../message/headers.ts';
import { limits } from '../message/limits.ts';

export interface BodyPart {
  readonly headers: Headers;
  readonly body: Buffer;
}

export type MultipartOutcome =
  | { readonly ok: true; readonly parts: readonly BodyPart[] }
  | { readonly ok: false; readonly why: string };

/** `contentType` is the value of the message's Content-Type header. */
export function parseMultipart(contentType: string, body: Buffer): MultipartOutcome {
  const type = parseContentType(contentType);
  const boundary = type && unquote(paramOf(type.params, 'boundary') ?? '');
  if (type?.type !== 'multipart' || !boundary || boundary.length > 70) {
    return { ok: false, why: 'no multipart with a boundary' };
  }
  const text = body.toString('latin1');
  const delimiter = `--${boundary}`;
  const parts: BodyPart[] = [];
  let at = text.startsWith(delimiter) ? 0 : after(text.indexOf(`\r\n${delimiter}`));
  if (at < 0) return { ok: false, why: 'boundary not found' };
  for (;;) {
    at += delimiter.length;
    if (text.startsWith('--', at)) return { ok: true, parts };
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd < 0 || text.slice(at, lineEnd).trim() !== '')
      return { ok: false, why: 'malformed boundary line' };
    const next = text.indexOf(`\r\n${delimiter}`, lineEnd);
    if (next < 0) return { ok: false, why: 'last boundary is missing' };
    if (parts.length >= limits.bodyParts) return { ok: false, why: 'more than 20 parts' };
    const part = parsePart(text, lineEnd + 2, next, body);
    if (!part) return { ok: false, why: 'malformed part headers' };
    parts.push(part);
    at = next + 2;
  }
}

function after(index: number): number {
  return index < 0 ? -1 : index + 2;
}

/** `from` is behind the boundary line; `to` at the CRLF before the next one, which may be the one that ended the line. */
function parsePart(text: string, from: number, to: number, body: Buffer): BodyPart | undefined {
  const headers = new Headers();
  let at = from;
  while (at < to) {
    if (text.startsWith('\r\n', at)) return { headers, body: body.subarray(at + 2, to) };
    let end = text.indexOf('\r\n', at);
    while (end >= 0 && (text[end + 2] === ' ' || text[end + 2] === '\t')) end = text.indexOf('\r\n', end + 2);
    if (end < 0 || end > to) end = to;
    const line = text.slice(at, end);
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).trimEnd();
    if (!isToken(name) || line.length > limits.headerLineChars) return undefined;
    headers.takeLine(headerKey(name), line, 0, colon, line.length);
    at = end + 2;
  }
  return { headers, body: body.subarray(to, to) };
}

/** Body and the Content-Type value for it. `boundary` comes from the random port and must not occur in a part. */
export function printMultipart(
  parts: readonly BodyPart[],
  boundary: string,
): { readonly contentType: string; readonly body: Buffer } {
  const chunks: Buffer[] = [];
  for (const { headers, body } of parts) {
    let head = `--${boundary}\r\n`;
    for (const [name, value] of headers) head += `${name}: ${value}\r\n`;
    chunks.push(Buffer.from(`${head}\r\n`, 'latin1'), body, Buffer.from('\r\n'));
  }
  chunks.push(Buffer.from(`--${boundary}--\r\n`, 'latin1'));
  return { contentType: `multipart/mixed;boundary=${boundary}`, body: Buffer.concat(chunks) };
}

/** What a part is for: its Content-Disposition, else the default for its type (RFC 3261 §20.11, RFC 5621 §4). */
export function dispositionOf(part: BodyPart): ContentDisposition {
  const stated = part.headers.decode('content-disposition', parseContentDisposition);
  if (stated) return stated;
  const type = part.headers.decode('content-type', parseContentType);
  const kind = type?.type === 'application' && type.subtype === 'sdp' ? 'session' : 'render';
  return { kind, required: true, params: [] };
}
