/** The messages that a user agent writes. Mandatory headers are ours; the rest yields to what the caller gives. */
import { type NameAddr, parseNameAddr, printNameAddr } from '../header/name-addr.ts';
import { withoutParam } from '../header/params.ts';
import { toTagOf } from '../message/access.ts';
import { theHeader } from '../message/header-names.ts';
import { Headers } from '../message/headers.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import { flat } from '../transaction/keys.ts';
import { viasForReply } from '../transaction/reply-route.ts';
import type { Destination, Flow, MessageParts, UserAgentOptions } from './types.ts';

export const NO_BODY = Buffer.alloc(0);

/** Every message carries most of these: their names are looked up once. */
const names = {
  allow: theHeader('Allow'),
  callId: theHeader('Call-ID'),
  contact: theHeader('Contact'),
  contentType: theHeader('Content-Type'),
  cseq: theHeader('CSeq'),
  from: theHeader('From'),
  maxForwards: theHeader('Max-Forwards'),
  recordRoute: theHeader('Record-Route'),
  route: theHeader('Route'),
  server: theHeader('Server'),
  supported: theHeader('Supported'),
  timestamp: theHeader('Timestamp'),
  to: theHeader('To'),
  userAgent: theHeader('User-Agent'),
  via: theHeader('Via'),
};

/** Never taken from a caller's headers: transactions and dialogs stand on them. */
function isOurs(key: string): boolean {
  switch (key) {
    case 'via':
    case 'from':
    case 'to':
    case 'call-id':
    case 'cseq':
    case 'content-length':
    case 'max-forwards':
      return true;
    default:
      return false;
  }
}

const notRoute = (key: string): boolean => isOurs(key) || key === 'route';
const notRecordRoute = (key: string): boolean => isOurs(key) || key === 'record-route';

export interface RequestLine {
  readonly method: string;
  readonly uri: string;
  readonly branch: string;
  readonly to: Flow | Destination;
  /** From and To as header values, tags included. */
  readonly from: string;
  readonly toValue: string;
  readonly callId: string;
  readonly cseq: number;
  readonly routes?: readonly string[];
  readonly contact?: string | undefined;
  readonly maxForwards?: number | undefined;
}

export function composeRequest(
  line: RequestLine,
  parts: MessageParts,
  options: UserAgentOptions,
): SipRequest {
  const { method } = line;
  const headers = new Headers();
  headers.add(names.via, viaValue(line.to, line.branch, options));
  headers.add(names.maxForwards, parts.headers?.get('max-forwards') ?? String(line.maxForwards ?? 70));
  if (line.routes) for (const route of line.routes) headers.add(names.route, route);
  headers.add(names.from, line.from);
  headers.add(names.to, line.toValue);
  headers.add(names.callId, line.callId);
  headers.add(names.cseq, `${line.cseq} ${method}`);
  if (line.contact !== undefined && !parts.headers?.has('contact')) headers.add(names.contact, line.contact);
  addParts(headers, parts, line.routes ? notRoute : isOurs);
  if (method === 'INVITE' || method === 'OPTIONS') addAbilities(headers, options);
  if (options.userAgent !== undefined && !headers.has('user-agent')) {
    headers.add(names.userAgent, options.userAgent);
  }
  return { kind: 'request', method, uri: line.uri, headers, body: parts.body ?? NO_BODY };
}

/** `SIP/2.0/TLS sbc1.example.net:5061;alias;branch=z9hG4bK…` */
export function viaValue(to: Flow | Destination, branch: string, options: UserAgentOptions): string {
  const { sentBy, params } = options.viaFor(to);
  const extra = params === '' || params.startsWith(';') ? params : `;${params}`;
  return `SIP/2.0/${to.protocol} ${sentBy}${extra};branch=${branch}`;
}

export interface ResponseLine {
  readonly status: number;
  readonly reason?: string | undefined;
  /** Our To tag; not used when the request has one already, nor for 100. */
  readonly localTag?: string | undefined;
  readonly contact?: string | undefined;
  /** A response that makes a dialog copies Record-Route (RFC 3261 §12.1.1). */
  readonly makesDialog?: boolean;
}

export function composeResponse(
  request: SipRequest,
  flow: Flow,
  line: ResponseLine,
  parts: MessageParts,
  options: UserAgentOptions,
): SipResponse {
  const { status, localTag } = line;
  const { headers: asked } = request;
  const headers = new Headers();
  for (const via of viasForReply(request, flow)) headers.add(names.via, via);
  if (line.makesDialog)
    for (const route of asked.getAll('record-route')) headers.add(names.recordRoute, route);
  // Only a refusal of a broken request lacks any of these: then it is not made up.
  const from = asked.get('from');
  if (from !== undefined) headers.add(names.from, from);
  const to = asked.get('to');
  const tagged = status === 100 || localTag === undefined || toTagOf(request) !== undefined;
  if (to !== undefined) headers.add(names.to, tagged ? to : `${to};tag=${localTag}`);
  const callId = asked.get('call-id');
  if (callId !== undefined) headers.add(names.callId, callId);
  const cseq = asked.get('cseq');
  if (cseq !== undefined) headers.add(names.cseq, cseq);
  // §8.2.6.1: 100 carries the Timestamp back.
  if (status === 100 && asked.has('timestamp')) headers.add(names.timestamp, asked.get('timestamp') ?? '');
  if (line.contact !== undefined && !parts.headers?.has('contact')) headers.add(names.contact, line.contact);
  addParts(headers, parts, line.makesDialog ? notRecordRoute : isOurs);
  const able = request.method === 'INVITE' || request.method === 'OPTIONS';
  if (able && status > 100 && status < 300) addAbilities(headers, options);
  if (options.userAgent !== undefined && !headers.has('server')) headers.add(names.server, options.userAgent);
  const reason = line.reason ?? reasonPhrase(status);
  return { kind: 'response', status, reason, headers, body: parts.body ?? NO_BODY };
}

function addParts(headers: Headers, parts: MessageParts, without: (key: string) => boolean): void {
  if (parts.headers) headers.addAll(parts.headers, without);
  if (parts.body && parts.body.length > 0 && !headers.has('content-type')) {
    headers.add(names.contentType, parts.contentType ?? 'application/sdp');
  }
}

function addAbilities(headers: Headers, options: UserAgentOptions): void {
  if (!headers.has('allow')) headers.add(names.allow, joined(options.allow));
  if (options.supported.length > 0 && !headers.has('supported')) {
    headers.add(names.supported, joined(options.supported));
  }
}

const joinedBefore = new WeakMap<readonly string[], string>();

/** What a user agent can do never changes. */
function joined(list: readonly string[]): string {
  let text = joinedBefore.get(list);
  if (text === undefined) {
    text = list.join(', ');
    joinedBefore.set(list, text);
  }
  return text;
}

/** From or To (`read`: what was decoded of it already) as a party: the name-addr in brackets without its tag, and a copy of its own. */
export function partyOf(value: string, read?: NameAddr): string {
  const address = read ?? parseNameAddr(value);
  if (!address) return flat(value);
  return flat(printNameAddr({ ...address, params: withoutParam(address.params, 'tag') }));
}

export function tagged(party: string, tag: string): string {
  return tag === '' ? party : `${party};tag=${tag}`;
}

/** RFC 3261 §21 and the RFCs that added to it. */
const phrases: Readonly<Record<number, string>> = {
  100: 'Trying',
  180: 'Ringing',
  181: 'Call Is Being Forwarded',
  182: 'Queued',
  183: 'Session Progress',
  199: 'Early Dialog Terminated',
  200: 'OK',
  202: 'Accepted',
  204: 'No Notification',
  300: 'Multiple Choices',
  301: 'Moved Permanently',
  302: 'Moved Temporarily',
  305: 'Use Proxy',
  380: 'Alternative Service',
  400: 'Bad Request',
  401: 'Unauthorized',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  407: 'Proxy Authentication Required',
  408: 'Request Timeout',
  410: 'Gone',
  412: 'Conditional Request Failed',
  413: 'Request Entity Too Large',
  414: 'Request-URI Too Long',
  415: 'Unsupported Media Type',
  416: 'Unsupported URI Scheme',
  420: 'Bad Extension',
  421: 'Extension Required',
  422: 'Session Interval Too Small',
  423: 'Interval Too Brief',
  424: 'Bad Location Information',
  428: 'Use Identity Header',
  429: 'Provide Referrer Identity',
  433: 'Anonymity Disallowed',
  436: 'Bad Identity Info',
  438: 'Invalid Identity Header',
  480: 'Temporarily Unavailable',
  481: 'Call/Transaction Does Not Exist',
  482: 'Loop Detected',
  483: 'Too Many Hops',
  484: 'Address Incomplete',
  485: 'Ambiguous',
  486: 'Busy Here',
  487: 'Request Terminated',
  488: 'Not Acceptable Here',
  489: 'Bad Event',
  491: 'Request Pending',
  493: 'Undecipherable',
  494: 'Security Agreement Required',
  500: 'Server Internal Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Server Time-out',
  505: 'Version Not Supported',
  513: 'Message Too Large',
  580: 'Precondition Failure',
  600: 'Busy Everywhere',
  603: 'Decline',
  604: 'Does Not Exist Anywhere',
  606: 'Not Acceptable',
  607: 'Unwanted',
  608: 'Rejected',
};

export function reasonPhrase(status: number): string {
  return phrases[status] ?? (status < 200 ? 'Progress' : status < 300 ? 'OK' : 'Failure');
}

/** An answer that never was on the wire: a local 491, or the 487 of a call whose CANCEL crossed its 200. */
export function localResponse(request: SipRequest, status: number): SipResponse {
  const headers = new Headers();
  for (const name of ['Via', 'From', 'To', 'Call-ID', 'CSeq']) {
    const value = request.headers.get(name);
    if (value !== undefined) headers.append(name, value);
  }
  return { kind: 'response', status, reason: reasonPhrase(status), headers, body: NO_BODY };
}
