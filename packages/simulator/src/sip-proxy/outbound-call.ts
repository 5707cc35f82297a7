import {
  contactsOf,
  type Dialog,
  Headers,
  type OutgoingInvite,
  parseUri,
  type SipResponse,
} from '@tandem/sip';
import { type Region, regions } from '../config.ts';
import type { Trunk } from '../directory/tenant.ts';
import { readAudioSdp } from '../media/sdp.ts';
import type { ClientKind } from '../world/rehearsal-world.ts';
import { reasonText } from './answers.ts';
import { MediaLeg } from './media-leg.ts';
import type { ProxyWorld } from './proxy-world.ts';
import { type CallFacts, TeamsCall } from './teams-call.ts';

/** No documented maximum for ringing: 180 s (1.12, 11). */
const ringMs = 180_000;

interface Attempt {
  readonly trunk: Trunk;
  readonly region: Region;
}

/**
 * Teams -> SBC: the INVITE of 4.1, trunk after trunk by 1.11. One call keeps one party and one offer; every trunk gets
 * an INVITE with a Call-ID of its own.
 */
export class OutboundCall extends TeamsCall {
  readonly #trunks: Trunk[];
  #current: OutgoingInvite | undefined;
  #cancelled = false;
  #cancelFailover: (() => void) | undefined;
  #last: { status: number; subcode?: number; phrase?: string } | undefined;

  constructor(world: ProxyWorld, facts: CallFacts, trunks: readonly Trunk[]) {
    super(world, facts, 'connecting', 'd');
    this.#trunks = [...trunks];
  }

  async start(): Promise<void> {
    const party = await this.world.openParty(this.facts.clients.toneHz).catch(() => undefined);
    if (!party) {
      this.#failed({ status: 500, phrase: 'The twin has no free RTP port' });
      return;
    }
    this.party = party;
    const { random } = this.world;
    this.media = new MediaLeg(
      party,
      this.world.address,
      random.bytes(2).readUInt16BE(0),
      random.bytes(30).toString('base64'),
    );
    this.#next();
  }

  async answer(_kind?: ClientKind): Promise<string | undefined> {
    return 'this call was placed by the client';
  }

  decline(): string | undefined {
    return 'this call was placed by the client';
  }

  override hangUp(): void {
    if (this.state === 'connecting' || this.state === 'ringing') {
      this.#cancelled = true;
      this.#cancelFailover?.();
      this.#current?.cancel(reasonText(this.guid, 16, 'Call cancelled by user'));
      this.world.kick();
      this.#remember('cancelled');
      this.finish({ connected: false, by: 'client', status: 487 });
    } else super.hangUp();
  }

  #next(): void {
    if (this.#cancelled) return;
    const trunk = this.#trunks.shift();
    if (!trunk) {
      this.#failed(this.#last ?? { status: 500, subcode: 510544, phrase: 'No trunk config found' });
      return;
    }
    this.#try({ trunk, region: this.facts.region }, false);
  }

  #try(attempt: Attempt, again: boolean): void {
    const { trunk, region } = attempt;
    const { world, facts, media } = this;
    const port = trunk.sipSignalingPort;
    const target = `${this.number}@${trunk.fqdn}:${port}`;
    const { user } = facts;
    const callId = again || this.#last ? world.random.hex(16) : this.sipCallId;
    if (callId !== this.sipCallId) {
      this.sipCallId = callId;
      world.calls.set(callId, this);
    }
    const headers = Headers.of([
      ['RECORD-ROUTE', `<${this.recordRoute}>`],
      ['MIN-SE', '300'],
      ['SUPPORTED', 'timer'],
      ['SESSION-EXPIRES', '3600'],
      ...(trunk.forwardPai
        ? ([
            ['P-ASSERTED-IDENTITY', `<tel:${user.number}>,<sip:${user.upn}>`],
            ['PRIVACY', 'id'],
          ] as [string, string][])
        : []),
    ]);
    let provisional = false;
    const failover = (status: number, subcode: number, phrase: string): void => {
      this.#cancelFailover?.();
      this.#last = { status, subcode, phrase };
      this.#note(trunk, status, subcode, phrase);
      this.#next();
    };
    const invite = world.ua.invite(
      {
        requestUri: `sip:${target};user=phone;transport=tls`,
        // MICROSOFT: the display name stands without quotes directly before the bracket (4.1).
        from: `${user.displayName}<sip:${user.number ?? 'anonymous'}@sip.pstnhub.microsoft.com:5061;user=phone>`,
        to: `<sip:${target};user=phone>`,
        contact: `<${this.contact}>`,
        callId,
        headers,
        ...(media ? { body: media.offer('sendrecv'), contentType: 'application/sdp' } : {}),
        destination: world.destination(trunk.fqdn, region),
        handlers: {
          onProvisional: (response) => {
            if (!provisional) {
              provisional = true;
              this.#cancelFailover?.();
              this.#cancelFailover = world.clock.after(ringMs, () => {
                this.#current?.cancel();
                world.kick();
                this.#failed({ status: 408, phrase: 'Ringing for too long' });
              });
            }
            if (this.state === 'connecting') this.state = 'ringing';
            this.#earlyMedia(response);
          },
          onAccepted: (response, dialog, extra) => {
            if (!extra) this.#accepted(response, dialog, trunk);
          },
          onFailed: (outcome) => {
            this.#cancelFailover?.();
            if (this.done || this.#current !== invite) return;
            if (outcome.kind === 'transport') {
              // 1.11: the same trunk once more from another data centre, then the next trunk.
              const other = regions.find((name) => name !== region);
              this.#note(trunk, 504, 569002, `${outcome.failure.kind}: ${outcome.failure.detail}`);
              if (!again && other) this.#try({ trunk, region: other }, true);
              else failover(504, 569002, outcome.failure.detail);
            } else if (outcome.kind === 'timeout') {
              failover(408, 500001, 'Gateway failover timer expired');
            } else {
              const { status } = outcome.response;
              // T32
              if (trunk.failoverResponseCodes.includes(status))
                failover(status, 560_000 + status, outcome.response.reason);
              else this.#failed({ status, subcode: 560_000 + status, phrase: outcome.response.reason });
            }
          },
        },
      },
      world.clock.now(),
    );
    this.#current = invite;
    // T31: 100 does not stop this timer, 18x does (1.11).
    this.#cancelFailover = world.clock.after(trunk.failoverTimeSeconds * 1000, () => {
      if (provisional || this.done || this.#current !== invite) return;
      this.#current = undefined;
      invite.cancel();
      world.kick();
      failover(408, 500001, 'Gateway failover timer expired');
    });
    world.kick();
  }

  #earlyMedia(response: SipResponse): void {
    if (response.body.length === 0 || !this.media) return;
    const reading = readAudioSdp(response.body);
    if (reading.ok && this.media.accept(reading.audio) === undefined) this.party?.start();
  }

  /** T30 */
  #accepted(response: SipResponse, dialog: Dialog, trunk: Trunk): void {
    this.#cancelFailover?.();
    dialog.setNextHop(this.world.destination(trunk.fqdn, this.laterRegion));
    dialog.ack();
    const fault = this.#judgeAnswer(response, trunk);
    this.world.audit.add({
      kind: 'response',
      where: `hub ${this.facts.region}`,
      summary: fault ? `200 from the SBC: ${fault.why}` : '200 from the SBC is good',
      callId: this.sipCallId,
      guid: this.guid,
      status: 200,
      checks: [{ id: 'T30', passed: fault === undefined, ...(fault ? { detail: fault.why } : {}) }],
    });
    if (fault || this.#cancelled) {
      dialog.bye(reasonText(this.guid, fault?.cause ?? 16, fault?.why ?? 'Call cancelled by user'));
      this.world.kick();
      if (fault) this.#failed({ status: fault.cause === 63 ? 403 : 488, phrase: fault.why });
      return;
    }
    this.#remember('answered');
    this.connected(dialog);
    this.world.kick();
  }

  #judgeAnswer(response: SipResponse, trunk: Trunk): { cause: 63 | 88; why: string } | undefined {
    const contact = parseUri(contactsOf(response)[0]?.uri ?? '');
    const host = contact && contact.scheme !== 'tel' ? contact.host.toLowerCase() : '';
    if (host !== trunk.fqdn.toLowerCase())
      return { cause: 63, why: `Contact host '${host}' is not the called trunk '${trunk.fqdn}'` };
    if (!response.headers.has('allow')) return { cause: 63, why: 'The 200 has no Allow' };
    const reading = readAudioSdp(response.body);
    if (!reading.ok) return { cause: 88, why: 'SdpParsingFailure' };
    const fault = this.media?.accept(reading.audio);
    if (fault === 'crypto') return { cause: 88, why: 'SrtpEncryptionRequired: no answer to our crypto line' };
    if (fault) return { cause: 88, why: `CannotSupportAnyMedia (${fault})` };
    return undefined;
  }

  #note(trunk: Trunk, status: number, subcode: number, phrase: string): void {
    this.world.audit.add({
      kind: 'response',
      where: `hub ${this.facts.region}`,
      summary: `trunk ${trunk.fqdn} failed: ${phrase}`,
      callId: this.sipCallId,
      guid: this.guid,
      status,
      subcode,
      checks: [{ id: status === 408 && subcode === 500001 ? 'T31' : 'T32', passed: false }],
    });
  }

  #failed(why: { status: number; subcode?: number; phrase?: string }): void {
    if (this.done) return;
    this.#cancelFailover?.();
    this.#remember('failed');
    this.finish({ connected: false, by: 'sbc', ...why });
  }

  #remember(result: 'answered' | 'failed' | 'cancelled'): void {
    this.facts.clients.remember({
      direction: 'out',
      number: this.number,
      result,
      guid: this.guid,
      sipCallId: this.sipCallId,
    });
  }
}
