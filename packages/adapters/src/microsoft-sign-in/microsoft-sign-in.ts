import { createHash } from 'node:crypto';
import { type MicrosoftSignIn, troubleOfNumber } from '@tandem/engine';
import { endpointFault, graphResource, type MicrosoftEndpoints } from '../graph/endpoints.ts';
import type { HttpsExchange } from '../graph/https-exchange.ts';
import { createIdTokenCheck } from './id-token.ts';
import { askTokens, credentialForm, readTokens } from './person-tokens.ts';

/** What a sign-in asks for: to know who it is, nothing else (microsoft-graph 5.7). */
const signInScopes = 'openid profile email offline_access User.Read';

/** The twin has a clock of its own, which rehearsals move: over the end of a secret, for example. */
const twinAllowanceSeconds = 3 * 366 * 86_400;

/** Sign-in by code and PKCE, and the way to the approval for a tenant (microsoft-graph 1.2, 1.3). */
export function createMicrosoftSignIn(parts: {
  readonly endpoints: MicrosoftEndpoints;
  readonly twinMode: boolean;
  readonly https: HttpsExchange;
  readonly wall: () => number;
}): MicrosoftSignIn {
  const fault = endpointFault(parts.endpoints, parts.twinMode);
  if (fault !== undefined) throw new Error(fault);
  const login = new URL(parts.endpoints.login).origin;
  const idTokens = createIdTokenCheck({
    login,
    https: parts.https,
    wall: parts.wall,
    ...(parts.twinMode && { allowanceSeconds: twinAllowanceSeconds }),
  });
  // `organizations` until somebody signed in; from then on the tenant's own GUID, never a shortcut (T18).
  const tokenEndpoint = `${login}/organizations/oauth2/v2.0/token`;

  return {
    authorizeUrl: ({ clientId, redirectUri, state, nonce, verifier, scopes, loginHint }) =>
      `${login}/organizations/oauth2/v2.0/authorize?${new URLSearchParams({
        client_id: clientId,
        response_type: 'code',
        response_mode: 'query',
        redirect_uri: redirectUri,
        scope: scopes?.join(' ') ?? signInScopes,
        state,
        nonce,
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
        prompt: 'select_account',
        ...(loginHint !== undefined && { login_hint: loginHint }),
      })}`,

    consentUrl: ({ clientId, redirectUri, state, entraTenantId }) =>
      `${login}/${encodeURIComponent(entraTenantId)}/v2.0/adminconsent?${new URLSearchParams({
        client_id: clientId,
        redirect_uri: redirectUri,
        state,
        // Application permissions can be asked for in no other way: all that the registration lists.
        scope: `${graphResource}/.default`,
      })}`,

    async redeem({ clientId, redirectUri, code, verifier, nonce, credential, scopes }) {
      const answer = await askTokens(parts.https, tokenEndpoint, {
        client_id: clientId,
        grant_type: 'authorization_code',
        code,
        redirect_uri: redirectUri,
        code_verifier: verifier,
        scope: scopes?.join(' ') ?? signInScopes,
        ...credentialForm(clientId, credential, tokenEndpoint, parts.wall()),
      });
      if (answer.is === 'silent') return { ok: false, why: 'unavailable' };
      if (answer.is === 'refused') {
        const { number } = answer;
        const trouble = number === undefined ? undefined : troubleOfNumber(number);
        return {
          ok: false,
          why: 'refused',
          ...(number !== undefined && { number }),
          ...(trouble !== undefined && { trouble }),
        };
      }
      const { body } = answer;
      if (typeof body.id_token !== 'string') return { ok: false, why: 'token', detail: 'no ID token' };
      try {
        const verdict = await idTokens.verify(body.id_token, { clientId, nonce });
        // The token came this moment: that it is not valid now is a matter of clocks.
        if (!verdict.ok)
          return {
            ok: false,
            why: 'token',
            detail: verdict.why,
            ...(verdict.times && { trouble: 'clock-differs' }),
          };
        const tokens = scopes && readTokens(body);
        return { ...verdict, ...(tokens && { tokens }) };
      } catch {
        return { ok: false, why: 'unavailable' };
      }
    },
  };
}
