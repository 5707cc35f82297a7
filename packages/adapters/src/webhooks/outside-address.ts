import { lookup as systemLookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/**
 * Where a customer's webhook may point: never into the operator's own networks (server-side request forgery). The address
 * is judged when the connection is made, so that a name that changes its mind afterwards changes nothing.
 * IANA's special-purpose address registries (RFC 6890).
 */
const inside = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  inside.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of [
  ['::', 127],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  // 6to4 leads to the IPv4 address in it; site-local was withdrawn, and is used all the same.
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const)
  inside.addSubnet(network, prefix, 'ipv6');

export function isOutside(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  if (family === 4) return !inside.check(address, 'ipv4');
  // An IPv4 address in disguise is judged as what it is (RFC 4291 2.5.5.2; RFC 6052 2.1).
  const mapped = /^(?:::ffff:|64:ff9b::)(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return isOutside(mapped);
  return !/^(?:::ffff:|64:ff9b::)/i.test(address) && !inside.check(address, 'ipv6');
}

/** Names that lead inside do not resolve. */
export const outsideLookup: LookupFunction = (hostname, options, callback) => {
  systemLookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, '', 4);
    const outside = addresses.filter(({ address }) => isOutside(address));
    const [first] = outside;
    if (!first) {
      const refused = Object.assign(
        new Error(`${hostname} leads to an address that webhooks may not reach`),
        {
          code: 'EACCES',
        },
      );
      return callback(refused, '', 4);
    }
    // With `all` the caller tries one after another.
    if (options.all) callback(null, outside);
    else callback(null, first.address, first.family);
  });
};

/** What is wrong with an address that somebody typed, or undefined. */
export function targetFault(url: string, insideAllowed: boolean): string | undefined {
  const parsed = URL.parse(url);
  if (!parsed) return 'not an address; for example https://example.com/hooks/tandem';
  if (parsed.username !== '' || parsed.password !== '') return 'must not carry a name or password';
  if (insideAllowed && parsed.protocol === 'http:') return undefined;
  if (parsed.protocol !== 'https:') return 'must begin with https://';
  const host = parsed.hostname.replace(/^\[|\]$/g, '');
  if (!insideAllowed && isIP(host) !== 0 && !isOutside(host))
    return `${host} is an address that webhooks may not reach`;
  return undefined;
}
