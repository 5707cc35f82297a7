import type { CheckRow } from '../sip-proxy/check-table.ts';

/** What sign-in verifies: microsoft-graph 9.1, one row per check. Its tests stand in `entra-checks.test.ts`, one per row. */
export const entraCheckTable = {
  A1: { tag: 'T', on: 'connection', wants: 'https', else: 'connection refused' },
  A2: { tag: 'D', on: 'any request', wants: 'a tenant that exists', else: '400 invalid_request, 90002' },
  A3: {
    tag: 'D',
    on: 'token, authorize',
    wants: 'an app that is registered and has a service principal in the tenant',
    else: '400 unauthorized_client, 700016',
  },
  A4: { tag: 'D', on: 'token, authorize', wants: 'an app that the tenant has not disabled', else: '7000112' },
  A5: {
    tag: 'D',
    on: 'client credentials',
    wants: 'one tenant, not common, consumers or organizations',
    else: '400, 9001023',
  },
  A6: {
    tag: 'D',
    on: 'client credentials',
    wants: 'one resource with /.default as scope',
    else: '400, 70011, 28002, 900144 or 1002012',
  },
  A7: { tag: 'D', on: 'token, authorize', wants: 'a known resource', else: '400 invalid_resource, 500011' },
  A8: {
    tag: 'D',
    on: 'token',
    wants: 'a secret that is right and not expired',
    else: '401, 7000215, 7000222 or 7000218',
  },
  A9: {
    tag: 'D',
    on: 'token',
    wants:
      "an assertion by a registered certificate, for this tenant's token endpoint, in its time (used once, where `assertionsOnce` is set)",
    else: '401, 700027, 50012 or 700024',
  },
  A10: {
    tag: 'D',
    on: 'authorize, token',
    wants: 'a registered redirect URI, the same on both legs',
    else: 'a page and no redirect, 50011; 400, 500112',
  },
  A11: {
    tag: 'D',
    on: 'token',
    wants:
      'a code that is unused, younger than 10 minutes, of this client, with the verifier of its challenge',
    else: '400 invalid_grant, 54005, 70008, 70000, 501481',
  },
  A12: {
    tag: 'D',
    on: 'token',
    wants: 'a refresh token used within 90 days, and no password reset since',
    else: '400 invalid_grant, 700082, 50173',
  },
  A13: {
    tag: 'D',
    on: 'client credentials',
    wants: 'nothing: without a permission the token has no roles',
    else: '200',
  },
  A14: {
    tag: 'D',
    on: 'token',
    wants: "nothing: tokens last 60 to 90 minutes of Microsoft's clock, never the same",
    else: '200',
  },
  A15: {
    tag: 'D',
    on: 'admin consent',
    wants: 'a yes; roles follow after a delay that can be set',
    else: 'a redirect with error 65004, state, and in the v2.0 form admin_consent=True all the same',
  },
  A16: {
    tag: 'D',
    on: 'admin consent, authorize',
    wants: 'somebody whose directory role allows the consent',
    else: 'a page, 90094',
  },
  A17: {
    tag: 'D',
    on: 'discovery, keys',
    wants: 'clients that read keys again when they roll',
    else: 'tokens of withdrawn keys are refused',
  },
  A18: { tag: 'T', on: 'token', wants: 'client_info=1 from who wants it', else: 'none in the answer' },
  A19: {
    tag: 'D',
    on: 'token, authorize',
    wants: 'a second factor where the tenant demands one',
    else: '400 interaction_required, 50076 with suberror and claims',
  },
  A20: {
    tag: 'D',
    on: 'token, authorize',
    wants: 'a tenant of this cloud',
    else: '400 invalid_request, 90038',
  },
} as const satisfies Record<string, CheckRow>;
export type EntraCheck = keyof typeof entraCheckTable;
