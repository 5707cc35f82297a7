import { addressesOf, contactsOf, isIp, parseUri, type SipRequest } from '@tandem/sip';
import { nameCovered, type PeerIdentity } from '../trust/peer-check.ts';
import { allowedMethods, type Refusal, refusals } from './answers.ts';
import type { CheckId } from './check-table.ts';

/** T5 to T11 and T40: what every request must satisfy before anybody asks which customer it is for. */
export interface RequestContext {
  readonly request: SipRequest;
  readonly peer: PeerIdentity | undefined;
  readonly strict: boolean;
}

export interface Check<Context> {
  readonly id: CheckId;
  test(context: Context): Refusal | undefined;
}

const identityMethods = new Set(['OPTIONS', 'INVITE']);

/** The name by which the SBC introduces itself: top Record-Route first, then the first Contact (1.7, 11.1). */
export function trunkNameOf(request: SipRequest): string | undefined {
  const contact = hostOf(contactsOf(request)[0]?.uri);
  const route = hostOf(addressesOf(request, 'record-route')[0]?.uri);
  return (route ?? contact)?.toLowerCase();
}

function hostOf(uri: string | undefined): string | undefined {
  const parsed = uri === undefined ? undefined : parseUri(uri);
  return parsed && parsed.scheme !== 'tel' ? parsed.host : undefined;
}

const isName = (host: string): boolean => !isIp(host) && host.includes('.');

export const requestChecks: readonly Check<RequestContext>[] = [
  {
    id: 'T5',
    test: ({ request }) => {
      const texts = [
        request.uri,
        ...['from', 'to', 'contact'].flatMap((name) => request.headers.getAll(name)),
      ];
      if (texts.some((text) => /(^|<)\s*sips:/i.test(text)))
        return refusals.badRequest('sips is not supported');
      if (texts.some((text) => /(^|<)\s*sip:@/i.test(text))) return refusals.badRequest('Empty user part');
      return undefined;
    },
  },
  {
    id: 'T6',
    test: ({ request }) => (request.headers.has('replaces') ? refusals.replaces() : undefined),
  },
  {
    id: 'T40',
    test: ({ request }) => (request.method === 'REFER' ? refusals.methodNotAllowed() : undefined),
  },
  {
    id: 'T7',
    test: ({ request }) =>
      allowedMethods.includes(request.method) ? undefined : refusals.methodNotAllowed(),
  },
  {
    id: 'T8',
    test: ({ request }) =>
      !identityMethods.has(request.method) ||
      request.headers.has('contact') ||
      request.headers.has('record-route')
        ? undefined
        : refusals.noContact(),
  },
  {
    id: 'T9',
    test: ({ request }) => {
      if (!identityMethods.has(request.method)) return undefined;
      for (const header of ['record-route', 'contact']) {
        if (!request.headers.has(header)) continue;
        const first = addressesOf(request, header)[0]?.uri;
        const host = hostOf(first);
        if (host === undefined || !isName(host)) return refusals.wrongName(host ?? first ?? '');
      }
      return undefined;
    },
  },
  {
    id: 'T11',
    test: ({ request }) => {
      if (!identityMethods.has(request.method)) return undefined;
      const route = hostOf(addressesOf(request, 'record-route')[0]?.uri)?.toLowerCase();
      const contact = hostOf(contactsOf(request)[0]?.uri)?.toLowerCase();
      return route === undefined || contact === undefined || route === contact
        ? undefined
        : refusals.wrongName(contact);
    },
  },
  {
    id: 'T10',
    test: ({ request, peer }) => {
      if (!identityMethods.has(request.method)) return undefined;
      const name = trunkNameOf(request);
      if (name === undefined) return refusals.noContact();
      return peer && nameCovered(name, peer) ? undefined : refusals.wrongName(name);
    },
  },
];
