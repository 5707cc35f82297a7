/**
 * Via, RFC 3261 §20.42, with `rport` of RFC 3581.
 *
 *     via-parm      = sent-protocol LWS sent-by *( SEMI via-params )
 *     sent-protocol = "SIP" SLASH "2.0" SLASH transport      (blanks allowed around SLASH)
 *     sent-by       = host [ COLON port ]                    (blanks allowed around COLON)
 */
import { parsePort } from '../uri/host.ts';
import { charClass, isAll } from './chars.ts';
import { type Param, type Params, parseParams } from './params.ts';
import { isToken } from './text.ts';

export interface Via {
  /** As written, upper case on the wire as a rule: `UDP`, `TCP`, `TLS`, `WSS` … */
  readonly transport: string;
  /** sent-by host as written; an IPv6 reference keeps its brackets. */
  readonly host: string;
  readonly port?: number;
  readonly branch?: string;
  /** `true` = asked for (`;rport`), a number = filled in by the receiver. */
  readonly rport?: number | true;
  readonly received?: string;
  /** All parameters in order, those above included; `printVia` takes the values of those above from the fields. */
  readonly params: Params;
}

export function parseVia(value: string): Via | undefined {
  const semicolon = value.indexOf(';');
  const head = semicolon < 0 ? value : value.slice(0, semicolon);
  const params = parseParams(value, semicolon < 0 ? value.length : semicolon);
  const sent = parseSent(head);
  if (!params || !sent) return undefined;
  const via: { -readonly [K in keyof Via]: Via[K] } = { transport: sent.transport, host: sent.host, params };
  if (sent.port !== undefined) via.port = sent.port;
  for (const { name, value: text } of params) {
    switch (knownParam(name)) {
      case 'branch':
        if (text) via.branch = text;
        break;
      case 'received':
        if (text) via.received = text;
        break;
      case 'rport': {
        const port = text ? parsePort(text) : undefined;
        if (text && port === undefined) return undefined;
        via.rport = port ?? true;
        break;
      }
    }
  }
  return via;
}

/** Senders write these three in lower case; the conversion is left for the others. */
function knownParam(name: string): string {
  return name === 'branch' || name === 'rport' || name === 'received' ? name : name.toLowerCase();
}

interface Sent {
  transport: string;
  host: string;
  port: number | undefined;
}

function parseSent(head: string): Sent | undefined {
  if (!head.startsWith('SIP/2.0/')) return parseLooseSent(head);
  const blank = head.indexOf(' ', 8);
  if (blank < 0) return parseLooseSent(head);
  const transport = head.slice(8, blank);
  return isToken(transport) ? sentBy(transport, head.slice(blank + 1).trim()) : parseLooseSent(head);
}

/** The blanks that the grammar allows and nobody but torture tests writes: `SIP / 2.0 / UDP  host : 5060`. */
function parseLooseSent(head: string): Sent | undefined {
  const first = head.indexOf('/');
  const second = head.indexOf('/', first + 1);
  if (first < 0 || second < 0) return undefined;
  if (head.slice(0, first).trim().toUpperCase() !== 'SIP') return undefined;
  if (head.slice(first + 1, second).trim() !== '2.0') return undefined;
  const rest = head.slice(second + 1).trim();
  let end = 0;
  while (end < rest.length && rest.charCodeAt(end) !== 32 && rest.charCodeAt(end) !== 9) end++;
  const transport = rest.slice(0, end);
  return isToken(transport) ? sentBy(transport, rest.slice(end).trim()) : undefined;
}

function sentBy(transport: string, text: string): Sent | undefined {
  const bracket = text.charCodeAt(0) === 91 ? text.indexOf(']') : 0;
  if (bracket < 0) return undefined;
  const colon = text.indexOf(':', bracket);
  if (colon < 0) return isHostText(text) ? { transport, host: text, port: undefined } : undefined;
  const host = text.slice(0, colon).trimEnd();
  const port = parsePort(text.slice(colon + 1).trim());
  return port !== undefined && isHostText(host) ? { transport, host, port } : undefined;
}

/** Looser than `isHost`: what stands here is echoed and, at most, compared. */
function isHostText(host: string): boolean {
  if (host.charCodeAt(0) === 91) return /^\[[0-9A-Fa-f:.]+\]$/.test(host);
  return isAll(host, 0, host.length, charClass.host);
}

/** The fields win over `params`; a field that `params` does not mention is added at the end. */
export function printVia(via: Via): string {
  const port = via.port === undefined ? '' : `:${via.port}`;
  let text = `SIP/2.0/${via.transport} ${via.host}${port}`;
  let branch = via.branch;
  let received = via.received;
  let rport = via.rport;
  for (const param of via.params) {
    switch (param.name.toLowerCase()) {
      case 'branch':
        if (branch !== undefined) text += `;${param.name}=${branch}`;
        branch = undefined;
        break;
      case 'received':
        if (received !== undefined) text += `;${param.name}=${received}`;
        received = undefined;
        break;
      case 'rport':
        if (rport !== undefined) text += rport === true ? `;${param.name}` : `;${param.name}=${rport}`;
        rport = undefined;
        break;
      default:
        text += printParam(param);
    }
  }
  if (branch !== undefined) text += `;branch=${branch}`;
  if (rport !== undefined) text += rport === true ? ';rport' : `;rport=${rport}`;
  if (received !== undefined) text += `;received=${received}`;
  return text;
}

function printParam({ name, value }: Param): string {
  return value === undefined ? `;${name}` : `;${name}=${value}`;
}
