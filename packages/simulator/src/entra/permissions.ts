import { permissionIds } from '../graph/subset.ts';

/** Graph's permissions by name, and how scopes of a request name them (graph 1.2, 1.4, 5.7). */

export interface PermissionSet {
  /** App roles: what the app may do on its own. */
  readonly application: readonly string[];
  /** Scopes: what it may do for somebody who is signed in. */
  readonly delegated: readonly string[];
}

export const graphResources = [
  'https://graph.microsoft.com',
  '00000003-0000-0000-c000-000000000000',
] as const;

/** Scopes of OpenID Connect: of no resource, in no catalogue of Graph. */
export const openIdScopes = ['openid', 'profile', 'email', 'offline_access'] as const;
const openId: ReadonlySet<string> = new Set(openIdScopes);
export const isOpenIdScope = (scope: string): boolean => openId.has(scope);

export const isApplicationPermission = (name: string): boolean =>
  permissionIds[name]?.appRoleId !== undefined;
export const isDelegatedPermission = (name: string): boolean =>
  isOpenIdScope(name) || permissionIds[name]?.delegatedScopeId !== undefined;

/** Whether a plain user can never consent to a delegated permission, whatever the tenant's policy says. */
export const needsAdministrator = (name: string): boolean =>
  permissionIds[name]?.adminConsent?.delegated ?? false;

export const union = (...lists: readonly (readonly string[])[]): string[] => [...new Set(lists.flat())];

export interface AskedScopes {
  /** As asked, without the resource: `openid`, `User.Read`. */
  readonly names: readonly string[];
  /** `https://graph.microsoft.com/.default`: everything that the registration lists. */
  readonly everything: boolean;
}

export type ScopeFault =
  | { readonly kind: 'empty' }
  | { readonly kind: 'several-resources' }
  | { readonly kind: 'unknown-resource'; readonly resource: string }
  | { readonly kind: 'unknown-scope'; readonly scope: string };

/** The scopes of a sign-in or of a token for somebody: one resource, Graph, in short or in long form. */
export function readScopes(text: string | null): AskedScopes | ScopeFault {
  const asked = (text ?? '').split(' ').filter((scope) => scope !== '');
  if (asked.length === 0) return { kind: 'empty' };
  const names: string[] = [];
  const others = new Set<string>();
  let everything = false;
  let graph = false;
  for (const scope of asked) {
    const at = /^(?:https?|api):\/\//i.test(scope) ? scope.lastIndexOf('/') : scope.indexOf('/');
    const resource = at < 0 ? undefined : scope.slice(0, at).replace(/\/$/, '');
    const name = at < 0 ? scope : scope.slice(at + 1);
    if (resource !== undefined && !isGraph(resource)) {
      others.add(resource);
      continue;
    }
    if (name === '.default') everything = true;
    else names.push(name);
    graph ||= !isOpenIdScope(name);
  }
  if (others.size > 1 || (others.size > 0 && graph)) return { kind: 'several-resources' };
  for (const resource of others) return { kind: 'unknown-resource', resource };
  const unknown = names.find((name) => !isDelegatedPermission(name));
  return unknown === undefined
    ? { names: union(names), everything }
    : { kind: 'unknown-scope', scope: unknown };
}

export const isGraph = (resource: string): boolean =>
  (graphResources as readonly string[]).includes(resource.toLowerCase());
