import { parseMasterKey } from '../srtp/session-keys.ts';
import type { CodecMap, LegAllocation, LegSettings } from './relay-commands.ts';

/** What is wrong with a leg's settings, in words, or undefined. The relay trusts what passed here. */
export function checkLegSettings(settings: LegSettings | LegAllocation): string | undefined {
  const { remote, srtp, codecs, direction, latch } = settings;
  if (remote) {
    if (!isNumericAddress(remote.address)) return 'remote.address is not a numeric address';
    if (!isPort(remote.port)) return 'remote.port is not a port';
    if (remote.rtcpPort !== undefined && !isPort(remote.rtcpPort)) return 'remote.rtcpPort is not a port';
  }
  if (srtp) {
    if (srtp.suite !== 'AES_CM_128_HMAC_SHA1_80' && srtp.suite !== 'AES_CM_128_HMAC_SHA1_32')
      return 'srtp.suite is not known';
    for (const [name, key] of [
      ['tx', srtp.tx],
      ['rx', srtp.rx],
    ] as const) {
      if (key === undefined && name === 'rx') continue;
      if (typeof key?.keyBase64 !== 'string' || parseMasterKey(key.keyBase64) === undefined)
        return `srtp.${name}.keyBase64 is not 40 base64 characters`;
      if (key.mki && !(Number.isInteger(key.mki.length) && key.mki.length >= 1 && key.mki.length <= 128))
        return `srtp.${name}.mki.length is not in 1..128`;
    }
    // RFC 3711 §9.1: both directions under one key would share keystreams whenever their SSRCs met.
    if (srtp.rx?.keyBase64 === srtp.tx.keyBase64) return 'srtp.tx and srtp.rx are the same key';
  }
  if (codecs) {
    const fault = checkCodecs(codecs);
    if (fault) return fault;
  }
  if (direction !== undefined && !['sendrecv', 'sendonly', 'recvonly', 'inactive'].includes(direction))
    return 'direction is not known';
  if (latch !== undefined && latch !== 'sdp' && latch !== 'first-source') return 'latch is not known';
  return undefined;
}

function checkCodecs(codecs: CodecMap): string | undefined {
  const { pcma, pcmu, telephoneEvent, cn, others, send } = codecs;
  const all = [pcma, pcmu, telephoneEvent, cn];
  if (others) all.push(...Object.values(others));
  const numbers: number[] = [];
  for (const number of all) if (number !== undefined) numbers.push(number);
  if (numbers.length > 32) return 'codecs names more than 32 payload types';
  for (const number of numbers)
    if (!Number.isInteger(number) || number < 0 || number > 127)
      return 'codecs holds a payload type outside 0..127';
  const isNamed =
    send === 'pcma' || send === 'pcmu'
      ? codecs[send] !== undefined
      : Object.hasOwn(codecs.others ?? {}, send);
  if (!isNamed) return 'codecs.send names no codec of the map';
  for (let at = 1; at < numbers.length; at++)
    if (numbers.indexOf(numbers[at]!) < at) return 'codecs uses a payload type twice';
  return undefined;
}

const isPort = (port: unknown): boolean =>
  Number.isInteger(port) && Number(port) > 0 && Number(port) < 65_536;

/** IPv4 dotted quad or something that can only be IPv6; the socket layer has the last word. */
const isNumericAddress = (address: unknown): boolean =>
  typeof address === 'string' &&
  address.length <= 64 &&
  (/^(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}$/.test(address) ||
    (/^[0-9a-fA-F:.]+(?:%[\w.-]+)?$/.test(address) && address.includes(':')));
