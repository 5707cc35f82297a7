import { type Carrier, type CarrierTarget, type Hub, isE164 } from '@tandem/domain';
import { Headers, noParams, printNameAddr } from '@tandem/sip';
import type { Destination } from '@tandem/sip/ua/types.ts';
import type { Caller, ToCarrier, ToPhone, ToTeams } from '../routing/decision.ts';
import type { EngineSettings } from '../settings.ts';
import type { LegRole } from './call-failure.ts';

/** One place where the called side may be reached, and the INVITE as that place wants it. */
export interface Target {
  readonly role: LegRole;
  /** For the record: `hub sip.pstnhub.microsoft.com:5061`. */
  readonly name: string;
  readonly destination: Destination;
  readonly requestUri: string;
  readonly from: string;
  readonly to: string;
  readonly contact: string;
  readonly headers: Headers;
  readonly hub?: Hub;
  readonly carrier?: { readonly carrier: Carrier; readonly target: CarrierTarget };
}

/** Names that people see in Teams or on a phone (T11): no controls, 64 characters. */
export function safeDisplayName(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  const clean = [
    ...name
      .toWellFormed()
      .replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
      .trim(),
  ]
    .slice(0, 64)
    .join('');
  return clean === '' ? undefined : clean;
}

/**
 * A number or name as a user part. Stricter than RFC 3261 19.1.2, which lets `;`, `?`, `/` and `,` stand: a reader
 * that is less careful must not find parameters or headers in what a stranger called himself (T11).
 */
function userPart(text: string): string {
  if (/^[+0-9A-Za-z*._-]+$/.test(text)) return text;
  return encodeURIComponent(text.toWellFormed()).replace(/%2B/g, '+');
}

function nameAddr(displayName: string | undefined, uri: string): string {
  const safe = safeDisplayName(displayName);
  return printNameAddr(
    safe === undefined ? { uri, params: noParams } : { displayName: safe, uri, params: noParams },
  );
}

/** teams-direct-routing 2.1: the customer's host in From and Contact, `user=phone` wherever a number stands. */
export function teamsTarget(route: ToTeams, hub: Hub, settings: EngineSettings, hops: number): Target {
  const { sbcHost, number, caller } = route;
  const { contactPort, via } = settings.teams;
  const user = callerUser(caller);
  const phone = /^\+?[0-9]+$/.test(user) ? ';user=phone' : '';
  const { sessionExpiresSeconds, minSessionExpiresSeconds } = settings.budgets;
  return {
    role: 'teams',
    name: `hub ${hub.name}:${hub.port}`,
    hub,
    destination: { protocol: 'TLS', host: hub.name, port: hub.port, serverName: hub.name, via },
    requestUri: `sip:${number}@${hub.name}:${hub.port};user=phone;transport=tls`,
    from: nameAddr(caller.displayName, `sip:${user}@${sbcHost}${phone}`),
    to: `<sip:${number}@${hub.name};user=phone>`,
    contact: `<sip:${user}@${sbcHost}:${contactPort};transport=tls>`,
    headers: Headers.of([
      ['Session-Expires', `${sessionExpiresSeconds};refresher=uac`],
      ['Min-SE', String(minSessionExpiresSeconds)],
      ['X-Tandem-Hops', String(hops)],
    ]),
  };
}

function callerUser(caller: Caller): string {
  return caller.anonymous || caller.number === undefined ? 'anonymous' : userPart(caller.number);
}

export function carrierTarget(
  route: ToCarrier,
  carrier: Carrier,
  target: CarrierTarget,
  settings: EngineSettings,
  hops: number,
): Target {
  const { protocol, host, port } = target;
  const { caller, diversion } = route;
  const written = (number: string): string =>
    carrier.numberFormat === 'digits' && isE164(number) ? number.slice(1) : number;
  const us = settings.carriers.contact[protocol];
  const usHost = us?.host ?? settings.teams.trunkHost;
  const contactUser = caller.asserted ?? caller.number ?? 'anonymous';
  const transport = protocol === 'UDP' ? '' : `;transport=${protocol.toLowerCase()}`;
  const called = userPart(written(route.called));
  const hidden = caller.anonymous || caller.number === undefined;
  const headers = new Headers();
  if (caller.asserted !== undefined)
    headers.append('P-Asserted-Identity', `<sip:${written(caller.asserted)}@${usHost};user=phone>`);
  if (hidden) headers.append('Privacy', 'id');
  if (diversion) {
    const number = userPart(written(diversion.number));
    headers.append('Diversion', `<sip:${number}@${usHost};user=phone>;reason=${diversion.reason}`);
  }
  const { sessionExpiresSeconds, minSessionExpiresSeconds } = settings.budgets;
  headers.append('Session-Expires', `${sessionExpiresSeconds};refresher=uac`);
  headers.append('Min-SE', String(minSessionExpiresSeconds));
  headers.append('X-Tandem-Hops', String(hops));
  if (route.emergency) headers.append('Priority', 'emergency');
  return {
    role: 'carrier',
    name: `carrier ${carrier.name} ${host}:${port}`,
    carrier: { carrier, target },
    destination: { protocol, host, port, via: settings.carriers.via[protocol] ?? 'carrier-udp' },
    requestUri: `sip:${called}@${host}:${port};user=phone${transport}`,
    from: hidden
      ? '"Anonymous" <sip:anonymous@anonymous.invalid>'
      : nameAddr(caller.displayName, `sip:${userPart(written(caller.number ?? ''))}@${usHost};user=phone`),
    to: `<sip:${called}@${host}:${port};user=phone>`,
    contact: `<sip:${userPart(contactUser)}@${usHost}:${us?.port ?? 5060}${transport}>`,
    headers,
  };
}

/**
 * A registered phone: its Contact is the Request-URI (RFC 3261 §10.3 item 7), and the INVITE goes the way its
 * registration came. To names what was called, so that a phone with several lines can tell.
 */
export function phoneTarget(route: ToPhone, settings: EngineSettings, hops: number): Target {
  const { caller, contact, device, dialled } = route;
  const { protocol } = contact.destination;
  const { phones, carriers, teams, budgets } = settings;
  const us = (phones ?? carriers).contact[protocol];
  const host = us?.host ?? teams.trunkHost;
  const transport = protocol === 'UDP' ? '' : `;transport=${protocol.toLowerCase()}`;
  const hidden = caller.anonymous || caller.number === undefined;
  const user = callerUser(caller);
  const phone = /^\+?[0-9]+$/.test(user) ? ';user=phone' : '';
  const headers = new Headers();
  if (!hidden) headers.append('P-Asserted-Identity', `<sip:${user}@${host}${phone}>`);
  headers.append('Session-Expires', `${budgets.sessionExpiresSeconds};refresher=uac`);
  headers.append('Min-SE', String(budgets.minSessionExpiresSeconds));
  headers.append('X-Tandem-Hops', String(hops));
  return {
    role: 'phone',
    name: `phone ${device.name} ${contact.destination.host}:${contact.destination.port}`,
    destination: contact.destination,
    requestUri: contact.uri,
    from: hidden
      ? '"Anonymous" <sip:anonymous@anonymous.invalid>'
      : nameAddr(caller.displayName, `sip:${user}@${host}${phone}`),
    to: `<sip:${userPart(dialled)}@${host}>`,
    contact: `<sip:${user}@${host}:${us?.port ?? 5060}${transport}>`,
    headers,
  };
}
