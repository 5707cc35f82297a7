/**
 * Where to send a request (RFC 3263 §4), as a machine without I/O: it says which DNS question comes next, the caller
 * brings the answer, until there is a list of targets to try in order.
 *
 *     numeric host            -> that address
 *     host with a port        -> A and AAAA
 *     host, transport known   -> SRV _sips._tcp / _sip._tcp / _sip._udp, then A and AAAA of each name
 *     host, nothing known     -> NAPTR (if wanted) -> SRV -> A and AAAA
 *     no SRV at all           -> A and AAAA with the default port (5061 for TLS, else 5060)
 */

import { paramOf } from '../header/params.ts';
import { isIPv4, isIp, withoutBrackets } from '../uri/host.ts';
import type { SipUri, Uri } from '../uri/uri.ts';
import { orderSrv, type SrvRecord } from './srv.ts';

export type SipTransport = 'UDP' | 'TCP' | 'TLS';

export interface Target {
  readonly transport: SipTransport;
  readonly address: string;
  readonly port: number;
  /** The name that led here (for SNI and certificate checks: the URI's domain, not the SRV target; RFC 5922 §4). */
  readonly name: string;
}

export interface ResolveRequest {
  /** Host of the URI: a name, IPv4, or IPv6 with or without brackets. */
  readonly host: string;
  readonly port?: number;
  readonly secure: boolean;
  /** What the URI or configuration says; undefined = choose. */
  readonly transport?: SipTransport;
  /** In order of preference; what we can send with. Default TLS, TCP, UDP. */
  readonly supported?: readonly SipTransport[];
  /** Ask for NAPTR first. Few carriers publish them; off saves a question. Default false. */
  readonly useNaptr?: boolean;
  /** Which addresses we can reach. Default both, IPv4 first. */
  readonly families?: readonly (4 | 6)[];
}

export type Question =
  | { readonly type: 'NAPTR'; readonly name: string }
  | { readonly type: 'SRV'; readonly name: string }
  | { readonly type: 'A' | 'AAAA'; readonly name: string };

export interface NaptrRecord {
  readonly order: number;
  readonly preference: number;
  readonly flags: string;
  readonly service: string;
  readonly replacement: string;
}

/** An empty list for "no such name" and "no such record"; `failed` for "could not ask". */
export type Answer =
  | { readonly question: Question; readonly failed: true }
  | { readonly question: Question & { type: 'NAPTR' }; readonly records: readonly NaptrRecord[] }
  | { readonly question: Question & { type: 'SRV' }; readonly records: readonly SrvRecord[] }
  | { readonly question: Question & { type: 'A' | 'AAAA' }; readonly records: readonly string[] };

export type ResolveStep =
  /** Ask all of these (at once if you like), then call again with all answers so far. */
  | { readonly kind: 'ask'; readonly questions: readonly Question[] }
  | { readonly kind: 'targets'; readonly targets: readonly Target[] }
  /** Nothing to send to; `dnsFailed` = because DNS did not answer, not because it said no. */
  | { readonly kind: 'nowhere'; readonly dnsFailed: boolean };

/** How many SRV names are followed: more is an attack or a mistake. */
const mostSrvRecords = 16;
const mostTargets = 32;

/** `random` gives numbers in [0, 1) for SRV weights; it is drawn from again in every step, the last draw counts. */
export function resolveTarget(
  request: ResolveRequest,
  answers: readonly Answer[],
  random: () => number,
): ResolveStep {
  const book = new AnswerBook(answers);
  const host = withoutBrackets(request.host);
  const allowed = allowedTransports(request);
  const [first] = allowed;
  if (!first) return { kind: 'nowhere', dnsFailed: false };

  // §4.1 and §4.2: an address needs no DNS; without a transport it is UDP for sip, TLS for sips.
  if (isIp(host)) {
    const transport = plainTransport(request, allowed);
    const port = request.port ?? defaultPort(transport);
    return { kind: 'targets', targets: [{ transport, address: host, port, name: host }] };
  }
  if (request.port !== undefined) {
    const transport = plainTransport(request, allowed);
    return addressesOf([{ transport, name: host, port: request.port }], request, host, book);
  }

  let services: Service[] = allowed.map((transport) => ({ transport, name: srvName(transport, host) }));
  if (request.useNaptr && request.transport === undefined) {
    const naptr = book.records({ type: 'NAPTR', name: host });
    if (!naptr) return { kind: 'ask', questions: [{ type: 'NAPTR', name: host }] };
    const named = servicesFrom(naptr, allowed);
    if (named.length > 0) services = named;
  }
  const questions = services.map(({ name }): Question => ({ type: 'SRV', name }));
  const open = questions.filter((question) => !book.has(question));
  if (open.length > 0) return { kind: 'ask', questions: open };

  const places: Place[] = [];
  for (const { transport, name } of services) {
    const records = book.records({ type: 'SRV', name }) ?? [];
    for (const record of orderSrv(best(records), random)) {
      // RFC 2782: a target of "." says that the service is not there.
      if (record.target !== '.' && record.target !== '') {
        places.push({ transport, name: record.target.replace(/\.$/, ''), port: record.port });
      }
    }
    // §4.2: the transport is the first whose SRV answers; the others are not mixed in.
    if (places.length > 0) break;
  }
  if (places.length === 0) {
    const transport = plainTransport(request, allowed);
    places.push({ transport, name: host, port: defaultPort(transport) });
  }
  return addressesOf(places, request, host, book);
}

interface Service {
  readonly transport: SipTransport;
  readonly name: string;
}

interface Place {
  readonly transport: SipTransport;
  readonly name: string;
  readonly port: number;
}

function addressesOf(
  places: readonly Place[],
  request: ResolveRequest,
  name: string,
  book: AnswerBook,
): ResolveStep {
  const families = request.families ?? [4, 6];
  const questions: Question[] = [];
  const targets: Target[] = [];
  for (const place of places) {
    if (isIp(place.name)) {
      targets.push({ ...place, address: place.name, name });
      continue;
    }
    for (const family of families) {
      const question: Question = { type: family === 4 ? 'A' : 'AAAA', name: place.name };
      const addresses = book.records(question);
      if (!addresses) questions.push(question);
      for (const address of addresses ?? []) {
        if (isIPv4(address) === (family === 4)) {
          targets.push({ transport: place.transport, port: place.port, address, name });
        }
      }
    }
  }
  const unique = questions.filter((question, index) => indexOfQuestion(questions, question) === index);
  if (unique.length > 0) return { kind: 'ask', questions: unique };
  if (targets.length === 0) return { kind: 'nowhere', dnsFailed: book.anyFailed };
  return { kind: 'targets', targets: targets.slice(0, mostTargets) };
}

function indexOfQuestion(questions: readonly Question[], wanted: Question): number {
  return questions.findIndex(({ type, name }) => type === wanted.type && name === wanted.name);
}

/** sips allows TLS only (§4.1); a stated transport leaves only itself. */
function allowedTransports(request: ResolveRequest): SipTransport[] {
  const supported = request.supported ?? ['TLS', 'TCP', 'UDP'];
  return supported.filter((transport) => {
    if (request.secure) return transport === 'TLS';
    return request.transport === undefined || request.transport === transport;
  });
}

/** Without SRV: UDP for sip if we have it (§4.1), TLS for sips. */
function plainTransport(request: ResolveRequest, allowed: readonly SipTransport[]): SipTransport {
  if (request.secure) return 'TLS';
  return request.transport ?? (allowed.includes('UDP') ? 'UDP' : (allowed[0] ?? 'UDP'));
}

function defaultPort(transport: SipTransport): number {
  return transport === 'TLS' ? 5061 : 5060;
}

function srvName(transport: SipTransport, host: string): string {
  const prefix = { TLS: '_sips._tcp', TCP: '_sip._tcp', UDP: '_sip._udp' }[transport];
  return `${prefix}.${host}`;
}

const naptrServices: Readonly<Record<string, SipTransport>> = {
  'sips+d2t': 'TLS',
  'sip+d2t': 'TCP',
  'sip+d2u': 'UDP',
};

/** Cut before the draw, so that every step asks for the same names. */
function best(records: readonly SrvRecord[]): SrvRecord[] {
  return [...records].sort((a, b) => a.priority - b.priority).slice(0, mostSrvRecords);
}

/** NAPTR by order and preference; only terminal `s` records for services that we can do. */
function servicesFrom(records: readonly NaptrRecord[], allowed: readonly SipTransport[]): Service[] {
  const services: Service[] = [];
  for (const record of [...records].sort((a, b) => a.order - b.order || a.preference - b.preference)) {
    const transport = naptrServices[record.service.toLowerCase()];
    if (transport && record.flags.toLowerCase() === 's' && allowed.includes(transport)) {
      services.push({ transport, name: record.replacement.replace(/\.$/, '') });
    }
  }
  return services.slice(0, 8);
}

class AnswerBook {
  readonly #answers: readonly Answer[];
  readonly anyFailed: boolean;

  constructor(answers: readonly Answer[]) {
    this.#answers = answers;
    this.anyFailed = answers.some((answer) => 'failed' in answer);
  }

  has(question: Question): boolean {
    return this.#find(question) !== undefined;
  }

  /** Undefined: not asked yet. A failed question counts as answered with nothing. */
  records(question: Question & { type: 'NAPTR' }): readonly NaptrRecord[] | undefined;
  records(question: Question & { type: 'SRV' }): readonly SrvRecord[] | undefined;
  records(question: Question & { type: 'A' | 'AAAA' }): readonly string[] | undefined;
  records(question: Question): readonly unknown[] | undefined {
    const answer = this.#find(question);
    if (!answer) return undefined;
    return 'failed' in answer ? [] : answer.records;
  }

  #find(question: Question): Answer | undefined {
    return this.#answers.find(
      (answer) => answer.question.type === question.type && answer.question.name === question.name,
    );
  }
}

/** What a URI asks for. `maddr` wins over the host (RFC 3261 §19.1.1); tel and unknown transports give undefined. */
export function resolveRequestFor(uri: Uri): ResolveRequest | undefined {
  if (uri.scheme === 'tel') return undefined;
  const sip: SipUri = uri;
  const stated = paramOf(sip.params, 'transport')?.toUpperCase();
  if (stated !== undefined && stated !== 'UDP' && stated !== 'TCP' && stated !== 'TLS') return undefined;
  const secure = sip.scheme === 'sips';
  const transport = secure && stated !== undefined ? 'TLS' : stated;
  return {
    host: paramOf(sip.params, 'maddr') || sip.host,
    secure,
    ...(sip.port === undefined ? {} : { port: sip.port }),
    ...(transport === undefined ? {} : { transport }),
  };
}
