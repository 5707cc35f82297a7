import {
  type Dialog,
  type DialogEnd,
  glareDelayMs,
  Headers,
  type IncomingRequest,
  type SipMessage,
} from '@tandem/sip';
import type { ClientCall, TeamsClients } from '../clients/teams-client.ts';
import type { Region } from '../config.ts';
import type { TeamsUser, Tenant } from '../directory/tenant.ts';
import type { Party, PartyReport } from '../media/party.ts';
import { readAudioSdp } from '../media/sdp.ts';
import type { ClientKind } from '../world/rehearsal-world.ts';
import { reasonText, refusalHeaders, refusals } from './answers.ts';
import { judgeOffer } from './invite-checks.ts';
import type { MediaLeg } from './media-leg.ts';
import { contactUri, recordRouteUri } from './microsoft-style.ts';
import type { ProxyWorld } from './proxy-world.ts';

/** What is known of a call that ended, for `POST /calls`. */
export interface CallEnd {
  readonly connected: boolean;
  readonly by: 'client' | 'sbc' | 'twin';
  readonly status?: number;
  readonly subcode?: number;
  readonly phrase?: string;
  readonly report?: PartyReport;
}

export interface CallFacts {
  readonly guid: string;
  readonly sipCallId: string;
  readonly direction: 'in' | 'out';
  readonly number: string;
  readonly tenant: Tenant;
  readonly user: TeamsUser;
  readonly clients: TeamsClients;
  readonly region: Region;
  /** Name of the trunk as the SBC or the voice route says it. */
  readonly trunk: string;
}

const refreshMs = 1_800_000;
/** A re-INVITE that meets another is sent so often. */
const reofferTries = 3;

/** One call between the SBC and one Teams user, once it has a dialog; the two directions differ in how they get there. */
export abstract class TeamsCall implements ClientCall {
  readonly guid: string;
  sipCallId: string;
  readonly direction: 'in' | 'out';
  readonly number: string;
  readonly facts: CallFacts;
  state: ClientCall['state'];
  /** Our Contact URI and Record-Route as sent: the SBC must give them back byte for byte (T39). */
  contact: string;
  readonly recordRoute: string;
  connectedAtMs: number | undefined;
  readonly startedAtMs: number;
  /** Where later requests leave from; another region than the call's own is legal at any time (0.4 item 3). */
  laterRegion: Region;
  readonly ended: Promise<CallEnd>;
  protected readonly world: ProxyWorld;
  protected party: Party | undefined;
  protected media: MediaLeg | undefined;
  protected dialog: Dialog | undefined;
  #settle!: (end: CallEnd) => void;
  #done = false;
  #cancelRefresh: (() => void) | undefined;
  readonly #onConnected: (() => void)[] = [];
  #recording: string | undefined;

  constructor(world: ProxyWorld, facts: CallFacts, state: ClientCall['state'], way: 's' | 'd') {
    this.world = world;
    this.facts = facts;
    this.guid = facts.guid;
    this.sipCallId = facts.sipCallId;
    this.direction = facts.direction;
    this.number = facts.number;
    this.state = state;
    this.laterRegion = facts.region;
    this.startedAtMs = world.clock.now();
    this.recordRoute = recordRouteUri(facts.region, world.hubPort(facts.region));
    const hex = (): string => world.random.hex(16);
    this.contact = contactUri(facts.region, facts.guid, way === 'd' ? facts.sipCallId : hex(), way, hex());
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
    facts.clients.calls.set(facts.guid, this);
    world.calls.set(facts.sipCallId, this);
    world.onCall(this);
  }

  abstract answer(kind?: ClientKind): Promise<string | undefined>;
  abstract decline(): string | undefined;

  get done(): boolean {
    return this.#done;
  }

  /** Runs when the call is connected, at once if it is. */
  whenConnected(run: () => void): void {
    if (this.connectedAtMs !== undefined) run();
    else this.#onConnected.push(run);
  }

  hangUp(): void {
    if (this.dialog && (this.state === 'connected' || this.state === 'held')) {
      this.dialog.bye(reasonText(this.guid, 16, 'Call ended by user'));
      this.world.kick();
      this.finish({ connected: true, by: 'client' });
    }
  }

  /** `a=inactive`: the only hold Microsoft knows (5.1). */
  hold(): Promise<string | undefined> {
    return this.#reoffer('inactive', 'connected', 'held');
  }

  resume(): Promise<string | undefined> {
    return this.#reoffer('sendrecv', 'held', 'connected');
  }

  /** Session refresh: a re-INVITE with what was said before (5.2). */
  refresh(): Promise<string | undefined> {
    const { state } = this;
    return this.#reoffer(state === 'held' ? 'inactive' : 'sendrecv', state, state);
  }

  sendDigits(digits: string): string | undefined {
    if (!this.party || this.state !== 'connected') return 'the call is not connected';
    return this.party.sendDigits(digits) > 0 ? undefined : 'telephone-event was not agreed on';
  }

  report(): PartyReport | undefined {
    return this.party?.report();
  }

  view(): Record<string, unknown> {
    const report = this.#done ? undefined : this.party?.report();
    return {
      guid: this.guid,
      sipCallId: this.sipCallId,
      direction: this.direction,
      state: this.state,
      number: this.number,
      trunk: this.facts.trunk,
      region: this.facts.region,
      ...(this.connectedAtMs === undefined
        ? {}
        : { setupMs: Math.round(this.connectedAtMs - this.startedAtMs) }),
      ...(report ? { media: report } : {}),
    };
  }

  /** A name for the recording, before the call ends. */
  recordTo(file: string): void {
    this.#recording = file;
  }

  protected connected(dialog: Dialog): void {
    this.dialog = dialog;
    this.state = 'connected';
    this.connectedAtMs = this.world.clock.now();
    dialog.setNextHop(this.world.destination(this.facts.trunk, this.laterRegion));
    dialog.onRequest = (request) => this.#inDialog(request);
    dialog.onEnded = (why) => this.#dialogEnded(why);
    this.party?.start();
    this.#cancelRefresh = this.world.clock.after(refreshMs, () => void this.refresh());
    for (const run of this.#onConnected.splice(0)) run();
  }

  /** Once: frees the party, writes the history, tells who waits. */
  protected finish(end: Omit<CallEnd, 'report'>): void {
    if (this.#done) return;
    this.#done = true;
    this.state = 'ended';
    this.#cancelRefresh?.();
    const { clients } = this.facts;
    clients.calls.delete(this.guid);
    const { party } = this;
    const report = party?.report();
    if (report && (report.rejectedAuth > 0 || report.rejectedOther > 0)) {
      this.world.audit.add({
        kind: 'media',
        where: `hub ${this.facts.region}`,
        summary: `${report.rejectedAuth} packets with a wrong tag, ${report.rejectedOther} with an unknown payload`,
        callId: this.sipCallId,
        guid: this.guid,
        checks: [{ id: 'T42', passed: false }],
      });
    }
    // The dialog may still carry a late BYE or its retransmission; the byte checks go on for a while.
    this.world.clock.after(33_000, () => this.world.calls.delete(this.sipCallId));
    const settle = (wav?: string): void => {
      party?.close();
      this.#settle({ ...end, ...(report ? { report: { ...report, ...(wav ? { wav } : {}) } } : {}) });
    };
    if (party && this.#recording !== undefined) {
      party.saveWav(this.#recording).then(settle, () => settle());
    } else settle();
  }

  #dialogEnded(why: DialogEnd): void {
    this.finish({
      connected: true,
      by: why.kind === 'bye-received' ? 'sbc' : 'twin',
      ...(why.kind === 'gone' ? { status: why.status } : {}),
    });
  }

  #reoffer(
    direction: 'inactive' | 'sendrecv',
    wanted: ClientCall['state'],
    then: ClientCall['state'],
  ): Promise<string | undefined> {
    const { dialog, media } = this;
    if (!dialog || !media || this.state !== wanted) {
      return Promise.resolve(`the call is ${this.state}, not ${wanted}`);
    }
    dialog.setNextHop(this.world.destination(this.facts.trunk, this.laterRegion));
    const body = media.offer(direction);
    return new Promise((resolve) => {
      const ask = (tries: number): void => {
        dialog.request({
          method: 'INVITE',
          headers: Headers.of([
            ['SESSION-EXPIRES', '3600;refresher=uac'],
            ['MIN-SE', '300'],
          ]),
          body,
          contentType: 'application/sdp',
          onFinal: (outcome) => {
            if (outcome.kind !== 'response') {
              resolve(`no answer to the re-INVITE (${outcome.kind})`);
              return;
            }
            const { status } = outcome.response;
            // RFC 3261 section 14.1: both at once, or ahead of our own ACK that took another connection.
            if (status === 491 && tries > 1) {
              const wait = glareDelayMs(this.direction === 'out', this.world.random.fraction());
              this.world.clock.after(wait, () => {
                if (this.#done) resolve('the call ended before the re-INVITE could be repeated');
                else ask(tries - 1);
              });
              return;
            }
            if (status >= 300) {
              resolve(`the SBC answered ${status} to the re-INVITE`);
              return;
            }
            const reading = readAudioSdp(outcome.response.body);
            const fault = reading.ok ? media.accept(reading.audio) : 'unreadable';
            this.#noteAnswer(
              outcome.response,
              direction,
              reading.ok ? reading.audio.direction : undefined,
              fault,
            );
            this.party?.setSending(direction !== 'inactive');
            if (!this.#done) this.state = then;
            resolve(fault === undefined ? undefined : `the answer is not usable: ${fault}`);
          },
        });
        this.world.kick();
      };
      ask(reofferTries);
    });
  }

  #noteAnswer(message: SipMessage, asked: string, got: string | undefined, fault: string | undefined): void {
    const fits = fault === undefined && (asked !== 'inactive' || got === 'inactive');
    if (fits) return;
    this.world.audit.add({
      kind: 'warning',
      where: `hub ${this.facts.region}`,
      summary: fault ? `answer to our re-INVITE: ${fault}` : `answer to ${asked} was ${got}`,
      callId: message.headers.get('call-id') ?? this.sipCallId,
      guid: this.guid,
      checks: [{ id: 'T34', passed: false }],
    });
  }

  /** Requests of the SBC in the dialog; BYE is answered by the user agent. */
  #inDialog(incoming: IncomingRequest): void {
    const { request } = incoming;
    if (request.method === 'INVITE') this.#reinvited(incoming);
    else incoming.respond(200);
    this.world.kick();
  }

  #reinvited(incoming: IncomingRequest): void {
    const { request } = incoming;
    const { media } = this;
    const notes: { id: string; passed: boolean; detail: string }[] = [];
    const note = (id: string, detail: string): void => void notes.push({ id, passed: false, detail });
    const refuse = (refusal: ReturnType<typeof refusals.muxChanged>): void =>
      incoming.respond(refusal.status, {
        reason: refusal.reason,
        headers: refusalHeaders(refusal, this.guid),
      });
    const judged = request.body.length === 0 ? undefined : judgeOffer(request.body, false);
    if (!judged || !media?.remote) {
      refuse(refusals.delayedOffer());
      note('T23', 're-INVITE without SDP');
    } else if (!judged.ok) {
      refuse(judged.refusal);
      note(judged.failed, judged.detail);
    } else if (judged.offer.rtcpMux !== media.mux) {
      refuse(refusals.muxChanged());
      note('T34', 'rtcp-mux changed');
    } else {
      const { offer } = judged;
      const before = media.remote;
      const nowhere = offer.address === '0.0.0.0';
      if (nowhere) note('T34', 'c=0.0.0.0 is not understood');
      if (offer.direction === 'sendonly' || offer.direction === 'recvonly')
        note('T34', `${offer.direction} is not understood`);
      if (!nowhere && (offer.address !== before.address || offer.port !== before.port))
        note(
          'T35',
          `media address changed to ${offer.address}:${offer.port}; ours keeps going to the old one`,
        );
      const tag = before.crypto[0]?.suite;
      const key = offer.crypto.find((line) => line.suite === tag)?.keyBase64 ?? offer.crypto[0]?.keyBase64;
      const oldKey = this.party?.remote?.keyBase64;
      if (key !== undefined && key !== oldKey && offer.crypto.every((line) => line.keyBase64 !== oldKey)) {
        note('T36', 'the SDES key changed: rollover counters start at zero');
        media.rekey(key);
      }
      const direction = offer.direction === 'inactive' ? 'inactive' : 'sendrecv';
      this.party?.setSending(direction !== 'inactive');
      incoming.respond(200, {
        contact: `<${this.contact}>`,
        body: media.answerAgain(direction),
        contentType: 'application/sdp',
      });
    }
    this.world.audit.add({
      kind: 'request',
      where: `hub ${this.facts.region}`,
      summary: notes.length === 0 ? 're-INVITE' : `re-INVITE: ${notes.map((n) => n.detail).join('; ')}`,
      method: 'INVITE',
      callId: this.sipCallId,
      guid: this.guid,
      checks: notes.length === 0 ? [{ id: 'T34', passed: true }] : notes,
    });
  }
}
