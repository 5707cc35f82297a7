import { isToken } from './text.ts';

/** CSeq, RFC 3261 §20.16: a number below 2^31 (§8.1.1.5) and the method. */
export interface CSeq {
  readonly number: number;
  readonly method: string;
}

export function parseCSeq(value: string): CSeq | undefined {
  let number = 0;
  let at = 0;
  for (; at < value.length; at++) {
    const digit = value.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) break;
    number = number * 10 + digit;
    if (number > 0x7fffffff) return undefined;
  }
  if (at === 0) return undefined;
  const code = value.charCodeAt(at);
  if (code !== 32 && code !== 9) return undefined;
  const method = value.slice(at + 1).trim();
  return isToken(method) ? { number, method } : undefined;
}

export function printCSeq(cseq: CSeq): string {
  return `${cseq.number} ${cseq.method}`;
}
