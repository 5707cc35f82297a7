import { Headers, type IncomingInvite, type SipRequest } from '@tandem/sip';
import { callingPolicyOf } from '../directory/calling-policy.ts';
import type { AudioSdp } from '../media/sdp.ts';
import type { ClientKind } from '../world/rehearsal-world.ts';
import { allowed, type Refusal, refusalHeaders, refusals, statelessResponse } from './answers.ts';
import { MediaLeg } from './media-leg.ts';
import { contactUri, software } from './microsoft-style.ts';
import type { ProxyWorld } from './proxy-world.ts';
import { type CallFacts, TeamsCall } from './teams-call.ts';

/** Without an answer Teams goes to voicemail, where the user has it; else the call fails (2.4, 480/10191). */
const ringMs = 60_000;

/**
 * SBC -> Teams: rings every signed-in client, each with a To tag of its own (4.7), and takes the answer of one. The
 * client that is expected to answer speaks with the user agent's tag; what the others say is written here.
 */
export class InboundCall extends TeamsCall {
  readonly #invite: IncomingInvite;
  readonly #offer: AudioSdp;
  #timers: (() => void)[] = [];
  #answering = false;

  constructor(world: ProxyWorld, facts: CallFacts, invite: IncomingInvite, offer: AudioSdp) {
    super(world, facts, 'ringing', 's');
    this.#invite = invite;
    this.#offer = offer;
    invite.onCancel = (cancel) => this.#cancelled(cancel);
    invite.onAckTimeout = () => this.#neverAcked();
  }

  start(): void {
    const { clients, user } = this.facts;
    if (clients.signedIn.size === 0) {
      this.#refuse(refusals.noEndpoints(), 'missed');
      return;
    }
    if (user.busyOnBusy && (user.busyElsewhere || clients.inCall)) {
      this.#refuse(refusals.busy(), 'busy');
      return;
    }
    const { answers, forks } = clients;
    const kinds = [...clients.signedIn];
    // The first client is the one that answers; with `silentFork` it has not rung before.
    if (!forks.silentFork) this.#ring();
    for (const _other of kinds.slice(1)) this.#ringElsewhere(180);
    if (forks.silentFork && kinds.length === 1) this.#ringElsewhere(180);
    if (forks.silent183) void this.#silent183();
    if (answers.kind === 'answer') this.#later(answers.afterMs, () => void this.answer());
    else if (answers.kind === 'decline') this.#later(answers.afterMs, () => this.decline());
    const { voicemailAfterMs } = clients;
    if (voicemailAfterMs !== undefined && this.#mayTakeMessages())
      this.#later(voicemailAfterMs, () => void this.#take('voicemail'));
    this.#later(ringMs, () => this.#refuse(refusals.noAnswer(), 'missed'));
  }

  answer(_kind?: ClientKind): Promise<string | undefined> {
    return this.#take('answered');
  }

  /** By the policy that counts for the user (teams-direct-routing 8.7). */
  #mayTakeMessages(): boolean {
    const { tenant, user } = this.facts;
    return callingPolicyOf(this.world.directory, tenant, user).allowVoicemail !== 'AlwaysDisabled';
  }

  /** A client, or in its place the voicemail: a server endpoint that answers straight with 200 (5.7). */
  async #take(result: 'answered' | 'voicemail'): Promise<string | undefined> {
    if (this.state !== 'ringing' || this.#answering) return `the call is ${this.state}`;
    this.#answering = true;
    const media = this.media ?? (await this.#openMedia());
    if (this.done) {
      media?.party.close();
      return 'the call ended meanwhile';
    }
    const body = media?.answer(this.#offer);
    if (!media || !body) {
      this.#refuse(refusals.noMedia(), 'missed');
      return 'no codec in common';
    }
    this.#stopTimers();
    const dialog = this.#invite.accept({
      contact: `<${this.contact}>`,
      headers: Headers.of([['SESSION-EXPIRES', '3600;refresher=uac']]),
      body,
      contentType: 'application/sdp',
    });
    this.facts.clients.remember({
      direction: 'in',
      number: this.number,
      result,
      guid: this.guid,
      sipCallId: this.sipCallId,
    });
    this.connected(dialog);
    this.world.kick();
    return undefined;
  }

  decline(): string | undefined {
    if (this.state !== 'ringing') return `the call is ${this.state}`;
    this.#refuse(refusals.declined(), 'declined');
    return undefined;
  }

  override hangUp(): void {
    if (this.state === 'ringing') this.decline();
    else super.hangUp();
  }

  #ring(): void {
    this.#invite.progress(180, { contact: `<${this.contact}>` });
    this.world.kick();
  }

  /** A fork of its own: another To tag, another Contact. Nobody will ever speak in its dialog. */
  #ringElsewhere(status: 180 | 183, body?: Buffer): void {
    const { request, flow } = this.#invite;
    const { random } = this.world;
    const contact = contactUri(this.facts.region, this.guid, random.hex(16), 's', random.hex(16));
    const extra = Headers.of([
      ['RECORD-ROUTE', `<${this.recordRoute}>`],
      ['CONTACT', `<${contact}>`],
      ['ALLOW', allowed],
      ['SERVER', software],
      ...(body ? ([['CONTENT-TYPE', 'application/sdp']] as [string, string][]) : []),
    ]);
    const response = statelessResponse(
      request,
      status,
      status === 180 ? 'Ringing' : 'Session Progress',
      random.hex(16),
      extra,
    );
    if (body) response.body = body;
    this.world.sendRaw(flow, response);
  }

  /** A 183 with SDP whose media never speaks: normal with Teams, and a trap for whoever stops ringback at a 183. */
  async #silent183(): Promise<void> {
    const media = await this.#openMedia();
    const body = media?.answer(this.#offer);
    if (body && this.state === 'ringing') this.#ringElsewhere(183, body);
  }

  async #openMedia(): Promise<MediaLeg | undefined> {
    const party = await this.world.openParty(this.facts.clients.toneHz).catch(() => undefined);
    if (!party) return undefined;
    if (this.media || this.done) {
      party.close();
      return this.media;
    }
    this.party = party;
    const { random } = this.world;
    this.media = new MediaLeg(
      party,
      this.world.address,
      random.bytes(2).readUInt16BE(0),
      random.bytes(30).toString('base64'),
    );
    return this.media;
  }

  #refuse(refusal: Refusal, result: 'missed' | 'declined' | 'busy'): void {
    if (this.done) return;
    this.#stopTimers();
    this.#invite.reject(refusal.status, {
      reason: refusal.reason,
      headers: refusalHeaders(refusal, this.guid),
    });
    this.facts.clients.remember({
      direction: 'in',
      number: this.number,
      result,
      guid: this.guid,
      sipCallId: this.sipCallId,
    });
    this.world.kick();
    this.finish({
      connected: false,
      by: 'client',
      status: refusal.status,
      ...(refusal.subcode === undefined ? {} : { subcode: refusal.subcode }),
      ...(refusal.phrase === undefined ? {} : { phrase: refusal.phrase }),
    });
  }

  /** T29: a call that was completed elsewhere is no missed call (5.8). */
  #cancelled(cancel: SipRequest): void {
    this.#stopTimers();
    const elsewhere = cancel.headers
      .getAll('reason')
      .some((reason) => /text\s*=\s*"call completed elsewhere"/i.test(reason));
    this.facts.clients.remember({
      direction: 'in',
      number: this.number,
      result: elsewhere ? 'answered elsewhere' : 'missed',
      guid: this.guid,
      sipCallId: this.sipCallId,
    });
    this.world.audit.add({
      kind: 'request',
      where: `hub ${this.facts.region}`,
      summary: elsewhere ? 'CANCEL: completed elsewhere' : 'CANCEL: a missed call',
      method: 'CANCEL',
      callId: this.sipCallId,
      guid: this.guid,
      checks: [{ id: 'T29', passed: elsewhere }],
      ...(elsewhere ? { subcode: 540200 } : {}),
    });
    this.finish({ connected: false, by: 'sbc', status: 487, ...(elsewhere ? { subcode: 540200 } : {}) });
  }

  /** T33 */
  #neverAcked(): void {
    const refusal = refusals.noAckForAcceptance();
    this.world.audit.add({
      kind: 'warning',
      where: `hub ${this.facts.region}`,
      summary: 'no ACK for our 200 in 64*T1',
      callId: this.sipCallId,
      guid: this.guid,
      status: 408,
      subcode: 1106,
      checks: [{ id: 'T33', passed: false }],
    });
    this.dialog?.bye(`Q.850;cause=${refusal.q850};text="${this.guid};${refusal.phrase}"`);
    this.world.kick();
    this.finish({ connected: false, by: 'twin', status: 408, subcode: 1106 });
  }

  #later(ms: number, run: () => void): void {
    this.#timers.push(this.world.clock.after(ms, run));
  }

  #stopTimers(): void {
    for (const cancel of this.#timers.splice(0)) cancel();
  }
}
