import {
  callIdOf,
  type Flow,
  Headers,
  parseMessage,
  printMessage,
  type SipRequest,
  toTagOf,
} from '@tandem/sip';
import type { Audit, CheckResult } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import { type Region, regions } from '../config.ts';
import type { Directory } from '../directory/directory.ts';
import type { FaultBoard } from '../faults/fault-board.ts';
import type { TwinRandom } from '../random.ts';
import type { PeerIdentity } from '../trust/peer-check.ts';
import { allowed, type Refusal, refusalHeaders, refusals, statelessResponse } from './answers.ts';
import { type CheckId, isEnforced } from './check-table.ts';
import { type AcceptedInvite, judgeInvite } from './invite-checks.ts';
import { logMessage } from './log-message.ts';
import { software } from './microsoft-style.ts';
import type { OwnOptions } from './own-options.ts';
import { requestChecks, trunkNameOf } from './request-checks.ts';
import type { TeamsCall } from './teams-call.ts';
import type { TrunkHealth } from './trunk-health.ts';

export interface RequestGateParts {
  readonly clock: Clock;
  readonly random: TwinRandom;
  readonly audit: Audit;
  readonly faults: FaultBoard;
  readonly directory: Directory;
  readonly health: TrunkHealth;
  readonly ownOptions: OwnOptions;
  readonly calls: ReadonlyMap<string, TeamsCall>;
  strict(): boolean;
  /** What passed, and what the user agent must see to answer it as the RFC wants. */
  pass(bytes: Buffer, flow: Flow): void;
  /** An INVITE for one of our users: to be passed as well. */
  passInvite(accepted: AcceptedCall, bytes: Buffer, flow: Flow): void;
  write(flow: Flow, bytes: Buffer): void;
}

export interface AcceptedCall {
  readonly invite: AcceptedInvite;
  readonly guid: string;
  readonly region: Region;
}

/** A request on its way through the checks. */
interface Arrival {
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly region: Region;
  readonly guid: string;
  readonly results: CheckResult[];
}

/**
 * Every request passes the checks of `check-table.ts` before the user agent sees it; what fails is answered here,
 * without keeping anything.
 */
export class RequestGate {
  readonly #parts: RequestGateParts;

  constructor(parts: RequestGateParts) {
    this.#parts = parts;
  }

  receive(bytes: Buffer, flow: Flow, region: Region): void {
    const { audit, faults } = this.#parts;
    const fault = flow.listener.startsWith('hub-') ? faults.hub(regions.indexOf(region)) : undefined;
    if (fault === 'silent') return;
    const parsed = parseMessage(bytes);
    if (!parsed.ok) {
      audit.add({
        kind: 'request',
        where: `hub ${region}`,
        summary: `unreadable: ${parsed.fault.why}`,
        text: bytes.toString('latin1').slice(0, 4_000),
        checks: [{ id: 'T4', passed: false, detail: parsed.fault.why }],
      });
      this.#parts.pass(bytes, flow);
      return;
    }
    const { message } = parsed;
    if (message.kind === 'response') {
      logMessage(audit, 'response', message, region, this.#callOf(message)?.guid);
      this.#parts.pass(bytes, flow);
      return;
    }
    if ((fault === '503' || fault === '100-only') && this.#drill(fault, message, flow, region)) return;
    this.#request(message, bytes, flow, region);
  }

  #request(request: SipRequest, bytes: Buffer, flow: Flow, region: Region): void {
    const { directory, random } = this.#parts;
    const strict = this.#parts.strict();
    const known = this.#callOf(request);
    const results: CheckResult[] = [{ id: 'T4', passed: true }];
    const arrival: Arrival = { request, flow, region, guid: known?.guid ?? random.uuid(), results };

    const peer = flow.peer as PeerIdentity | undefined;
    for (const check of requestChecks) {
      const refusal = check.test({ request, peer, strict });
      if (refusal && isEnforced(check.id, strict)) {
        this.#refuse(arrival, check.id, refusal);
        return;
      }
      results.push({ id: check.id, passed: refusal === undefined });
    }

    const inDialog = toTagOf(request) !== undefined;
    if (request.method === 'OPTIONS' && !inDialog) {
      this.#probed(arrival);
      return;
    }

    if (inDialog && known && (request.method !== 'ACK' || known.connectedAtMs !== undefined)) {
      const wrong = wrongBytes(request, known);
      if (wrong && isEnforced('T39', strict)) {
        this.#refuse(arrival, 'T39', refusals.noDialog(), wrong);
        return;
      }
      results.push({ id: 'T39', passed: wrong === undefined, ...(wrong ? { detail: wrong } : {}) });
    }

    if (request.method === 'INVITE' && !inDialog) {
      const judged = judgeInvite(request, directory, strict);
      for (const id of judged.passed) results.push({ id, passed: true });
      if (!judged.ok) {
        this.#refuse(arrival, judged.failed, judged.refusal, judged.detail);
        return;
      }
      const { invite } = judged;
      this.#log(arrival, `INVITE for ${invite.user.upn} of ${invite.tenant.name}`);
      this.#parts.passInvite({ invite, guid: arrival.guid, region }, bytes, flow);
      return;
    }
    if (request.method === 'ACK' && !known) return;
    this.#log(arrival, request.method);
    this.#parts.pass(bytes, flow);
  }

  /** OPTIONS of the SBC: the trunk must be known, its name must be the carrier trunk's own, its pace right. */
  #probed(arrival: Arrival): void {
    const { directory, health, clock, ownOptions } = this.#parts;
    const { request, flow, region, results } = arrival;
    const name = trunkNameOf(request) ?? '';
    const trunk = directory.knowsTrunk(name);
    if (!trunk) {
      this.#refuse(arrival, 'T12', refusals.unknownTrunk(name));
      return;
    }
    const domain = directory.findTenant(name);
    if (!domain?.tenant.domains.get(domain.domain)?.activated) {
      this.#refuse(arrival, 'T12', refusals.unknownTrunk(name), 'the domain is not activated');
      return;
    }
    results.push({ id: 'T12', passed: true });
    results.push({
      id: 'T14',
      passed: !trunk.derived,
      ...(trunk.derived ? { detail: `${name} is derived: only the carrier trunk should probe` } : {}),
    });
    const pace = health.seen(name, region, clock.now());
    results.push({ id: 'T13', passed: pace === undefined, ...(pace ? { detail: pace } : {}) });
    this.#log(arrival, `OPTIONS for ${name}${pace ? `: ${pace}` : ''}`, { status: 200 });
    // Only the first sighting starts our own OPTIONS at once; later ones follow the clock.
    if (!pace && health.regions(name, clock.now()).some((r) => r.region === region && r.count === 1))
      clock.after(50, () => void ownOptions.send(name, region));
    // MICROSOFT: no tag is added to To, no Contact (1.7).
    this.#answer(request, flow, region, 200, 'OK', Headers.of([['ALLOW', allowed]]));
  }

  /** T44: a busy data centre, or one that hangs. True when the message was dealt with. */
  #drill(fault: '503' | '100-only', request: SipRequest, flow: Flow, region: Region): boolean {
    const { audit, clock, random } = this.#parts;
    const fresh =
      (request.method === 'INVITE' || request.method === 'OPTIONS') && toTagOf(request) === undefined;
    if (!fresh || (fault === '100-only' && request.method !== 'INVITE')) return false;
    logMessage(audit, 'request', request, region, this.#callOf(request)?.guid);
    if (fault === '100-only') {
      this.#answer(request, flow, region, 100, 'Trying', new Headers());
      return true;
    }
    this.#answerRefusal(request, flow, region, refusals.overloaded(), random.uuid());
    clock.after(1_000, () => {
      audit.add({
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

  #callOf(message: Parameters<typeof callIdOf>[0]): TeamsCall | undefined {
    return this.#parts.calls.get(callIdOf(message) ?? '');
  }

  #log(arrival: Arrival, summary: string, extra: { status?: number; subcode?: number } = {}): void {
    const { request, region, guid, results } = arrival;
    this.#parts.audit.add({
      kind: 'request',
      where: `hub ${region}`,
      summary,
      method: request.method,
      callId: callIdOf(request) ?? '',
      guid,
      checks: results,
      text: printMessage(request).toString('latin1'),
      ...extra,
    });
  }

  #refuse(arrival: Arrival, id: CheckId, refusal: Refusal, detail?: string): void {
    const { request, flow, region, guid, results } = arrival;
    results.push({ id, passed: false, ...(detail ? { detail } : {}) });
    this.#log(arrival, `${request.method} refused ${refusal.status}: ${refusal.phrase ?? refusal.reason}`, {
      status: refusal.status,
      ...(refusal.subcode === undefined ? {} : { subcode: refusal.subcode }),
    });
    if (request.method !== 'ACK') this.#answerRefusal(request, flow, region, refusal, guid);
  }

  #answerRefusal(request: SipRequest, flow: Flow, region: Region, refusal: Refusal, guid: string): void {
    const tag = this.#parts.random.hex(16);
    this.#answer(request, flow, region, refusal.status, refusal.reason, refusalHeaders(refusal, guid), tag);
  }

  #answer(
    request: SipRequest,
    flow: Flow,
    region: Region,
    status: number,
    reason: string,
    extra: Headers,
    tag?: string,
  ): void {
    extra.append('SERVER', software);
    const response = statelessResponse(request, status, reason, tag, extra);
    logMessage(this.#parts.audit, 'sent', response, region, this.#callOf(response)?.guid);
    this.#parts.write(flow, printMessage(response));
  }
}

/** T39 */
function wrongBytes(request: SipRequest, call: TeamsCall): string | undefined {
  if (request.uri !== call.contact) return `Request-URI is not our Contact: ${request.uri}`;
  const route = request.headers.list('route')[0]?.replace(/^<|>$/g, '');
  if (route !== call.recordRoute) return `Route is not our Record-Route: ${route ?? 'none'}`;
  return undefined;
}
