import { join } from 'node:path';
import type { CarrierCall } from '../carrier/carrier-call.ts';
import type { Clock } from '../clock.ts';
import type { PartyReport } from '../media/party.ts';
import type { Phone, PhoneTransport } from '../phone/phone.ts';
import { PhoneCall } from '../phone/phone-call.ts';
import type { TeamsCall } from '../sip-proxy/teams-call.ts';
import type { Twin } from '../twin.ts';

/**
 * One call from party to party through the platform, watched at both ends: what `npm run call` shows. The caller is a
 * number at the carrier, a Teams user or a phone; the callee is whoever the platform rings. A phone that is named
 * registers for the call, unless it is registered already.
 */

export interface HeardReport {
  readonly heardHz: number | null;
  readonly expectedHz: number | null;
  readonly seconds: number;
  readonly lossPct: number;
  readonly jitterMs: number;
  readonly packetsReceived: number;
  readonly rejectedAuth: number;
  readonly wav: string | null;
}

export type RehearsalResult =
  | {
      readonly connected: true;
      readonly setupMs: number;
      /** True when each heard the other's tone. */
      readonly heardEachOther: boolean;
      readonly caller: HeardReport;
      readonly callee: HeardReport;
      readonly calleeIs: string;
      /** Call-IDs of the caller's and the callee's leg. */
      readonly sipCallId: string;
      readonly calleeSipCallId: string;
    }
  | {
      readonly connected: false;
      readonly status: number | null;
      readonly q850: number | null;
      readonly subcode?: number;
      readonly reason: string;
      /** Absent when the call never left Teams. */
      readonly sipCallId?: string;
    };

type Leg = (TeamsCall | CarrierCall) & { whenConnected(run: () => void): void };

/** A tone counts as heard within this; G.711 and the window of the measurement cost a few hertz. */
const toleranceHz = 15;
const setupPatienceMs = 70_000;
/** Answered, and nobody at the twin rings for so long: whoever answered is somewhere else. */
const nobodyRungMs = 1_000;
/** So long it may take until one of several who answered together hears that another was first. */
const toldOffMs = 500;

export async function runRehearsalCall(
  twin: Pick<Twin, 'proxy' | 'carrier' | 'phones' | 'config'>,
  clock: Clock,
  request: {
    readonly from: string;
    readonly to: string;
    readonly seconds: number;
    readonly transport?: PhoneTransport;
  },
): Promise<RehearsalResult> {
  const named: Phone[] = [];
  for (const party of [request.from, request.to]) {
    if (!party.startsWith('phone:')) continue;
    const phone = twin.phones.get(party.slice('phone:'.length).toLowerCase());
    if (!phone) return notPlaced(`there is no ${party}; there are: ${[...twin.phones.keys()].join(', ')}`);
    named.push(phone);
  }
  const came: Phone[] = [];
  try {
    for (const phone of named) {
      if (phone.registered && (request.transport ?? 'udp') === phone.transport) continue;
      came.push(phone);
      const fault = await phone.register(request.transport ?? 'udp');
      if (fault !== undefined) return notPlaced(`phone ${phone.name} cannot register: ${fault}`);
    }
    return await watch(twin, clock, request);
  } finally {
    await Promise.all(came.map((phone) => phone.unregister()));
  }
}

const notPlaced = (reason: string): RehearsalResult => ({
  connected: false,
  status: null,
  q850: null,
  reason,
});

async function watch(
  twin: Pick<Twin, 'proxy' | 'carrier' | 'phones' | 'config'>,
  clock: Clock,
  request: { readonly from: string; readonly to: string; readonly seconds: number },
): Promise<RehearsalResult> {
  const { proxy, carrier, phones } = twin;
  const phoneOf = (party: string): Phone | undefined =>
    party.startsWith('phone:') ? phones.get(party.slice('phone:'.length).toLowerCase()) : undefined;
  const to = phoneOf(request.to)?.dialled ?? request.to;
  const callingPhone = phoneOf(request.from);
  const fromTeams = request.from.includes('@');
  const arrivals: Leg[] = [];
  let wake: (() => void) | undefined;
  const since = (call: Leg): void => {
    arrivals.push(call);
    wake?.();
  };
  proxy.inboundListeners.add(since);
  carrier.inboundListeners.add(since);
  for (const phone of phones.values()) phone.inboundListeners.add(since);
  try {
    let caller: Leg;
    if (fromTeams) {
      const placed = await proxy.place({ upn: request.from, to });
      if (!placed.ok) {
        return {
          connected: false,
          status: placed.status,
          q850: null,
          ...(placed.subcode === undefined ? {} : { subcode: placed.subcode }),
          reason: placed.why,
        };
      }
      caller = placed.call;
    } else if (callingPhone) caller = await callingPhone.place(to);
    else caller = await carrier.place({ from: request.from, to });

    const connected = await new Promise<boolean>((resolve) => {
      caller.whenConnected(() => resolve(true));
      void caller.ended.then(() => resolve(false));
      const cancel = clock.after(setupPatienceMs, () => {
        caller.hangUp();
        resolve(false);
      });
      void caller.ended.then(cancel);
    });
    if (!connected) {
      const end = await caller.ended;
      const reason = 'phrase' in end ? end.phrase : 'reason' in end ? end.reason : undefined;
      return {
        connected: false,
        status: end.status ?? null,
        q850: q850Of(reason),
        ...('subcode' in end && end.subcode !== undefined ? { subcode: end.subcode } : {}),
        reason: reason ?? 'the call was not answered',
        sipCallId: caller.sipCallId,
      };
    }
    const setupMs = Math.round((caller.connectedAtMs ?? 0) - caller.startedAtMs);
    // The callee's leg was answered before the caller's; ACK may still be on its way.
    // In a queue the caller is answered first, hears music, and one after the other is rung until somebody answers.
    const patience = clock.now() + setupPatienceMs;
    for (let quietSince = clock.now(); clock.now() < patience; ) {
      if (caller.done || arrivals.some((leg) => leg.connectedAtMs !== undefined)) break;
      if (arrivals.some((leg) => !leg.done)) quietSince = clock.now();
      else if (clock.now() - quietSince >= nobodyRungMs) break;
      await new Promise<void>((resolve) => {
        wake = resolve;
        clock.after(50, resolve);
      });
    }
    // Other calls may run at the same time: the leg to the number that was dialled is ours; a short number (an
    // extension) names nobody, so then it is the first that was answered.
    const answered = arrivals.filter((leg) => leg.connectedAtMs !== undefined);
    const talking = await stillTalking(clock, answered);
    const ofNumber = (legs: readonly Leg[]): Leg | undefined =>
      legs.find((leg) => calledNumberOf(leg) === to);
    // A phone rings for its owner's number as well, which is not its own.
    const callee =
      ofNumber(talking) ??
      talking.find((leg) => leg instanceof PhoneCall) ??
      ofNumber(answered) ??
      talking[0] ??
      answered[0];
    const folder = join(twin.config.dataDir, 'recordings');
    const stamp = new Date(clock.wall()).toISOString().replace(/[:.]/g, '-');
    caller.recordTo(join(folder, `${stamp}-caller-heard.wav`));
    callee?.recordTo(join(folder, `${stamp}-callee-heard.wav`));
    await new Promise<void>((resolve) => {
      const cancel = clock.after(request.seconds * 1000, resolve);
      void caller.ended.then(() => {
        cancel();
        resolve();
      });
    });
    caller.hangUp();
    const callerEnd = await caller.ended;
    const calleeEnd = callee
      ? await Promise.race([
          callee.ended,
          new Promise<undefined>((resolve) => void clock.after(5_000, () => resolve(undefined))),
        ])
      : undefined;
    const callerHeard = heard(callerEnd.report, calleeEnd?.report?.toneHz);
    const calleeHeard = heard(calleeEnd?.report, callerEnd.report?.toneHz);
    return {
      connected: true,
      setupMs,
      heardEachOther: matches(callerHeard) && matches(calleeHeard),
      caller: callerHeard,
      callee: calleeHeard,
      calleeIs: callee ? nameOf(callee) : 'nobody at the twin: the call was answered elsewhere',
      sipCallId: caller.sipCallId,
      calleeSipCallId: callee?.sipCallId ?? '',
    };
  } finally {
    proxy.inboundListeners.delete(since);
    carrier.inboundListeners.delete(since);
    for (const phone of phones.values()) phone.inboundListeners.delete(since);
  }
}

/** Where several answered in one moment, all but the first are told off at once: who is left was first. */
async function stillTalking(clock: Clock, answered: readonly Leg[]): Promise<readonly Leg[]> {
  const talking = (): readonly Leg[] => answered.filter((leg) => !leg.done);
  if (talking().length < 2) return talking();
  let over = false;
  const enough = new Promise<void>((resolve) => {
    clock.after(toldOffMs, () => {
      over = true;
      resolve();
    });
  });
  while (talking().length > 1 && !over) await Promise.race([enough, ...talking().map((leg) => leg.ended)]);
  return talking();
}

const calledNumberOf = (leg: Leg): string | undefined => ('facts' in leg ? leg.facts.user.number : leg.own);

function nameOf(leg: Leg): string {
  if (leg instanceof PhoneCall) return `phone ${leg.phone}`;
  return 'facts' in leg ? leg.facts.user.upn : `${leg.own} at the rehearsal carrier (${leg.address} address)`;
}

function heard(report: PartyReport | undefined, expectedHz: number | undefined): HeardReport {
  return {
    heardHz: report?.heardHz ?? null,
    expectedHz: expectedHz ?? null,
    seconds: report?.seconds ?? 0,
    lossPct: report?.lossPct ?? 100,
    jitterMs: report?.jitterMs ?? 0,
    packetsReceived: report?.packetsReceived ?? 0,
    rejectedAuth: report?.rejectedAuth ?? 0,
    wav: report?.wav ?? null,
  };
}

function matches({ heardHz, expectedHz }: HeardReport): boolean {
  return heardHz !== null && expectedHz !== null && Math.abs(heardHz - expectedHz) <= toleranceHz;
}

function q850Of(reason: string | undefined): number | null {
  const match = /Q\.850\s*;\s*cause\s*=\s*(\d+)/i.exec(reason ?? '');
  return match ? Number(match[1]) : null;
}
