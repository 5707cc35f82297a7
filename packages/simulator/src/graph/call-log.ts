import type { TeamsUser } from '../directory/tenant.ts';
import type { CallEnd } from '../sip-proxy/teams-call.ts';

/** Calls that the hubs really had, as the logs of Microsoft tell them: late, and with masked numbers (graph 6.1; C1). */

export interface LoggedCall {
  readonly id: string;
  readonly tenantId: string;
  readonly correlationId: string;
  readonly user: Pick<TeamsUser, 'objectId' | 'upn' | 'displayName' | 'number'>;
  readonly direction: 'in' | 'out';
  /** The other party as dialled or shown. */
  readonly number: string;
  readonly trunk: string;
  readonly region: string;
  /** Wall ms of Microsoft. */
  readonly invitedAt: number;
  readonly connectedAt: number | undefined;
  readonly endedAt: number;
  readonly end: Pick<CallEnd, 'connected' | 'status' | 'subcode' | 'phrase'>;
}

const kept = 20_000;

export class CallLog {
  /** Told when a call gets into the log. */
  onLogged: (call: LoggedCall) => void = () => undefined;
  readonly #calls: LoggedCall[] = [];

  add(call: LoggedCall): void {
    this.#calls.push(call);
    if (this.#calls.length > kept) this.#calls.shift();
    this.onLogged(call);
  }

  /** Those of a tenant that began in the span and that the log shows by now. */
  find(tenantId: string, from: number, to: number, shownBefore: number): LoggedCall[] {
    return this.#calls
      .filter(
        (call) =>
          call.tenantId === tenantId &&
          call.endedAt <= shownBefore &&
          startOf(call) >= from &&
          startOf(call) < to,
      )
      .sort((a, b) => startOf(a) - startOf(b));
  }

  byId(tenantId: string, id: string, shownBefore: number): LoggedCall | undefined {
    return this.#calls.find(
      (call) => call.tenantId === tenantId && call.correlationId === id && call.endedAt <= shownBefore,
    );
  }
}

const startOf = (call: LoggedCall): number => call.connectedAt ?? call.invitedAt;

/** The last digits are nobody's business. */
const masked = (number: string): string =>
  /^\+?[0-9]{7,}$/.test(number) ? `${number.slice(0, -4)}****` : number;

const never = '0001-01-01T00:00:00Z';
const iso = (at: number): string => new Date(at).toISOString();

/** Data centres as Microsoft's logs write them. */
const places: Readonly<Record<string, string>> = { eu: 'EUWE', us: 'USEA', as: 'ASSE' };

export function directRoutingRow(call: LoggedCall): Record<string, unknown> {
  const { user, connectedAt, end } = call;
  const good = connectedAt !== undefined;
  const [caller, callee] =
    call.direction === 'in' ? [call.number, user.number ?? ''] : [user.number ?? '', call.number];
  return {
    id: call.id,
    correlationId: call.correlationId,
    userId: user.objectId,
    userPrincipalName: user.upn,
    userDisplayName: user.displayName,
    startDateTime: iso(startOf(call)),
    inviteDateTime: iso(call.invitedAt),
    failureDateTime: good ? never : iso(call.endedAt),
    endDateTime: iso(call.endedAt),
    duration: good ? Math.round((call.endedAt - connectedAt) / 1000) : 0,
    callType: call.direction === 'in' ? 'ByotIn' : 'ByotOut',
    successfulCall: good,
    callerNumber: masked(caller),
    calleeNumber: masked(callee),
    mediaPathLocation: places[call.region] ?? null,
    signalingLocation: places[call.region] ?? null,
    finalSipCode: good ? 0 : (end.status ?? 487),
    callEndSubReason: end.subcode ?? 0,
    finalSipCodePhrase: good ? 'BYE' : (end.phrase ?? null),
    trunkFullyQualifiedDomainName: call.trunk,
    mediaBypassEnabled: false,
  };
}

/** Microsoft's record of a call, as far as one leg to the telephone network has it. */
export const callRecord = (call: LoggedCall): Record<string, unknown> => ({
  id: call.correlationId,
  version: 1,
  type: 'peerToPeer',
  modalities: ['audio'],
  startDateTime: iso(startOf(call)),
  endDateTime: iso(call.endedAt),
  lastModifiedDateTime: iso(call.endedAt),
  joinWebUrl: null,
});
