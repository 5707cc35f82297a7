import { createHash } from 'node:crypto';
import { aadstsNumber, type CredentialSecret, type MicrosoftSignIn, troubleOfNumber } from '@tandem/engine';
import { clientAssertion } from '../graph/client-assertion.ts';
import { endpointFault, graphResource, type MicrosoftEndpoints } from '../graph/endpoints.ts';
import type { HttpsExchange } from '../graph/https-exchange.ts';
import { createIdTokenCheck } from './id-token.ts';

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
    authorizeUrl: ({ clientId, redirectUri, state, nonce, verifier }) =>
      `${login}/organizations/oauth2/v2.0/authorize?${new URLSearchParams({
        client_id: clientId,
        response_type: 'code',
        response_mode: 'query',
        redirect_uri: redirectUri,
        scope: signInScopes,
        state,
        nonce,
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
        prompt: 'select_account',
      })}`,

    consentUrl: ({ clientId, redirectUri, state, entraTenantId }) =>
      `${login}/${encodeURIComponent(entraTenantId)}/v2.0/adminconsent?${new URLSearchParams({
        client_id: clientId,
        redirect_uri: redirectUri,
        state,
        // Application permissions can be asked for in no other way: all that the registration lists.
        scope: `${graphResource}/.default`,
      })}`,

    async redeem({ clientId, redirectUri, code, verifier, nonce, credential }) {
      const form = new URLSearchParams({
        client_id: clientId,
        grant_type: 'authorization_code',
        code,
        redirect_uri: redirectUri,
        code_verifier: verifier,
        scope: signInScopes,
        ...proof(clientId, credential, tokenEndpoint, parts.wall()),
      });
      let answer: Awaited<ReturnType<HttpsExchange['exchange']>>;
      try {
        answer = await parts.https.exchange({
          method: 'POST',
          url: tokenEndpoint,
          headers: { 'content-type': 'application/x-www-form-urlencoded;charset=utf-8' },
          body: form.toString(),
          timeoutMs: 15_000,
        });
      } catch {
        return { ok: false, why: 'unavailable' };
      }
      const body = readJson(answer.body);
      if (answer.status === 429 || answer.status >= 500) return { ok: false, why: 'unavailable' };
      if (answer.status !== 200) {
        const numbers = Array.isArray(body.error_codes) ? body.error_codes : [];
        const number =
          numbers.find((one): one is number => typeof one === 'number') ??
          aadstsNumber(typeof body.error_description === 'string' ? body.error_description : undefined);
        const trouble = number === undefined ? undefined : troubleOfNumber(number);
        return {
          ok: false,
          why: 'refused',
          ...(number !== undefined && { number }),
          ...(trouble !== undefined && { trouble }),
        };
      }
      if (typeof body.id_token !== 'string') return { ok: false, why: 'token', detail: 'no ID token' };
      try {
        const verdict = await idTokens.verify(body.id_token, { clientId, nonce });
        return verdict.ok ? verdict : { ok: false, why: 'token', detail: verdict.why };
      } catch {
        return { ok: false, why: 'unavailable' };
      }
    },
  };
}

function proof(
  clientId: string,
  credential: CredentialSecret,
  endpoint: string,
  nowWallMs: number,
): Record<string, string> {
  if (credential.kind === 'secret') return { client_secret: credential.secret };
  return {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: clientAssertion({ clientId, ...credential })(endpoint, nowWallMs),
  };
}

function readJson(text: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
