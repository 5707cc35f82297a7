/** Each parser's own way from bytes to the decoded values: what a program that uses it would write. */
import { createRequire } from 'node:module';
import {
  addressesOf,
  callIdOf,
  contactsOf,
  cseqOf,
  fromOf,
  paramOf,
  parseMaxForwards,
  parseMessage,
  parseSipUri,
  tagOf,
  toOf,
  topVia,
} from '@tandem/sip';
import type { Decoded } from './work.ts';

export type Decode = (bytes: Buffer) => Decoded;

const peers = createRequire(new URL('../../../tools/bench-peers/package.json', import.meta.url));

function fail(what: string): never {
  throw new Error(`not decoded: ${what}`);
}

const tandem: Decode = (bytes) => {
  const outcome = parseMessage(bytes);
  if (!outcome.ok || outcome.message.kind !== 'request') return fail('message');
  const { message } = outcome;
  const via = topVia(message);
  const from = fromOf(message);
  const to = toOf(message);
  const cseq = cseqOf(message);
  const [contact] = contactsOf(message);
  const [route] = addressesOf(message, 'record-route');
  if (!via || !from || !to || !cseq || !contact || !route) return fail('header');
  const requestUri = parseSipUri(message.uri);
  const fromUri = parseSipUri(from.uri);
  const toUri = parseSipUri(to.uri);
  const contactUri = parseSipUri(contact.uri);
  const routeUri = parseSipUri(route.uri);
  if (!requestUri || !fromUri || !toUri || !contactUri || !routeUri) return fail('URI');
  return {
    method: message.method,
    requestUser: requestUri.user ?? '',
    requestHost: requestUri.host,
    requestPort: requestUri.port ?? 0,
    viaTransport: via.transport,
    viaHost: via.host,
    viaPort: via.port ?? 0,
    viaBranch: via.branch ?? '',
    fromUser: fromUri.user ?? '',
    fromHost: fromUri.host,
    fromTag: tagOf(from) ?? '',
    toUser: toUri.user ?? '',
    toHost: toUri.host,
    callId: callIdOf(message) ?? '',
    cseq: cseq.number,
    cseqMethod: cseq.method,
    contactHost: contactUri.host,
    contactPort: contactUri.port ?? 0,
    contactCorrelation: paramOf(contactUri.params, 'x-c') ?? '',
    recordRouteHost: routeUri.host,
    recordRoutePort: routeUri.port ?? 0,
    maxForwards: message.headers.decode('max-forwards', parseMaxForwards) ?? -1,
  };
};

interface PlainUri {
  user: string;
  host: string;
  port: number;
  params: Record<string, string>;
}
interface PlainAddress {
  uri: string | PlainUri;
  params: Record<string, string>;
}
interface PlainVia {
  protocol: string;
  host: string;
  port: number;
  params: Record<string, string>;
}

/** `sip` decodes every header at once into objects; URIs on top of that by hand. */
function sip(): Decode {
  const { parse, parseUri } = peers('sip') as {
    parse(bytes: Buffer): {
      method: string;
      uri: string;
      headers: {
        via: PlainVia[];
        from: PlainAddress;
        to: PlainAddress;
        contact: PlainAddress[];
        'record-route': PlainAddress[];
        'call-id': string;
        cseq: { seq: number; method: string };
        'max-forwards': string;
      };
    };
    parseUri(uri: string | PlainUri): PlainUri;
  };
  return (bytes) => {
    const { method, uri, headers } = parse(bytes);
    return flat(method, uri, parseUri, {
      via: headers.via[0],
      from: headers.from,
      to: headers.to,
      contact: headers.contact[0],
      route: headers['record-route'][0],
      callId: headers['call-id'],
      cseq: headers.cseq,
      maxForwards: headers['max-forwards'],
    });
  };
}

/** `drachtio-sip` splits lazily and decodes a header when asked, as ours does. */
function drachtioSip(): Decode {
  const { SipMessage, parser } = peers('drachtio-sip') as {
    SipMessage: new (
      text: string,
    ) => { method: string; uri: string; get(name: string): string; getParsedHeader(name: string): unknown };
    parser: { parseUri(uri: string | PlainUri): PlainUri };
  };
  return (bytes) => {
    const message = new SipMessage(bytes.toString('latin1'));
    return flat(message.method, message.uri, parser.parseUri, {
      via: (message.getParsedHeader('via') as PlainVia[])[0],
      from: message.getParsedHeader('from') as PlainAddress,
      to: message.getParsedHeader('to') as PlainAddress,
      contact: (message.getParsedHeader('contact') as PlainAddress[])[0],
      route: (message.getParsedHeader('record-route') as PlainAddress[])[0],
      callId: message.get('call-id'),
      cseq: message.getParsedHeader('cseq') as { seq: number; method: string },
      maxForwards: message.get('max-forwards'),
    });
  };
}

function flat(
  method: string,
  uri: string,
  parseUri: (uri: string | PlainUri) => PlainUri,
  parts: {
    via: PlainVia | undefined;
    from: PlainAddress;
    to: PlainAddress;
    contact: PlainAddress | undefined;
    route: PlainAddress | undefined;
    callId: string;
    cseq: { seq: number; method: string };
    maxForwards: string;
  },
): Decoded {
  const { via, from, to, contact, route } = parts;
  if (!via || !contact || !route) return fail('header');
  const requestUri = parseUri(uri);
  const fromUri = parseUri(from.uri);
  const toUri = parseUri(to.uri);
  const contactUri = parseUri(contact.uri);
  const routeUri = parseUri(route.uri);
  return {
    method,
    requestUser: requestUri.user,
    requestHost: requestUri.host,
    requestPort: requestUri.port,
    viaTransport: via.protocol,
    viaHost: via.host,
    viaPort: via.port,
    viaBranch: via.params.branch ?? '',
    fromUser: fromUri.user,
    fromHost: fromUri.host,
    fromTag: from.params.tag ?? '',
    toUser: toUri.user,
    toHost: toUri.host,
    callId: parts.callId,
    cseq: parts.cseq.seq,
    cseqMethod: parts.cseq.method,
    contactHost: contactUri.host,
    contactPort: contactUri.port,
    contactCorrelation: contactUri.params['x-c'] ?? '',
    recordRouteHost: routeUri.host,
    recordRoutePort: routeUri.port,
    maxForwards: Number(parts.maxForwards),
  };
}

/** JsSIP: a PEG grammar, all known headers decoded while parsing. */
function jssip(): Decode {
  interface JsUri {
    user: string;
    host: string;
    port: number;
    getParam(name: string): string;
  }
  interface JsAddress {
    uri: JsUri;
    getParam(name: string): string;
  }
  const { parseMessage: parse } = peers('jssip/lib/Parser.js') as {
    parseMessage(
      text: string,
      ua: object,
    ): {
      method: string;
      ruri: JsUri;
      via: { transport: string; host: string; port: number; branch: string };
      from: JsAddress;
      to: JsAddress;
      call_id: string;
      cseq: number;
      parseHeader(name: string): unknown;
    };
  };
  return (bytes) => {
    const message = parse(bytes.toString('latin1'), {});
    const contact = message.parseHeader('contact') as JsAddress;
    const route = message.parseHeader('record-route') as JsAddress;
    const cseq = message.parseHeader('cseq') as { method: string };
    return {
      method: message.method,
      requestUser: message.ruri.user,
      requestHost: message.ruri.host,
      requestPort: message.ruri.port,
      viaTransport: message.via.transport,
      viaHost: message.via.host,
      viaPort: message.via.port,
      viaBranch: message.via.branch,
      fromUser: message.from.uri.user,
      fromHost: message.from.uri.host,
      fromTag: message.from.getParam('tag'),
      toUser: message.to.uri.user,
      toHost: message.to.uri.host,
      callId: message.call_id,
      cseq: message.cseq,
      cseqMethod: cseq.method,
      contactHost: contact.uri.host,
      contactPort: contact.uri.port,
      contactCorrelation: contact.uri.getParam('x-c'),
      recordRouteHost: route.uri.host,
      recordRoutePort: route.uri.port,
      maxForwards: Number(message.parseHeader('max-forwards')),
    };
  };
}

export const candidates = { tandem: () => tandem, sip, drachtioSip, jssip } satisfies Record<
  string,
  () => Decode
>;
export type CandidateName = keyof typeof candidates;
