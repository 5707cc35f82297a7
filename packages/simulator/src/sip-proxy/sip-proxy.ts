import type { Socket } from 'node:net';
import {
  callIdOf,
  type Destination,
  type Flow,
  fromOf,
  Headers,
  type IncomingInvite,
  parseMessage,
  parseUri,
  printMessage,
  type SipMessage,
  type SipRequest,
  toTagOf,
} from '@tandem/sip';
import { MessageTransport, type PeerVerdict } from '@tandem/wire';
import type { Audit, CheckResult } from '../audit/audit.ts';
import type { TeamsClients } from '../clients/teams-client.ts';
import type { Clock } from '../clock.ts';
import { type Region, regionalName, regions } from '../config.ts';
import type { Directory } from '../directory/directory.ts';
import { groupsForPolicies } from '../directory/policies.ts';
import type { Tenant, Trunk } from '../directory/tenant.ts';
import { routesFor } from '../directory/voice-routing.ts';
import type { FaultBoard } from '../faults/fault-board.ts';
import { hasTeamsPhone } from '../graph/licence-catalogue.ts';
import type { Party } from '../media/party.ts';
import { shuffled, type TwinRandom } from '../random.ts';
import { SipNode, streamFramer } from '../sip-node.ts';
import type { Issued } from '../trust/authority.ts';
import { fullChain } from '../trust/authority.ts';
import { type EkuPolicy, judgePeer, nameCovered, type PeerIdentity } from '../trust/peer-check.ts';
import {
  allowed,
  allowedMethods,
  type Refusal,
  refusalHeaders,
  refusals,
  statelessResponse,
} from './answers.ts';
import { isEnforced } from './check-table.ts';
import { HubListener } from './hub-listener.ts';
import { InboundCall } from './inbound-call.ts';
import { type AcceptedInvite, judgeInvite } from './invite-checks.ts';
import { software, upperCaseHeaders } from './microsoft-style.ts';
import { OutboundCall } from './outbound-call.ts';
import type { ProxyWorld } from './proxy-world.ts';
import { requestChecks, trunkNameOf } from './request-checks.ts';
import type { TeamsCall } from './teams-call.ts';
import { TrunkHealth } from './trunk-health.ts';

/**
 * Microsoft's SIP proxy: three connection points that share their calls. Every request passes the checks of
 * `check-table.ts` before the user agent sees it; what fails is answered here, without keeping anything.
 */

export interface SipProxyOptions {
  readonly address: string;
  /** In the order of `regions`. */
  readonly ports: readonly [number, number, number];
  readonly baseDomain: string;
  readonly sbc: { readonly host: string; readonly port: number };
  readonly strict: boolean;
  readonly t1Ms?: number;
  readonly clock: Clock;
  readonly random: TwinRandom;
  readonly audit: Audit;
  readonly faults: FaultBoard;
  readonly directory: Directory;
  readonly clients: ReadonlyMap<string, TeamsClients>;
  /** The hubs' own certificate; asked for every new listener and connection. */
  certificate(): Issued;
  /** Roots of SBC certificates, and intermediates that an SBC must send itself. PEM. */
  readonly roots: readonly string[];
  readonly knownIntermediates: readonly string[];
  openParty(toneHz: number): Promise<Party>;
}

export interface PlaceCall {
  readonly upn: string;
  readonly to: string;
  readonly region?: Region;
}

export type Placed =
  | { readonly ok: true; readonly call: OutboundCall }
  /** The call never left Teams. */
  | { readonly ok: false; readonly status: number; readonly subcode?: number; readonly why: string };

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
  readonly #hubs: HubListener[];
  readonly #outgoing: MessageTransport;
  readonly #world: ProxyWorld;
  #accepted: { invite: AcceptedInvite; guid: string; region: Region } | undefined;
  #probe: (() => void) | undefined;
  #closed = false;

  constructor(options: SipProxyOptions) {
    this.#options = options;
    this.strict = options.strict;
    const { address, ports, clock, random } = options;
    this.#node = new SipNode(
      {
        userAgent: software,
        allow: allowedMethods,
        supported: ['timer'],
        ...(options.t1Ms === undefined ? {} : { t1Ms: options.t1Ms }),
        viaFor: (to) => ({
          sentBy: `${address}:${this.#port(this.#regionOf('via' in to ? to.via : to.listener))}`,
          params: '',
        }),
        decorate: (message) => this.#decorate(message),
      },
      {
        send: (to, bytes, message, failed) => {
          this.#note('sent', message, this.#regionOf('via' in to ? to.via : to.listener));
          if ('id' in to) {
            const hub = this.#hubs.find((_, index) => to.listener === `hub-${regions[index]}`);
            if (hub) hub.send(to, bytes);
            else this.#outgoing.send(to, bytes, failed);
          } else this.#outgoing.send(to, bytes, failed);
          this.#node.kick();
        },
        onInvite: (invite) => this.#onInvite(invite),
        // OPTIONS is answered before the user agent; NOTIFY outside a dialog belongs to nothing.
        onRequest: (request) => request.respond(481),
        onAnomaly: (what, flow) =>
          options.audit.add({
            kind: 'warning',
            where: `hub ${this.#regionOf(flow.listener)}`,
            summary: what,
          }),
      },
      clock,
      random,
    );
    this.#hubs = regions.map(
      (region, index) =>
        new HubListener({
          name: `hub-${region}`,
          address,
          port: ports[index as 0 | 1 | 2],
          tls: () => {
            const issued = options.certificate();
            return { cert: fullChain(issued), key: issued.key, ca: options.roots };
          },
          verify: (socket) => this.#verify(socket, region),
          onMessage: (bytes, flow) => this.#receive(bytes, flow, region),
          onFlowClosed: (flow) => this.#node.ua.flowClosed(flow, clock.now()),
          onEvent: (what, remote) =>
            options.audit.add({ kind: 'connection', where: `hub ${region}`, summary: `${what} (${remote})` }),
        }),
    );
    this.#outgoing = new MessageTransport({
      framer: streamFramer,
      resolve: async (host) => this.#resolve(host),
      onMessage: (bytes, flow) => this.#receive(bytes, flow, this.#regionOf(flow.listener)),
      onFlowClosed: (flow) => this.#node.ua.flowClosed(flow, clock.now()),
      onAnomaly: (what, from) =>
        options.audit.add({ kind: 'connection', where: from.listener, summary: `${what} (${from.remote})` }),
    });
    for (const region of regions) {
      this.#outgoing.connector({
        name: `from-${region}`,
        tls: () => {
          const issued = options.certificate();
          return {
            cert: fullChain(issued),
            key: issued.key,
            ca: [...options.roots],
            rejectUnauthorized: false,
            minVersion: 'TLSv1.2',
          };
        },
        verify: (socket, to) => this.#verifySbc(socket, to.serverName ?? to.host, region),
      });
    }
    this.#world = {
      ua: this.#node.ua,
      clock,
      random,
      audit: options.audit,
      directory: options.directory,
      health: this.health,
      calls: this.calls,
      onCall: (call) => {
        for (const listen of this.callListeners) listen(call);
      },
      address,
      clientsOf: (upn) => options.clients.get(upn.toLowerCase()),
      hubPort: (region) => this.#port(region),
      destination: (trunk, region) => this.#destination(trunk, region),
      openParty: options.openParty,
      sendRaw: (flow, message) => {
        this.#note('sent', message, this.#regionOf(flow.listener));
        this.#write(flow, printMessage(message));
      },
      kick: () => this.#node.kick(),
    };
    options.faults.onHubChange = (index) => this.#hubs[index]?.setFault(options.faults.hub(index));
  }

  async open(): Promise<void> {
    await Promise.all(this.#hubs.map((hub) => hub.open()));
    this.#scheduleProbe();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#probe?.();
    for (const call of this.calls.values()) call.hangUp();
    this.#node.close();
    await Promise.all([...this.#hubs.map((hub) => hub.close()), this.#outgoing.close()]);
  }

  get ports(): number[] {
    return this.#hubs.map((hub) => hub.port);
  }

  /** New connections use the certificate that `certificate()` gives now. */
  async renewCertificate(): Promise<void> {
    for (const hub of this.#hubs) {
      await hub.close();
      await hub.open();
    }
  }

  /** A client places a call (8.3 "Evaluation of an outbound call"). */
  async place(request: PlaceCall): Promise<Placed> {
    const { directory, clock, random, audit } = this.#options;
    const turnDown = (status: number, why: string, subcode?: number): Placed => {
      audit.add({
        kind: 'warning',
        where: 'teams',
        summary: `${request.upn} -> ${request.to}: ${why}`,
        status,
        ...(subcode === undefined ? {} : { subcode }),
      });
      return { ok: false, status, why, ...(subcode === undefined ? {} : { subcode }) };
    };
    const found = directory.user(request.upn);
    const clients = this.#world.clientsOf(request.upn);
    if (!found || !clients) {
      return turnDown(404, 'no such user at Microsoft');
    }
    const { tenant, user } = found;
    if (!user.accountEnabled) {
      return turnDown(403, 'the account is disabled', 510560);
    }
    if (clients.signedIn.size === 0) {
      return turnDown(480, 'the user is signed in nowhere', 10037);
    }
    if (!user.enterpriseVoice || !hasTeamsPhone(user)) {
      return turnDown(403, 'the user is not Enterprise Voice enabled', 510560);
    }
    if (!user.allowOutboundPstn) {
      return turnDown(403, 'the user may not call PSTN numbers', 510562);
    }
    const number = request.to.replace(/[\s().-]/g, '');
    if (!/^\+?[0-9*#]{2,20}$/.test(number)) {
      return turnDown(484, `${request.to} is not a number`);
    }
    if (directory.userByNumber(tenant, number)) {
      return turnDown(480, `${number} belongs to the same tenant: the call stays inside Teams`);
    }
    const region = request.region ?? 'eu';
    const holder = { policies: user.policies, ...groupsForPolicies(directory, user) };
    const routing = routesFor(tenant, holder, number);
    if (!routing.ok) return turnDown(403, `no viable path: ${routing.why}`, 510559);
    const trunks = routing.routes.flatMap((route) =>
      this.#trunksOf(route.gateways, tenant, region, clock.now()),
    );
    if (trunks.length === 0) {
      return turnDown(403, 'no viable path: no enabled trunk in the voice route', 510559);
    }
    const call = new OutboundCall(
      this.#world,
      {
        guid: random.uuid(),
        sipCallId: random.hex(16),
        direction: 'out',
        number,
        tenant,
        user,
        clients,
        region,
        trunk: (trunks[0] as Trunk).fqdn,
      },
      trunks,
    );
    await call.start();
    return { ok: true, call };
  }

  /** Sends Microsoft's own OPTIONS now, to every trunk that probes (1.8). */
  async probeNow(): Promise<void> {
    await Promise.all(
      this.health
        .trunks()
        .flatMap((trunk) =>
          this.health.regionsToProbe(trunk).map((region) => this.#ownOptions(trunk, region)),
        ),
    );
  }

  #scheduleProbe(): void {
    if (this.#closed) return;
    this.#probe = this.#options.clock.after(this.health.windows.ownIntervalMs, () => {
      void this.probeNow();
      this.#scheduleProbe();
    });
  }

  #ownOptions(trunk: string, region: Region): Promise<void> {
    const { random, clock } = this.#options;
    const own = `sip:${regionalName(region)}:${this.#port(region)}`;
    return new Promise((resolve) => {
      this.#node.ua.request(
        {
          method: 'OPTIONS',
          requestUri: `sip:${trunk}:${this.#options.sbc.port};transport=tls`,
          from: `<${own}>`,
          to: `<sip:${trunk}>`,
          contact: `<${own}>`,
          callId: random.uuid(),
          destination: this.#destination(trunk, region),
          onFinal: (outcome) => {
            const status = outcome.kind === 'response' ? outcome.response.status : 0;
            this.health.ownAnswer(trunk, region, status);
            const answer = outcome.kind === 'response' ? outcome.response : undefined;
            const identified = answer?.headers.has('contact') || answer?.headers.has('record-route');
            this.#options.audit.add({
              kind: 'response',
              where: `hub ${region}`,
              summary: `OPTIONS of ours to ${trunk}: ${status || outcome.kind}`,
              method: 'OPTIONS',
              ...(status ? { status } : {}),
              checks: [
                {
                  id: 'T8',
                  passed: status === 200 && identified === true,
                  detail: identified ? 'answered with a Contact' : 'answered without Contact, or not at all',
                },
              ],
            });
            resolve();
          },
        },
        clock.now(),
      );
      this.#node.kick();
    });
  }

  // ---------------------------------------------------------------- connections

  #verify(socket: Socket, region: Region): PeerVerdict {
    const { audit, clock, roots, knownIntermediates } = this.#options;
    const outcome = judgePeer(socket, { roots, knownIntermediates, eku: this.eku, now: clock.wall() });
    const remote = `${socket.remoteAddress}:${socket.remotePort}`;
    audit.add({
      kind: 'connection',
      where: `hub ${region}`,
      summary: outcome.ok
        ? `TLS connection from ${remote}, ${outcome.peer.tlsVersion}, names ${outcome.peer.dnsNames.join(', ')}`
        : `refused the connection from ${remote}: ${outcome.fault.why}`,
      checks: outcome.ok
        ? (['T1', 'T2', 'T3'] as const).map((id) => ({ id, passed: true }))
        : [{ id: outcome.fault.check, passed: false, detail: outcome.fault.why }],
    });
    return outcome.ok ? { ok: true, peer: outcome.peer } : { ok: false, why: outcome.fault.why };
  }

  /** Our own look at the SBC's certificate when we connect: name as well as chain (2.4, 504/569002 and 569009). */
  #verifySbc(socket: Socket, name: string, region: Region): PeerVerdict {
    const { audit, clock, roots, knownIntermediates } = this.#options;
    const outcome = judgePeer(socket, {
      roots,
      knownIntermediates,
      eku: 'serverOnlyAllowed',
      now: clock.wall(),
    });
    const why = outcome.ok
      ? nameCovered(name, outcome.peer)
        ? undefined
        : `wrong principal name: the certificate does not cover ${name}`
      : outcome.fault.why;
    if (why !== undefined) {
      audit.add({
        kind: 'connection',
        where: `hub ${region}`,
        summary: `connection to ${name} given up: ${why}`,
      });
      return { ok: false, why };
    }
    return { ok: true, ...(outcome.ok ? { peer: outcome.peer } : {}) };
  }

  #resolve(host: string): string[] {
    const { baseDomain, sbc } = this.#options;
    const name = host.toLowerCase();
    return name === baseDomain || name.endsWith(`.${baseDomain}`) ? [sbc.host] : [];
  }

  #destination(trunk: string, region: Region): Destination {
    return {
      protocol: 'TLS',
      host: trunk,
      port: this.#options.sbc.port,
      serverName: trunk,
      via: `from-${region}`,
    };
  }

  #regionOf(listener: string): Region {
    return regions.find((region) => listener.endsWith(`-${region}`)) ?? 'eu';
  }

  #port(region: Region): number {
    return this.#hubs[regions.indexOf(region)]?.port ?? 0;
  }

  #write(flow: Flow, bytes: Buffer): void {
    const hub = this.#hubs.find((_, index) => flow.listener === `hub-${regions[index]}`);
    if (hub) hub.send(flow, bytes);
    else this.#outgoing.send(flow, bytes, () => undefined);
  }

  // ---------------------------------------------------------------- messages

  #receive(bytes: Buffer, flow: Flow, region: Region): void {
    const fault = flow.listener.startsWith('hub-')
      ? this.#options.faults.hub(regions.indexOf(region))
      : undefined;
    if (fault === 'silent') return;
    const parsed = parseMessage(bytes);
    if (!parsed.ok) {
      this.#options.audit.add({
        kind: 'request',
        where: `hub ${region}`,
        summary: `unreadable: ${parsed.fault.why}`,
        text: bytes.toString('latin1').slice(0, 4_000),
        checks: [{ id: 'T4', passed: false, detail: parsed.fault.why }],
      });
      this.#node.ua.receive(bytes, flow, this.#node.now);
      this.#node.kick();
      return;
    }
    const { message } = parsed;
    if (message.kind === 'response') {
      this.#note('response', message, region);
      this.#pass(bytes, flow);
      return;
    }
    if ((fault === '503' || fault === '100-only') && this.#drill(fault, message, flow, region)) return;
    this.#request(message, bytes, flow, region);
  }

  #pass(bytes: Buffer, flow: Flow): void {
    this.#node.ua.receive(bytes, flow, this.#node.now);
    this.#node.kick();
  }

  /** T44: a busy data centre, or one that hangs. True when the message was dealt with. */
  #drill(fault: '503' | '100-only', request: SipRequest, flow: Flow, region: Region): boolean {
    const fresh =
      (request.method === 'INVITE' || request.method === 'OPTIONS') && toTagOf(request) === undefined;
    if (!fresh) return false;
    if (fault === '100-only') {
      if (request.method !== 'INVITE') return false;
      this.#note('request', request, region);
      this.#answer(request, flow, region, 100, 'Trying', new Headers());
      return true;
    }
    this.#note('request', request, region);
    this.#refuse(request, flow, region, refusals.overloaded(), this.#options.random.uuid());
    this.#options.clock.after(1_000, () => {
      this.#options.audit.add({
        kind: 'warning',
        where: `hub ${region}`,
        summary: flow.open
          ? 'the connection is still open 1 s after our 503'
          : 'the connection was closed after our 503',
        checks: [{ id: 'T44', passed: !flow.open }],
      });
    });
    return true;
  }

  #request(request: SipRequest, bytes: Buffer, flow: Flow, region: Region): void {
    const { audit, random } = this.#options;
    const callId = callIdOf(request) ?? '';
    const known = this.calls.get(callId);
    const guid = known?.guid ?? random.uuid();
    const results: CheckResult[] = [{ id: 'T4', passed: true }];
    const say = (summary: string, extra: { status?: number; subcode?: number } = {}): void => {
      audit.add({
        kind: 'request',
        where: `hub ${region}`,
        summary,
        method: request.method,
        callId,
        guid,
        checks: results,
        text: printMessage(request).toString('latin1'),
        ...extra,
      });
    };
    const refuse = (id: string, refusal: Refusal, detail?: string): void => {
      results.push({ id, passed: false, ...(detail ? { detail } : {}) });
      say(`${request.method} refused ${refusal.status}: ${refusal.phrase ?? refusal.reason}`, {
        status: refusal.status,
        ...(refusal.subcode === undefined ? {} : { subcode: refusal.subcode }),
      });
      if (request.method !== 'ACK') this.#refuse(request, flow, region, refusal, guid);
    };

    const peer = flow.peer as PeerIdentity | undefined;
    for (const check of requestChecks) {
      const refusal = check.test({ request, peer, strict: this.strict });
      if (refusal && isEnforced(check.id, this.strict)) {
        refuse(check.id, refusal);
        return;
      }
      results.push({ id: check.id, passed: refusal === undefined });
    }

    if (request.method === 'OPTIONS' && toTagOf(request) === undefined) {
      this.#probed(request, flow, region, results, refuse, say);
      return;
    }

    const inDialog = toTagOf(request) !== undefined;
    if (inDialog && known && (request.method !== 'ACK' || known.connectedAtMs !== undefined)) {
      const wrong = this.#wrongBytes(request, known);
      if (wrong && isEnforced('T39', this.strict)) {
        refuse('T39', refusals.noDialog(), wrong);
        return;
      }
      results.push({ id: 'T39', passed: wrong === undefined, ...(wrong ? { detail: wrong } : {}) });
    }

    if (request.method === 'INVITE' && !inDialog) {
      const judged = judgeInvite(request, this.#options.directory, this.strict);
      for (const id of judged.passed) results.push({ id, passed: true });
      if (!judged.ok) {
        refuse(judged.failed, judged.refusal, judged.detail);
        return;
      }
      say(`INVITE for ${judged.invite.user.upn} of ${judged.invite.tenant.name}`);
      this.#accepted = { invite: judged.invite, guid, region };
      this.#pass(bytes, flow);
      this.#accepted = undefined;
      return;
    }
    if (request.method === 'ACK' && !known) return;
    say(request.method);
    this.#pass(bytes, flow);
  }

  #probed(
    request: SipRequest,
    flow: Flow,
    region: Region,
    results: CheckResult[],
    refuse: (id: string, refusal: Refusal, detail?: string) => void,
    say: (summary: string, extra?: { status?: number }) => void,
  ): void {
    const name = trunkNameOf(request) ?? '';
    const trunk = this.#options.directory.knowsTrunk(name);
    if (!trunk) {
      refuse('T12', refusals.unknownTrunk(name));
      return;
    }
    const domain = this.#options.directory.findTenant(name);
    if (!domain?.tenant.domains.get(domain.domain)?.activated) {
      refuse('T12', refusals.unknownTrunk(name), 'the domain is not activated');
      return;
    }
    results.push({ id: 'T12', passed: true });
    results.push({
      id: 'T14',
      passed: !trunk.derived,
      ...(trunk.derived ? { detail: `${name} is derived: only the carrier trunk should probe` } : {}),
    });
    const pace = this.health.seen(name, region, this.#options.clock.now());
    results.push({ id: 'T13', passed: pace === undefined, ...(pace ? { detail: pace } : {}) });
    say(`OPTIONS for ${name}${pace ? `: ${pace}` : ''}`, { status: 200 });
    // Only the first sighting starts our own OPTIONS at once; later ones follow the clock.
    if (
      !pace &&
      this.health.regions(name, this.#options.clock.now()).some((r) => r.region === region && r.count === 1)
    )
      this.#options.clock.after(50, () => void this.#ownOptions(name, region));
    // MICROSOFT: no tag is added to To, no Contact (1.7).
    this.#answer(request, flow, region, 200, 'OK', Headers.of([['ALLOW', allowed]]));
  }

  /** T39 */
  #wrongBytes(request: SipRequest, call: TeamsCall): string | undefined {
    if (request.uri !== call.contact) return `Request-URI is not our Contact: ${request.uri}`;
    const route = request.headers.list('route')[0]?.replace(/^<|>$/g, '');
    if (route !== call.recordRoute) return `Route is not our Record-Route: ${route ?? 'none'}`;
    return undefined;
  }

  #refuse(request: SipRequest, flow: Flow, region: Region, refusal: Refusal, guid: string): void {
    this.#answer(request, flow, region, refusal.status, refusal.reason, refusalHeaders(refusal, guid), true);
  }

  #answer(
    request: SipRequest,
    flow: Flow,
    region: Region,
    status: number,
    reason: string,
    extra: Headers,
    tagged = false,
  ): void {
    extra.append('SERVER', software);
    const tag = tagged ? this.#options.random.hex(16) : undefined;
    const response = statelessResponse(request, status, reason, tag, extra);
    this.#note('sent', response, region);
    this.#write(flow, printMessage(response));
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

  /** 8.3 item 6 for one route: enabled trunks, the healthy ones shuffled, the demoted ones last. */
  #trunksOf(names: readonly string[], tenant: Tenant, region: Region, now: number): Trunk[] {
    const { directory, random, baseDomain } = this.#options;
    const trunks = names.flatMap((name) => {
      const found = directory.findTrunk(tenant, name);
      return found?.trunk.enabled ? [found] : [];
    });
    const demoted = (item: (typeof trunks)[number]): boolean =>
      this.health.demoted(item.derived ? baseDomain : item.trunk.fqdn, region, now);
    const healthy = trunks.filter((item) => !demoted(item));
    return [...shuffled(healthy, random), ...trunks.filter(demoted)].map((item) => item.trunk);
  }

  // ---------------------------------------------------------------- what goes out

  #decorate(message: SipMessage): void {
    if (message.kind === 'request') message.headers.delete('route');
    const call = this.calls.get(callIdOf(message) ?? '');
    if (message.kind === 'response' && message.status > 100 && message.status < 300 && call) {
      if (/INVITE$/.test(message.headers.get('cseq') ?? '')) {
        message.headers.prepend('Record-Route', `<${call.recordRoute}>`);
        message.headers.set('Allow', allowed);
        message.headers.delete('supported');
      }
    }
    if (message.kind === 'request' && (message.method === 'INVITE' || message.method === 'OPTIONS')) {
      message.headers.set('Allow', allowed);
    }
    // BYE from Microsoft carries a Reason; give it the guid when nobody else did (2.3).
    if (message.kind === 'request' && message.method === 'BYE' && call && !message.headers.has('reason')) {
      message.headers.append('Reason', `Q.850;cause=16;text="${call.guid};Normal call clearing"`);
    }
    upperCaseHeaders(message);
  }

  #note(kind: 'sent' | 'response' | 'request', message: SipMessage, region: Region): void {
    const callId = callIdOf(message);
    const guid = callId === undefined ? undefined : this.calls.get(callId)?.guid;
    this.#options.audit.add({
      kind,
      where: `hub ${region}`,
      summary:
        message.kind === 'request'
          ? `${message.method} ${message.uri}`
          : `${message.status} ${message.reason} (${message.headers.get('cseq')})`,
      ...(callId === undefined ? {} : { callId }),
      ...(guid === undefined ? {} : { guid }),
      ...(message.kind === 'request' ? { method: message.method } : { status: message.status }),
      text: printMessage(message).toString('latin1'),
    });
  }
}
