/**
 * What the twin verifies on messages from the SBC: teams-direct-routing 10.1, one row per check. The functions stand in
 * `request-checks.ts`, `invite-checks.ts` and in the call files; this table gives them their names, says how much each
 * is worth, and is printed into the README and into `/checks`.
 *
 * Tags: D documented by Microsoft, T seen in public traces, I our inference, U unconfirmed. D is always enforced, T and
 * I in strict runs.
 */
export interface CheckRow {
  readonly tag: 'D' | 'T' | 'I';
  readonly on: string;
  readonly wants: string;
  readonly else: string;
}

export const checkTable = {
  T1: {
    tag: 'D',
    on: 'connection',
    wants: 'TLS 1.2 or later, with 1.2 one of four ECDHE-RSA suites',
    else: 'TLS alert',
  },
  T2: {
    tag: 'D',
    on: 'connection',
    wants: 'a client certificate of the root programme, in its dates, with the wanted EKUs',
    else: 'closed after the handshake',
  },
  T3: { tag: 'D', on: 'connection', wants: 'the full chain is sent', else: 'closed after the handshake' },
  T4: { tag: 'I', on: 'any request', wants: 'well-formed SIP/2.0 with the mandatory headers', else: '400' },
  T5: { tag: 'D', on: 'any request', wants: 'no sips: URI, no empty user before @', else: '400' },
  T6: { tag: 'D', on: 'any request', wants: 'no Replaces header', else: '403' },
  T7: {
    tag: 'T',
    on: 'any request',
    wants: 'INVITE, ACK, OPTIONS, CANCEL, BYE or NOTIFY',
    else: '405 and Allow',
  },
  T8: { tag: 'T', on: 'OPTIONS, INVITE', wants: 'a Contact (or Record-Route)', else: '403, Q.850 63' },
  T9: {
    tag: 'D',
    on: 'OPTIONS, INVITE',
    wants: 'the first Contact host is a name, so is the top Record-Route',
    else: '403, Q.850 63',
  },
  T10: {
    tag: 'D',
    on: 'OPTIONS, INVITE',
    wants: "the name is covered by this connection's certificate (one-label wildcard)",
    else: '403, Q.850 63',
  },
  T11: {
    tag: 'I',
    on: 'OPTIONS, INVITE',
    wants: 'Record-Route host equals Contact host',
    else: '403 (lenient: Record-Route wins)',
  },
  T12: { tag: 'D', on: 'OPTIONS', wants: 'the name is a trunk or a derived name', else: '403, Q.850 63' },
  T13: {
    tag: 'D',
    on: 'OPTIONS',
    wants: 'one every 60 to 180 s at all three hubs',
    else: 'warning; demoted when the window passes',
  },
  T14: { tag: 'D', on: 'OPTIONS', wants: 'only the carrier trunk probes', else: 'warning' },
  T15: {
    tag: 'D',
    on: 'INVITE',
    wants: 'the full name, else its parent, is a domain of a tenant',
    else: '403, Q.850 63',
  },
  T16: {
    tag: 'D',
    on: 'INVITE',
    wants: 'the domain is activated by a licensed account',
    else: '403, Q.850 63',
  },
  T17: { tag: 'D', on: 'INVITE', wants: 'the trunk is configured or derivable', else: '403 / 510532' },
  T18: {
    tag: 'D',
    on: 'INVITE',
    wants: 'the called number can be parsed and begins with +',
    else: '412 / 510412; without +: 404',
  },
  T19: { tag: 'D', on: 'INVITE', wants: 'the caller is not blocked', else: '403 / 510534' },
  T20: { tag: 'D', on: 'INVITE', wants: 'the number is assigned in that tenant', else: '404 / 511404' },
  T21: {
    tag: 'D',
    on: 'INVITE',
    wants: 'the callee is enabled, licensed, voice-enabled and allowed to call',
    else: '403 / 510560 or 10199',
  },
  T23: { tag: 'D', on: 'INVITE', wants: 'the body is an SDP offer', else: '488' },
  T24: {
    tag: 'D',
    on: 'SDP',
    wants: 'it parses, has one audio line and no payload number twice',
    else: '410 / 531000; 488 for duplicates',
  },
  T25: { tag: 'D', on: 'SDP', wants: 'RTP/SAVP with AES_CM_128_HMAC_SHA1_80', else: '488 / 531000' },
  T26: { tag: 'D', on: 'SDP', wants: 'at least one known codec', else: '488 / 531000' },
  T27: { tag: 'D', on: 'SDP', wants: 'bypass trunk: ICE-lite and a candidate', else: '488 / 531027' },
  T28: {
    tag: 'D',
    on: 'INVITE with x-m',
    wants: 'it matches a REFER that was sent',
    else: '404 / 10202; garbled 400',
  },
  T29: {
    tag: 'D',
    on: 'CANCEL',
    wants: 'Reason says completed elsewhere',
    else: 'a missed call in the history',
  },
  T30: {
    tag: 'I',
    on: "200 to Teams' INVITE",
    wants: 'Contact of the called trunk, Allow, an SDP answer with our crypto tag',
    else: 'ACK, then BYE with Q.850 63 or 88',
  },
  T31: {
    tag: 'D',
    on: "18x to Teams' INVITE",
    wants: 'within FailoverTimeSeconds',
    else: 'CANCEL, next trunk; none left: 408 / 500001',
  },
  T32: { tag: 'D', on: 'final answer', wants: 'a code outside FailoverResponseCodes', else: 'next trunk' },
  T33: { tag: 'D', on: 'ACK for 200', wants: 'it arrives', else: '200 repeated 64*T1, BYE, 408 / 1106' },
  T34: {
    tag: 'D',
    on: 're-INVITE',
    wants: 'sendrecv or inactive, no 0.0.0.0, rtcp-mux unchanged',
    else: 'treated as sendrecv; mux: 488',
  },
  T35: {
    tag: 'D',
    on: 're-INVITE',
    wants: 'media address unchanged',
    else: '200, media stays at the old address',
  },
  T36: { tag: 'T', on: 're-INVITE', wants: 'SDES key unchanged', else: 'rollover counter starts at zero' },
  T39: {
    tag: 'I',
    on: 'in-dialog request',
    wants: 'Request-URI is our Contact and Route our Record-Route, byte for byte',
    else: '481',
  },
  T40: { tag: 'T', on: 'REFER', wants: 'never comes', else: '405 and Allow' },
  T42: { tag: 'D', on: 'RTP', wants: 'authenticated, agreed payload numbers', else: 'counted, not heard' },
  T43: { tag: 'D', on: 'concurrency', wants: 'below 90 % of MaxConcurrentSessions', else: 'alert only' },
  T44: { tag: 'D', on: 'drill', wants: 'connection closed within 1 s after our 503', else: 'warning' },
} as const satisfies Record<string, CheckRow>;

export type CheckId = keyof typeof checkTable;

export const isEnforced = (id: CheckId, strict: boolean): boolean => strict || checkTable[id].tag === 'D';
