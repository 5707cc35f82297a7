import { type JWTVerifyGetKey, jwtVerify } from 'jose';

/** Microsoft's change tracking service. */
export const changeTrackingAppId = '0bf30f3b-4a52-48df-9a82-234910c4a086';

export interface TokenCheckParts {
  /** The keys of Microsoft's sign-in service, v1 and v2 alike. */
  readonly keys: JWTVerifyGetKey;
  readonly clientId: string;
  /** The login host that issues v2 tokens: `https://login.microsoftonline.com`. */
  readonly login: string;
  readonly wall: () => number;
}

/** Who sends content puts at most a few tenants into one POST. */
const mostTokens = 50;
const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Whether Microsoft sent a POST with content (microsoft-graph 3.6): every token is good, and every tenant of an item has one.
 * One that is not spoils the whole POST. Undefined: it is; else what is wrong, never the token.
 */
export async function tokenFault(
  tokens: unknown,
  tenantIds: Iterable<string>,
  parts: TokenCheckParts,
): Promise<string | undefined> {
  if (!Array.isArray(tokens) || tokens.length === 0) return 'no validation tokens';
  if (tokens.length > mostTokens) return 'too many validation tokens';
  const covered = new Set<string>();
  for (const token of tokens) {
    if (typeof token !== 'string') return 'a validation token that is no text';
    try {
      const { payload } = await jwtVerify(token, parts.keys, {
        algorithms: ['RS256'],
        audience: parts.clientId,
        clockTolerance: 60,
        currentDate: new Date(parts.wall()),
        requiredClaims: ['iss', 'tid', 'exp', 'ver'],
      });
      const { ver, tid, iss } = payload as Record<string, unknown>;
      if (typeof tid !== 'string' || !guid.test(tid)) return 'a validation token of no tenant';
      const first = ver === '1.0';
      const issuer = first ? `https://sts.windows.net/${tid}/` : `${new URL(parts.login).origin}/${tid}/v2.0`;
      if ((!first && ver !== '2.0') || iss !== issuer) return 'a validation token of another issuer';
      if (payload[first ? 'appid' : 'azp'] !== changeTrackingAppId)
        return 'a validation token of another caller';
      covered.add(tid);
    } catch (error) {
      return `a validation token is refused: ${(error as { code?: string }).code ?? 'unreadable'}`;
    }
  }
  for (const tenantId of tenantIds)
    if (!covered.has(tenantId.toLowerCase())) return 'a tenant without a validation token';
  return undefined;
}
