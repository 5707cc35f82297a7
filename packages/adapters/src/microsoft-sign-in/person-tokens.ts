import {
  aadstsNumber,
  type CredentialSecret,
  type PersonTokenService,
  type PersonTokens,
  SecretText,
  signInTroubleOf,
  troubleOfNumber,
} from '@tandem/engine';
import { clientAssertion } from '../graph/client-assertion.ts';
import { endpointFault, type MicrosoftEndpoints } from '../graph/endpoints.ts';
import type { HttpsExchange } from '../graph/https-exchange.ts';

export type TokenAnswer =
  | { readonly is: 'given'; readonly body: Readonly<Record<string, unknown>> }
  /** `number`: of AADSTS. `error`: as OAuth names it. */
  | { readonly is: 'refused'; readonly number?: number; readonly error?: string }
  /** No answer, a limit, or a fault of the service: says nothing. */
  | { readonly is: 'silent' };

/** One request to the token endpoint (microsoft-graph 1.2, 1.7). Never throws; nothing of it is logged. */
export async function askTokens(
  https: HttpsExchange,
  url: string,
  form: Readonly<Record<string, string>>,
): Promise<TokenAnswer> {
  let answer: Awaited<ReturnType<HttpsExchange['exchange']>>;
  try {
    answer = await https.exchange({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/x-www-form-urlencoded;charset=utf-8' },
      body: new URLSearchParams(form).toString(),
      timeoutMs: 15_000,
    });
  } catch {
    return { is: 'silent' };
  }
  if (answer.status === 429 || answer.status >= 500) return { is: 'silent' };
  const body = readJson(answer.body);
  if (answer.status === 200) return { is: 'given', body };
  const numbers = Array.isArray(body.error_codes) ? body.error_codes : [];
  const number =
    numbers.find((one): one is number => typeof one === 'number') ??
    aadstsNumber(typeof body.error_description === 'string' ? body.error_description : undefined);
  return {
    is: 'refused',
    ...(number !== undefined && { number }),
    ...(typeof body.error === 'string' && { error: body.error }),
  };
}

/** Proves which app asks. */
export function credentialForm(
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

/** Undefined: there is no token in it. */
export function readTokens(body: Readonly<Record<string, unknown>>): PersonTokens | undefined {
  const { access_token: access, refresh_token: refresh, expires_in: expires, scope } = body;
  if (typeof access !== 'string' || access === '') return undefined;
  const seconds = Number(expires);
  return {
    accessToken: new SecretText(access),
    expiresInSeconds: Number.isFinite(seconds) && seconds > 0 ? seconds : 0,
    ...(typeof refresh === 'string' && refresh !== '' && { refreshToken: new SecretText(refresh) }),
    scopes: typeof scope === 'string' ? scope.split(' ').filter(Boolean) : [],
  };
}

const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Renews sign-ins of people by their refresh tokens, each in its own tenant, never by `organizations` (T18, T20). */
export function createPersonTokenService(parts: {
  readonly endpoints: MicrosoftEndpoints;
  readonly twinMode: boolean;
  readonly https: HttpsExchange;
  readonly wall: () => number;
}): PersonTokenService {
  const fault = endpointFault(parts.endpoints, parts.twinMode);
  if (fault !== undefined) throw new Error(fault);
  const login = new URL(parts.endpoints.login).origin;
  return {
    async refresh({ clientId, entraTenantId, refreshToken, scopes, credential }) {
      if (!guid.test(entraTenantId)) return { is: 'ours', detail: 'a tenant that is no GUID' };
      const endpoint = `${login}/${entraTenantId}/oauth2/v2.0/token`;
      const answer = await askTokens(parts.https, endpoint, {
        client_id: clientId,
        grant_type: 'refresh_token',
        refresh_token: refreshToken.reveal(),
        // Without `offline_access` no new refresh token would come.
        scope: ['openid', 'profile', 'offline_access', ...scopes].join(' '),
        ...credentialForm(clientId, credential, endpoint, parts.wall()),
      });
      if (answer.is === 'silent') return { is: 'later' };
      if (answer.is === 'given') {
        const tokens = readTokens(answer.body);
        return tokens ? { is: 'tokens', tokens } : { is: 'ours', detail: 'an answer without a token' };
      }
      const { number, error } = answer;
      const trouble = number === undefined ? undefined : signInTroubleOf(number);
      if (trouble) return { is: 'refused', trouble };
      const ours = number === undefined ? undefined : troubleOfNumber(number);
      if (ours?.startsWith('credential-') || error === 'invalid_client')
        return {
          is: 'ours',
          detail: `${error ?? 'refused'}${number === undefined ? '' : ` AADSTS${number}`}`,
        };
      // By its name alone: whatever the number, only a new sign-in cures it.
      if (error === 'invalid_grant' || error === 'interaction_required' || error === 'login_required')
        return { is: 'refused', trouble: 'sign-in-refused' };
      if (error === 'consent_required') return { is: 'refused', trouble: 'consent-withdrawn' };
      return { is: 'ours', detail: `${error ?? 'refused'}${number === undefined ? '' : ` AADSTS${number}`}` };
    },
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
