import { portBaseBounds } from '../supervisor/ports.ts';
import { parseCommandLine } from './flags.ts';

/** What `tandem call` was asked for, or a sentence that says what is wrong with it. */
export type CallRequest =
  | {
      readonly ok: true;
      readonly from: string;
      readonly to: string;
      readonly seconds: number;
      /** How phones register. */
      readonly transport: 'udp' | 'tcp' | 'tls';
      readonly json: boolean;
      readonly portBase: number;
    }
  | { readonly ok: false; readonly help: boolean; readonly why: string; readonly json: boolean };

const known = new Set(['from', 'to', 'seconds', 'transport', 'json', 'port-base', 'help']);

export function readCallRequest(args: readonly string[]): CallRequest {
  const { flags, words, withoutValue } = parseCommandLine(args, new Set(['json', 'help']));
  const json = flags.json === true;
  const wrong = (why: string): CallRequest => ({ ok: false, help: false, why, json });
  if (flags.help === true) return { ok: false, help: true, why: '', json };
  const unknown = [...Object.keys(flags), ...withoutValue].find((flag) => !known.has(flag));
  if (unknown !== undefined) return wrong(`there is no flag --${unknown}`);
  if (withoutValue.length > 0) return wrong(`--${withoutValue[0]} wants a value`);
  if (words.length > 0) return wrong(`what is "${words[0]}"? Parties are given with --from and --to`);
  const { from, to } = flags;
  if (typeof from !== 'string' || typeof to !== 'string') return wrong('both --from and --to are needed');
  for (const [flag, party] of [
    ['--from', from],
    ['--to', to],
  ] as const) {
    const why = faultOfParty(party);
    if (why !== undefined) return wrong(`${flag} ${party}: ${why}`);
  }
  const seconds = flags.seconds === undefined ? 5 : Number(flags.seconds);
  if (!(seconds >= 1 && seconds <= 3600)) return wrong(`--seconds ${flags.seconds}: wanted 1 to 3600`);
  const transport = flags.transport ?? 'udp';
  if (transport !== 'udp' && transport !== 'tcp' && transport !== 'tls')
    return wrong(`--transport ${transport}: wanted udp, tcp or tls`);
  if (flags.transport !== undefined && !from.startsWith('phone:') && !to.startsWith('phone:'))
    return wrong('--transport is for phones: no party is phone:NAME');
  const portBase = flags['port-base'] === undefined ? portBaseBounds.default : Number(flags['port-base']);
  if (!Number.isInteger(portBase) || portBase < portBaseBounds.lowest || portBase > portBaseBounds.highest)
    return wrong(
      `--port-base ${flags['port-base']}: wanted ${portBaseBounds.lowest} to ${portBaseBounds.highest}`,
    );
  return { ok: true, from, to, seconds, transport, json, portBase };
}

/** Undefined when it can be a party: a number (E.164, or short as people dial it), a Teams user's address, a phone. */
export function faultOfParty(party: string): string | undefined {
  if (party.startsWith('phone:'))
    return /^phone:[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(party)
      ? undefined
      : 'not the name of a phone, for example phone:dana-desk';
  if (party.includes('@')) {
    return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(party) ? undefined : 'not the address of a Teams user';
  }
  if (/^\+[1-9][0-9]{1,14}$/.test(party)) return undefined;
  if (/^[0-9*#]{2,6}$/.test(party)) return undefined; // emergency numbers, extensions, service codes
  if (/^\+/.test(party))
    return 'not an E.164 number: a plus, then 2 to 15 digits without spaces, for example +12025550199';
  if (/^[0-9 ().-]+$/.test(party))
    return `a public number begins with its plus and country code, for example +1${party.replace(/\D/g, '').slice(-10)}`;
  return 'neither a number (+12025550199) nor the address of a Teams user (dana@acme.example) nor a phone (phone:dana-desk)';
}
