import { Headers, type SipRequest, type SipResponse } from '@tandem/sip';

/** What Microsoft answers when it refuses (teams-direct-routing 2.3, 2.4): status, Q.850 cause, phrase, subcode. */
export interface Refusal {
  readonly status: number;
  readonly reason: string;
  /** In the REASON header, `Q.850;cause=…;text="<guid>;<phrase>"`. */
  readonly q850?: number;
  readonly phrase?: string;
  /** In reports only, never on the wire. */
  readonly subcode?: number;
  readonly retryAfterSeconds?: number;
}

export const allowed = 'INVITE,ACK,OPTIONS,CANCEL,BYE,NOTIFY';
export const allowedMethods = allowed.split(',');

const refuse = (
  status: number,
  reason: string,
  q850?: number,
  phrase?: string,
  subcode?: number,
): Refusal => ({
  status,
  reason,
  ...(q850 === undefined ? {} : { q850 }),
  ...(phrase === undefined ? {} : { phrase }),
  ...(subcode === undefined ? {} : { subcode }),
});

export const refusals = {
  badRequest: (why: string) => refuse(400, 'Bad Request', 95, why),
  replaces: () => refuse(403, 'Forbidden', 63, 'Replaces header is not supported'),
  methodNotAllowed: () => refuse(405, 'Method Not Allowed'),
  noContact: () => refuse(403, 'Forbidden', 63, 'Record-Route and Contact headers are missing'),
  wrongName: (fqdn: string) =>
    refuse(
      403,
      'Forbidden',
      63,
      `SBC certificate is not issued correctly. Provided trunk FQDN '${fqdn}' is not included in certificate's CN`,
    ),
  unknownTrunk: (fqdn: string) =>
    refuse(403, 'Forbidden', 63, `Provided trunk FQDN '${fqdn}' is not allowed`),
  noTrunkConfig: () => refuse(403, 'Forbidden', 63, 'No trunk config found', 510532),
  blockedCaller: () => refuse(403, 'Forbidden', 21, 'Blocked calling number for customer', 510534),
  privateCallingDisabled: () =>
    refuse(403, 'Forbidden', 63, 'Private calling is disabled for the callee', 10199),
  notVoiceEnabled: () => refuse(403, 'Forbidden', 63, 'User is not Enterprise Voice enabled', 510560),
  numberNotFound: () => refuse(404, 'Not Found', 1, 'Getting user info by number failed', 511404),
  replacementNotFound: () => refuse(404, 'Not Found', 1, 'Replacement call was not found', 10202),
  noAckForAcceptance: () =>
    refuse(408, 'Request Timeout', 102, 'No acknowledgement for the call acceptance', 1106),
  sdpParsing: () => refuse(410, 'Gone', 95, 'SdpParsingFailure', 531000),
  wrongCallee: () => refuse(412, 'Conditional Request Failed', 28, 'Wrong callee MRI', 510412),
  noEndpoints: () => refuse(480, 'Temporarily Unavailable', 20, 'No callee endpoints found', 10037),
  noAnswer: () => refuse(480, 'Temporarily Unavailable', 19, 'The callee did not answer', 10191),
  noDialog: () => refuse(481, 'Call/Transaction Does Not Exist'),
  busy: () => refuse(486, 'Busy Here', 17, 'User is busy'),
  cancelled: () => refuse(487, 'Request Terminated'),
  delayedOffer: () => refuse(488, 'Not Acceptable Here', 88, 'Delayed offer is not supported'),
  srtpRequired: () => refuse(488, 'Not Acceptable Here', 88, 'SrtpEncryptionRequired', 531000),
  noMedia: () => refuse(488, 'Not Acceptable Here', 88, 'CannotSupportAnyMedia', 531000),
  noCandidates: () => refuse(488, 'Not Acceptable Here', 88, 'Non-ICE endpoints cannot use bypass', 531027),
  duplicatePayload: () => refuse(488, 'Not Acceptable Here', 88, 'Duplicate payload type in the offer'),
  muxChanged: () => refuse(488, 'Not Acceptable Here', 88, 'CannotChangeRtcpMultiplexing'),
  overloaded: (): Refusal => ({
    ...refuse(503, 'Service Unavailable', 42, 'Data centre is busy'),
    retryAfterSeconds: 1,
  }),
  declined: () => refuse(603, 'Decline', 21, 'Call was declined by the user'),
} as const;

export const reasonText = (guid: string, cause: number, phrase: string): string =>
  `Q.850;cause=${cause};text="${guid};${phrase}"`;

export function refusalHeaders(refusal: Refusal, guid: string): Headers {
  const headers = new Headers();
  if (refusal.q850 !== undefined && refusal.phrase !== undefined) {
    headers.append('REASON', reasonText(guid, refusal.q850, refusal.phrase));
  }
  headers.append('ALLOW', allowed);
  if (refusal.retryAfterSeconds !== undefined)
    headers.append('RETRY-AFTER', String(refusal.retryAfterSeconds));
  return headers;
}

/** A response without any transaction: on TLS nothing is retransmitted, so nothing need be remembered. */
export function statelessResponse(
  request: SipRequest,
  status: number,
  reason: string,
  toTag: string | undefined,
  extra: Headers,
): SipResponse {
  const headers = new Headers();
  const from = request.headers.get('from');
  const to = request.headers.get('to');
  if (from !== undefined) headers.append('FROM', from);
  if (to !== undefined)
    headers.append('TO', toTag === undefined || /;\s*tag=/i.test(to) ? to : `${to};tag=${toTag}`);
  for (const name of ['cseq', 'call-id'])
    for (const value of request.headers.getAll(name)) headers.append(name.toUpperCase(), value);
  for (const value of request.headers.getAll('via')) headers.append('VIA', value);
  for (const [name, value] of extra) headers.append(name.toUpperCase(), value);
  headers.append('CONTENT-LENGTH', '0');
  return { kind: 'response', status, reason, headers, body: Buffer.alloc(0) };
}
