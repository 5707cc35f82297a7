import { parseUri, type SipRequest, telDigits } from '@tandem/sip';

/** One hop of History-Info (RFC 4244, RFC 7044) that has a telephone number. */
export interface HistoryEntry {
  readonly number: string;
  /** SIP cause of the diversion that left this number; undefined on the last hop, which is where the call goes now. */
  readonly cause: number | undefined;
}

/** More hops than this are a loop (T15), not a call. */
export const maxDiversions = 5;

/**
 * MICROSOFT: its samples show the Reason both escaped and with bare quotes and blanks (teams-direct-routing 4.5), and
 * a blank inside `<…>` is no URI: so the entries are cut by hand.
 */
export function historyOf(request: SipRequest): readonly HistoryEntry[] {
  if (!request.headers.has('history-info')) return [];
  const entries: HistoryEntry[] = [];
  for (const value of request.headers.getAll('history-info')) {
    for (const match of value.matchAll(/<([^<>]{1,600})>/g)) {
      if (entries.length >= 20) return entries;
      const inner = match[1] as string;
      const question = inner.indexOf('?');
      const uri = parseUri(question < 0 ? inner : inner.slice(0, question));
      if (!uri) continue;
      const number = uri.scheme === 'tel' ? telDigits(uri.number) : telDigits(uri.user ?? '');
      if (!/^\+?[0-9]{3,15}$/.test(number)) continue;
      const cause = /cause(?:=|%3D)([0-9]{3})/i.exec(question < 0 ? '' : inner.slice(question))?.[1];
      entries.push({ number, cause: cause === undefined ? undefined : Number(cause) });
    }
  }
  return entries;
}

/** How many times the call was forwarded already. */
export function diversionsIn(history: readonly HistoryEntry[]): number {
  return history.filter((entry) => entry.cause !== undefined).length;
}

/** The diverting number and why, for the Diversion header (RFC 5806): the last entry that has a cause. */
export function lastDiversion(
  history: readonly HistoryEntry[],
): { readonly number: string; readonly reason: string } | undefined {
  const entry = history.findLast((candidate) => candidate.cause !== undefined);
  return entry && { number: entry.number, reason: diversionReasons[entry.cause as number] ?? 'unknown' };
}

/** teams-direct-routing 4.5. */
const diversionReasons: Readonly<Record<number, string>> = {
  302: 'unconditional',
  486: 'user-busy',
  408: 'no-answer',
  480: 'no-answer',
};
