/**
 * The host of a sip or sips URI without decoding the rest: what routing by Request-URI host needs on every call.
 * Lower case; IPv6 with brackets; undefined when there is none or the scheme is another.
 */
export function hostOfUri(uri: string): string | undefined {
  let at = uri.indexOf(':') + 1;
  if (at < 4 || at > 5) return undefined;
  const scheme = uri.slice(0, at - 1);
  if (scheme !== 'sip' && scheme !== 'sips' && !/^sips?$/i.test(scheme)) return undefined;
  const sign = uri.indexOf('@', at);
  if (sign >= 0) at = sign + 1;
  if (uri.charCodeAt(at) === 91) {
    const close = uri.indexOf(']', at);
    return close < 0 ? undefined : uri.slice(at, close + 1).toLowerCase();
  }
  let end = at;
  for (; end < uri.length; end++) {
    const code = uri.charCodeAt(end);
    if (code === 58 || code === 59 || code === 63) break;
  }
  return end === at ? undefined : uri.slice(at, end).toLowerCase();
}
