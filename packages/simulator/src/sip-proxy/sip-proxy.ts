import {
  callIdOf,
  type Flow,
  fromOf,
  type IncomingInvite,
  parseUri,
  printMessage,
  type SipMessage,
} from '@tandem/sip';
import type { TeamsClients } from '../clients/teams-client.ts';
import type { Region } from '../config.ts';
import type { Directory } from '../directory/directory.ts';
import type { Trunk } from '../directory/tenant.ts';
import type { FaultBoard } from '../faults/fault-board.ts';
import type { Party } from '../media/party.ts';
import type { TwinRandom } from '../random.ts';
import { SipNode } from '../sip-node.ts';
import type { EkuPolicy } from '../trust/peer-check.ts';
import { allowedMethods } from './answers.ts';
import { type HubConnectionOptions, HubConnections } from './hub-connections.ts';
import { InboundCall } from './inbound-call.ts';
import { logMessage } from './log-message.ts';
import { inMicrosoftStyle, software } from './microsoft-style.ts';
import { OutboundCall } from './outbound-call.ts';
import { evaluateOutbound, type PlaceCall, type TurnedDown } from './outbound-evaluation.ts';
import { OwnOptions } from './own-options.ts';
import type { ProxyWorld } from './proxy-world.ts';
import { trunkNameOf } from './request-checks.ts';
import { type AcceptedCall, RequestGate } from './request-gate.ts';
import type { TeamsCall } from './teams-call.ts';
import { TrunkHealth } from './trunk-health.ts';

export interface SipProxyOptions extends HubConnectionOptions {
  readonly strict: boolean;
  readonly t1Ms?: number;
  readonly random: TwinRandom;
  readonly faults: FaultBoard;
  readonly directory: Directory;
  readonly clients: ReadonlyMap<string, TeamsClients>;
  openParty(toneHz: number): Promise<Party>;
}

export type Placed = { readonly ok: true; readonly call: OutboundCall } | TurnedDown;

/** Microsoft's SIP proxy: three connection points that share their calls. */
export class SipProxy {
  readonly health = new TrunkHealth();
  readonly calls = new Map<string, TeamsCall>();
  eku: EkuPolicy = 'both';
  strict: boolean;
  /** Told of every call that came in and was accepted. */
  readonly inboundListeners = new Set<(call: InboundCall) => void>();
  /** Told of every call when it begins, in both directions. */
  readonly callListeners = new Set<(call: TeamsCall) => void>();
  readonly #options: SipProxyOptions;
  readonly #node: SipNode;
  readonly #hubs: HubConnections;
  readonly #gate: RequestGate;
  readonly #ownOptions: OwnOptions;
  readonly #world: ProxyWorld;
  /** The INVITE that the user agent is just being given. */
  #accepted: AcceptedCall | undefined;

  constructor(options: SipProxyOptions) {
    this.#options = options;
    this.strict = options.strict;
    const { address, audit, clock, random, directory, faults } = options;
    this.#hubs = new HubConnections(options, {
      eku: () => this.eku,
      received: (bytes, flow, region) => this.#gate.receive(bytes, flow, region),
      closed: (flow) => this.#node.ua.flowClosed(flow, clock.now()),
    });
    const hubs = this.#hubs;
    this.#node = new SipNode(
      {
        userAgent: software,
        allow: allowedMethods,
        supported: ['timer'],
        ...(options.t1Ms === undefined ? {} : { t1Ms: options.t1Ms }),
        viaFor: (to) => ({ sentBy: `${address}:${hubs.port(hubs.regionTo(to))}`, params: '' }),
        decorate: (message) => inMicrosoftStyle(message, this.#callOf(message)),
      },
      {
        send: (to, bytes, message, failed) => {
          this.#logSent(message, hubs.regionTo(to));
          hubs.send(to, bytes, failed);
          this.#node.kick();
        },
        onInvite: (invite) => this.#onInvite(invite),
        // OPTIONS is answered before the user agent; NOTIFY outside a dialog belongs to nothing.
        onRequest: (request) => request.respond(481),
        onAnomaly: (what, flow) =>
          audit.add({ kind: 'warning', where: `hub ${hubs.regionOf(flow.listener)}`, summary: what }),
      },
      clock,
      random,
    );
    this.#world = {
      ua: this.#node.ua,
      clock,
      random,
      audit,
      directory,
      health: this.health,
      calls: this.calls,
      onCall: (call) => {
        for (const listen of this.callListeners) listen(call);
      },
      address,
      clientsOf: (upn) => options.clients.get(upn.toLowerCase()),
      hubPort: (region) => hubs.port(region),
      destination: (trunk, region) => hubs.destination(trunk, region),
      openParty: options.openParty,
      sendRaw: (flow, message) => {
        this.#logSent(message, hubs.regionOf(flow.listener));
        hubs.send(flow, printMessage(message));
      },
      kick: () => this.#node.kick(),
    };
    this.#ownOptions = new OwnOptions(this.#world, options.sbc.port);
    const pass = (bytes: Buffer, flow: Flow): void => {
      this.#node.ua.receive(bytes, flow, this.#node.now);
      this.#node.kick();
    };
    this.#gate = new RequestGate({
      clock,
      random,
      audit,
      faults,
      directory,
      health: this.health,
      ownOptions: this.#ownOptions,
      calls: this.calls,
      strict: () => this.strict,
      pass,
      passInvite: (accepted, bytes, flow) => {
        this.#accepted = accepted;
        pass(bytes, flow);
        this.#accepted = undefined;
      },
      write: (flow, bytes) => hubs.send(flow, bytes),
    });
    faults.onHubChange = (index) => hubs.setFault(index, faults.hub(index));
  }

  async open(): Promise<void> {
    await this.#hubs.open();
    this.#ownOptions.start();
  }

  async close(): Promise<void> {
    this.#ownOptions.stop();
    for (const call of this.calls.values()) call.hangUp();
    this.#node.close();
    await this.#hubs.close();
  }

  get ports(): number[] {
    return this.#hubs.ports;
  }

  /** New connections use the certificate that `certificate()` gives now. */
  renewCertificate(): Promise<void> {
    return this.#hubs.renewCertificate();
  }

  /** A client places a call. */
  async place(request: PlaceCall): Promise<Placed> {
    const evaluated = evaluateOutbound(this.#world, this.#options.baseDomain, request);
    if (!evaluated.ok) {
      const { status, subcode, why } = evaluated;
      this.#options.audit.add({
        kind: 'warning',
        where: 'teams',
        summary: `${request.upn} -> ${request.to}: ${why}`,
        status,
        ...(subcode === undefined ? {} : { subcode }),
      });
      return evaluated;
    }
    const { random } = this.#options;
    const { ok: _, trunks, ...facts } = evaluated;
    const call = new OutboundCall(
      this.#world,
      {
        ...facts,
        guid: random.uuid(),
        sipCallId: random.hex(16),
        direction: 'out',
        trunk: trunks[0].fqdn,
      },
      trunks,
    );
    await call.start();
    return { ok: true, call };
  }

  /** Sends Microsoft's own OPTIONS now, to every trunk that probes (1.8). */
  probeNow(): Promise<void> {
    return this.#ownOptions.sendAll();
  }

  #onInvite(incoming: IncomingInvite): void {
    const accepted = this.#accepted;
    if (!accepted) {
      incoming.reject(500);
      return;
    }
    const { invite, guid, region } = accepted;
    const clients = this.#world.clientsOf(invite.user.upn);
    const from = parseUri(fromOf(incoming.request)?.uri ?? '');
    if (!clients || !from) {
      incoming.reject(480);
      return;
    }
    const call = new InboundCall(
      this.#world,
      {
        guid,
        sipCallId: callIdOf(incoming.request) ?? '',
        direction: 'in',
        number: invite.callerNumber,
        tenant: invite.tenant,
        user: invite.user,
        clients,
        region,
        trunk: trunkNameOf(incoming.request) ?? invite.trunk.fqdn,
      },
      incoming,
      invite.offer,
    );
    this.#alertWhenFull(invite.trunk);
    for (const listener of this.inboundListeners) listener(call);
    call.start();
  }

  /** T43 */
  #alertWhenFull(trunk: Trunk): void {
    const limit = trunk.maxConcurrentSessions;
    const running = [...this.calls.values()].filter((call) => !call.done).length;
    if (limit === undefined || running <= limit * 0.9) return;
    this.#options.audit.add({
      kind: 'warning',
      where: 'health',
      summary: `${running} concurrent calls, more than 90 % of ${limit}`,
      checks: [{ id: 'T43', passed: false }],
    });
  }

  #callOf(message: SipMessage): TeamsCall | undefined {
    return this.calls.get(callIdOf(message) ?? '');
  }

  #logSent(message: SipMessage, region: Region): void {
    logMessage(this.#options.audit, 'sent', message, region, this.#callOf(message)?.guid);
  }
}
