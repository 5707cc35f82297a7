import type { Answer, Question } from 'dns-packet';

/** The names of the rehearsal: hubs, SBC names, the carrier's SRV. Pure: a question gives records. */
export interface Zone {
  /** Lower-case name to IPv4 address. */
  readonly addresses: ReadonlyMap<string, string>;
  readonly services: ReadonlyMap<string, readonly ServiceTarget[]>;
  /** TXT records by name in lower case. */
  readonly texts?: ReadonlyMap<string, readonly string[]>;
  readonly ttlSeconds: number;
}

export interface ServiceTarget {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

export type DnsFault = 'servfail' | 'timeout' | 'lie' | 'nxdomain';

export interface ZoneAnswer {
  readonly rcode: 'NOERROR' | 'NXDOMAIN' | 'SERVFAIL';
  readonly answers: Answer[];
  readonly additionals: Answer[];
}

/** An address where nobody answers (TEST-NET-1). */
const nowhere = '192.0.2.1';

export function answerQuestion(zone: Zone, question: Question, fault?: DnsFault): ZoneAnswer | undefined {
  if (fault === 'timeout') return undefined;
  if (fault === 'servfail') return { rcode: 'SERVFAIL', answers: [], additionals: [] };
  if (fault === 'nxdomain') return { rcode: 'NXDOMAIN', answers: [], additionals: [] };
  const name = question.name.toLowerCase();
  const address = zone.addresses.get(name);
  const services = zone.services.get(name);
  const texts = zone.texts?.get(name);
  if (address === undefined && services === undefined && texts === undefined)
    return { rcode: 'NXDOMAIN', answers: [], additionals: [] };
  const a = (owner: string, data: string): Answer => ({ type: 'A', name: owner, ttl: zone.ttlSeconds, data });
  const answers: Answer[] = [];
  const additionals: Answer[] = [];
  if (address !== undefined && (question.type === 'A' || question.type === 'ANY')) {
    answers.push(a(question.name, fault === 'lie' ? nowhere : address));
  }
  if (texts && (question.type === 'TXT' || question.type === 'ANY'))
    for (const data of texts)
      answers.push({
        type: 'TXT',
        name: question.name,
        ttl: zone.ttlSeconds,
        data: fault === 'lie' ? 'v=lie' : data,
      });
  if (services && (question.type === 'SRV' || question.type === 'ANY')) {
    for (const data of services) {
      answers.push({ type: 'SRV', name: question.name, ttl: zone.ttlSeconds, data: { ...data } });
      const target = zone.addresses.get(data.target.toLowerCase());
      if (target) additionals.push(a(data.target, fault === 'lie' ? nowhere : target));
    }
  }
  return { rcode: 'NOERROR', answers, additionals };
}
