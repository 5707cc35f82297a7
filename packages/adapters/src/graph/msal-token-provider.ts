import {
  ConfidentialClientApplication,
  type INetworkModule,
  type NetworkResponse,
  ServerError,
} from '@azure/msal-node';
import type { CredentialSecret } from '@tandem/engine';
import { clientAssertion } from './client-assertion.ts';
import { endpointFault, graphResource, type MicrosoftEndpoints } from './endpoints.ts';
import { GraphError, type GraphErrorCode } from './graph-error.ts';
import type { HttpsExchange } from './https-exchange.ts';
import type { TokenProvider } from './token-provider.ts';

export interface MsalOptions {
  readonly endpoints: MicrosoftEndpoints;
  readonly twinMode: boolean;
  readonly clientId: string;
  /** A certificate (PEM) is registered with the app; only its fingerprint is sent. */
  readonly credential: CredentialSecret;
  /** Carries the private authority of the twin. */
  readonly https: HttpsExchange;
}

const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Client credentials by certificate (PS256 and `x5t#S256`) or by secret (microsoft-graph 1.4). The tenant comes from the account's
 * binding and is always its GUID, never `common`; MSAL keeps a cache per tenant (T20).
 */
export function msalTokenProvider(options: MsalOptions): TokenProvider {
  const fault = endpointFault(options.endpoints, options.twinMode);
  if (fault !== undefined) throw new Error(fault);
  const login = new URL(options.endpoints.login);
  const { clientId, credential } = options;
  const unknownTenants = new Map<string, DiscoveryRefusal>();
  const client = new ConfidentialClientApplication({
    auth: {
      clientId,
      authority: `${login.origin}/organizations`,
      // Also keeps MSAL from asking Microsoft's instance discovery about a host that is not Microsoft's.
      knownAuthorities: [login.host],
      ...proofOf(clientId, credential, login.origin),
    },
    system: {
      networkClient: networkModule(options.https, (url, refusal) => {
        const tenant = new URL(url).pathname.split('/')[1]?.toLowerCase();
        if (tenant !== undefined) unknownTenants.set(tenant, refusal);
      }),
    },
  });
  const acquire = async (entraTenantId: string, refresh: boolean, claims: string | undefined) => {
    try {
      const result = await client.acquireTokenByClientCredential({
        scopes: [`${graphResource}/.default`],
        authority: `${login.origin}/${entraTenantId}`,
        skipCache: refresh,
        ...(claims !== undefined && { claims }),
      });
      if (!result) throw new Error('no token in the answer');
      return result.accessToken;
    } catch (error) {
      throw signInError(error, entraTenantId, unknownTenants.get(entraTenantId.toLowerCase()));
    } finally {
      unknownTenants.delete(entraTenantId.toLowerCase());
    }
  };
  /** Several requests that need a token at the same moment get the same one. */
  const asked = new Map<string, Promise<string>>();
  return {
    async token(entraTenantId, { refresh = false, claims } = {}) {
      if (!guid.test(entraTenantId)) throw new Error('an Entra tenant is named by its GUID');
      const key = `${entraTenantId} ${refresh} ${claims ?? ''}`;
      const running =
        asked.get(key) ?? acquire(entraTenantId, refresh, claims).finally(() => asked.delete(key));
      asked.set(key, running);
      return await running;
    },
  };
}

function proofOf(clientId: string, credential: CredentialSecret, origin: string) {
  if (credential.kind === 'secret') return { clientSecret: credential.secret };
  const prove = clientAssertion({ clientId, ...credential });
  return {
    clientAssertion: async ({ tokenEndpoint }: { tokenEndpoint?: string }) =>
      prove(tokenEndpoint ?? `${origin}/organizations/oauth2/v2.0/token`, Date.now()),
  };
}

/** Why Microsoft shows nothing of a tenant. */
interface DiscoveryRefusal {
  readonly status: number;
  readonly number: number;
}

/** The number of a refusal in the body; undefined: it says nothing. */
function refusalNumber(body: unknown): number | undefined {
  const { error_codes: codes, error_description: text } = (body ?? {}) as {
    error_codes?: unknown;
    error_description?: unknown;
  };
  const [first] = Array.isArray(codes) ? (codes as unknown[]) : [];
  const number = typeof first === 'number' ? first : Number(/\bAADSTS(\d{4,8})\b/.exec(String(text))?.[1]);
  return Number.isInteger(number) ? number : undefined;
}

/**
 * MSAL's requests over our own connections. MSAL forgets why a tenant's own document was refused and speaks of an endpoint
 * that cannot be found, so that a tenant that does not exist would look like silence: `onRefused` hears it.
 */
function networkModule(
  https: HttpsExchange,
  onRefused: (url: string, refusal: DiscoveryRefusal) => void,
): INetworkModule {
  const send = async <T>(
    method: string,
    url: string,
    options: { headers?: Record<string, string>; body?: string } | undefined,
    timeoutMs: number,
  ): Promise<NetworkResponse<T>> => {
    const answer = await https.exchange({
      method,
      url,
      timeoutMs,
      ...(options?.headers && { headers: options.headers }),
      ...(options?.body !== undefined && { body: options.body }),
    });
    const body = JSON.parse(answer.body) as T;
    const number = method === 'GET' && answer.status < 500 ? refusalNumber(body) : undefined;
    if (number !== undefined && answer.status >= 400) onRefused(url, { status: answer.status, number });
    return { status: answer.status, headers: { ...answer.headers }, body };
  };
  return {
    sendGetRequestAsync: (url, options, timeoutMs) => send('GET', url, options, timeoutMs ?? 15_000),
    sendPostRequestAsync: (url, options) => send('POST', url, options, 15_000),
  };
}

/** microsoft-graph 1.7: by number, never by text. */
const meanings: readonly (readonly [GraphErrorCode, readonly number[]])[] = [
  ['sign-in-tenant-disconnected', [700016, 7000112, 70001, 90002, 500011, 50001]],
  ['sign-in-credential-refused', [7000215, 7000222, 7000218, 700027, 50012, 700025]],
  ['sign-in-clock-differs', [700024]],
  ['sign-in-unavailable', [90033, 90024, 90055]],
];

const sentences: Partial<Record<GraphErrorCode, string>> = {
  'sign-in-tenant-disconnected':
    'Microsoft does not know our app in this tenant: an admin must give consent (again)',
  'sign-in-credential-refused': 'Microsoft refuses the certificate of our app: register the present one',
  'sign-in-clock-differs': "this server's clock and Microsoft's differ by more than five minutes",
  'sign-in-unavailable': 'the sign-in service does not answer',
  'sign-in-refused': 'the sign-in service refuses our app',
};

/** The number stands in `error_codes`, or in the description alone. */
function withNumber({ errorNo, errorCode, errorMessage, status }: ServerError) {
  const number = errorNo ?? refusalNumber({ error_description: errorMessage })?.toString();
  return { errorNo: number, errorCode, status };
}

function signInError(
  error: unknown,
  entraTenantId: string,
  discovery: DiscoveryRefusal | undefined,
): GraphError {
  const server = discovery
    ? { errorNo: String(discovery.number), errorCode: '', status: discovery.status }
    : error instanceof ServerError
      ? withNumber(error)
      : undefined;
  const number = Number(server?.errorNo);
  const known = meanings.find(([, numbers]) => numbers.includes(number))?.[0];
  // A limit or a fault of the service says nothing about our app. MSAL repeats such an answer for a while by itself, and
  // then without its status.
  const busy = server?.status === undefined || server.status === 429 || server.status >= 500;
  const code = known ?? (server && !busy ? 'sign-in-refused' : 'sign-in-unavailable');
  return new GraphError(code, `${sentences[code]} (tenant ${entraTenantId})`, {
    ...(server && { theirCode: String(server.errorNo ?? server.errorCode) }),
    ...(server?.status !== undefined && { status: server.status }),
    cause: error,
  });
}
