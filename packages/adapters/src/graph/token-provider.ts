/** App-only tokens for Graph, one per Entra tenant. */
export interface TokenProvider {
  /** `refresh`: not from the cache; consent or the token's claims may have changed. Throws GraphError `sign-in-…`. */
  token(
    entraTenantId: string,
    options?: { readonly refresh?: boolean; readonly claims?: string },
  ): Promise<string>;
}

/**
 * The application permissions in a token, for diagnostics and for not asking in vain. Graph's tokens are opaque to us
 * (microsoft-graph 1.5): undefined when it cannot be read, and then Graph decides. An app without any permission gets a
 * token without `roles`: an empty list. A token of a person who signed in speaks of scopes, not of roles: undefined.
 */
export function rolesOf(token: string): readonly string[] | undefined {
  const payload = token.split('.')[1];
  if (payload === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    if (typeof claims !== 'object' || claims === null) return undefined;
    const { roles, scp } = claims as { roles?: unknown; scp?: unknown };
    if (roles === undefined) return scp === undefined ? [] : undefined;
    return Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : undefined;
  } catch {
    return undefined;
  }
}
