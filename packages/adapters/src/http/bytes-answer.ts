/** Bytes with a type of their own: sound. Nobody between us and the reader keeps them. */
export class BytesAnswer {
  readonly bytes: Buffer;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  constructor(bytes: Buffer, status: number, headers: Readonly<Record<string, string>>) {
    this.bytes = bytes;
    this.status = status;
    this.headers = headers;
  }
}

/**
 * The whole, or the part that `range` asks for (RFC 9110 §14): players ask so to jump. Several parts at once, and what is no
 * range of bytes, give the whole (§14.2).
 */
export function bytesAnswer(whole: Buffer, contentType: string, range: string | undefined): BytesAnswer {
  const headers = { 'content-type': contentType, 'accept-ranges': 'bytes', 'cache-control': 'no-store' };
  const [, first = '', last = ''] = /^bytes=([0-9]{0,15})-([0-9]{0,15})$/.exec(range ?? '') ?? [];
  if (first === '' && last === '') return new BytesAnswer(whole, 200, headers);
  const from = first === '' ? Math.max(0, whole.length - Number(last)) : Number(first);
  const to = first === '' || last === '' ? whole.length - 1 : Math.min(Number(last), whole.length - 1);
  if (from > to)
    return new BytesAnswer(Buffer.alloc(0), 416, { ...headers, 'content-range': `bytes */${whole.length}` });
  return new BytesAnswer(whole.subarray(from, to + 1), 206, {
    ...headers,
    'content-range': `bytes ${from}-${to}/${whole.length}`,
  });
}
