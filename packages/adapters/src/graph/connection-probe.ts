import { type Proof, type TenantName, type Trouble, troubleOfNumber } from '@tandem/engine';
import type { GraphClient } from './graph-client.ts';
import { GraphError } from './graph-error.ts';
import { type OperationName, operations } from './operations.ts';
import { rolesOf, type TokenProvider } from './token-provider.ts';

/** A fresh app-only token, past the cache, and what it says (microsoft-graph 1.3, 1.4). */
export async function proveBy(tokens: TokenProvider, entraTenantId: string): Promise<Proof> {
  try {
    const roles = rolesOf(await tokens.token(entraTenantId, { refresh: true }));
    return roles === undefined ? { is: 'silent' } : { is: 'roles', roles };
  } catch (error) {
    return proofOfRefusal(error);
  }
}

/** What a token that was not given says. Silence, limits and faults of the service say nothing. */
export function proofOfRefusal(error: unknown): Proof {
  if (!(error instanceof GraphError) || error.code === 'sign-in-unavailable') return { is: 'silent' };
  const byCode: Partial<Record<GraphError['code'], Trouble>> = {
    'sign-in-tenant-disconnected': 'app-removed',
    'sign-in-credential-refused': 'credential-refused',
    'sign-in-clock-differs': 'clock-differs',
    'sign-in-refused': 'sign-in-refused',
  };
  const trouble = troubleOfNumber(Number(error.theirCode)) ?? byCode[error.code];
  return trouble === undefined ? { is: 'silent' } : { is: 'refused', trouble };
}

/** Name and verified domains of the tenant. Undefined: not read now. */
export async function readTenantName(graph: GraphClient): Promise<TenantName | undefined> {
  try {
    const { body } = await graph.call('organization', {
      query: { $select: 'id,displayName,verifiedDomains,countryLetterCode' },
      patienceMs: 0,
    });
    const [one] = (body as { value?: unknown[] } | undefined)?.value ?? [];
    if (typeof one !== 'object' || one === null) return undefined;
    const { id, displayName, verifiedDomains, countryLetterCode } = one as Record<string, unknown>;
    // Ids are checked to belong to whom we asked about (T20).
    if (typeof id !== 'string' || id.toLowerCase() !== graph.entraTenantId.toLowerCase()) return undefined;
    const domains = (Array.isArray(verifiedDomains) ? verifiedDomains : []).flatMap((domain: unknown) => {
      const name = (domain as { name?: unknown } | null)?.name;
      return typeof name === 'string' ? [name.toLowerCase()] : [];
    });
    return {
      domains,
      ...(typeof displayName === 'string' && displayName !== '' && { name: displayName.slice(0, 256) }),
      ...(typeof countryLetterCode === 'string' && { country: countryLetterCode }),
    };
  } catch {
    return undefined;
  }
}

/** Which of the granted permissions let an operation through. */
export function roleUsed(operation: OperationName | '$batch', roles: readonly string[]): string | undefined {
  if (operation === '$batch') return undefined;
  return operations[operation].permissions.find((role) => roles.includes(role));
}
