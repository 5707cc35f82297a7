import { alawToMulaw, mulawToAlaw } from '../g711/g711.ts';
import type { CodecMap } from './relay-commands.ts';

/** What becomes of one payload type that a leg may send. */
export interface CodecRoute {
  readonly payloadType: number;
  /** For people and counters. */
  readonly name: string;
  readonly clock: number;
  /** On the other leg; -1: heard, not passed on. */
  readonly outPayloadType: number;
  readonly outName: string;
  /** Other law wanted: translate every byte. */
  readonly translate: Uint8Array | undefined;
  readonly kind: 'audio' | 'event' | 'noise';
}

/** Encoding names may carry their clock: `silk/16000`. G.722 says 8000 and means it (RFC 3551 §4.5.2). */
export const clockOf = (name: string): number => {
  const clock = Number(name.split('/')[1]);
  return Number.isInteger(clock) && clock > 0 ? clock : 8000;
};

/** Routes for what `from` sends, towards `to`. The other leg may be unknown yet: then everything is heard only. */
export function codecRoutes(from: CodecMap | undefined, to: CodecMap | undefined): CodecRoute[] {
  if (from === undefined) return [];
  const routes: CodecRoute[] = [];
  for (const law of ['pcma', 'pcmu'] as const) {
    const payloadType = from[law];
    if (payloadType === undefined) continue;
    const outLaw = g711TowardsLeg(to, law);
    routes.push({
      payloadType,
      name: law,
      clock: 8000,
      outPayloadType: (outLaw && to?.[outLaw]) ?? -1,
      outName: outLaw ?? '',
      translate:
        outLaw === undefined || outLaw === law ? undefined : law === 'pcma' ? alawToMulaw : mulawToAlaw,
      kind: 'audio',
    });
  }
  for (const [name, payloadType] of Object.entries(from.others ?? {})) {
    const outPayloadType = to?.others?.[name] ?? -1;
    routes.push({
      payloadType,
      name,
      clock: clockOf(name),
      outPayloadType,
      outName: name,
      translate: undefined,
      kind: 'audio',
    });
  }
  if (from.telephoneEvent !== undefined)
    routes.push({
      payloadType: from.telephoneEvent,
      name: 'telephone-event',
      clock: 8000,
      outPayloadType: to?.telephoneEvent ?? -1,
      outName: 'telephone-event',
      translate: undefined,
      kind: 'event',
    });
  if (from.cn !== undefined)
    routes.push({
      payloadType: from.cn,
      name: 'cn',
      clock: 8000,
      outPayloadType: to?.cn ?? -1,
      outName: 'cn',
      translate: undefined,
      kind: 'noise',
    });
  return routes;
}

/** The law that the leg wants; if it wants something else altogether, any law it knows, the same one first. */
function g711TowardsLeg(to: CodecMap | undefined, law: 'pcma' | 'pcmu'): 'pcma' | 'pcmu' | undefined {
  if (to === undefined) return undefined;
  if ((to.send === 'pcma' || to.send === 'pcmu') && to[to.send] !== undefined) return to.send;
  if (to[law] !== undefined) return law;
  const other = law === 'pcma' ? 'pcmu' : 'pcma';
  return to[other] === undefined ? undefined : other;
}
