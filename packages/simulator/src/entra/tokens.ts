import { createHash } from 'node:crypto';
import { rehearsalWorld } from '../world/rehearsal-world.ts';
import type { AppRegistration, ServicePrincipal } from './app-registration.ts';
import { widsOf } from './directory-roles.ts';
import type { IdTokenFault } from './entra-settings.ts';
import type { EntraWorld } from './entra-world.ts';
import type { JwtPart } from './jwt.ts';
import type { Person } from './people.ts';
import { graphResources } from './permissions.ts';
import type { SignedIn } from './sign-ins.ts';

/** The tokens themselves: claims as clients and Graph read them (graph 1.5). */

export interface IssuedToken {
  readonly token: string;
  /** Seconds. */
  readonly lifetime: number;
}

/** How the client proved itself, as `appidacr` and `azpacr` say it. */
const proofClaim = { nothing: '0', secret: '1', certificate: '2' } as const;
export type ProofKind = keyof typeof proofClaim;

export function appToken(
  world: EntraWorld,
  app: AppRegistration,
  principal: ServicePrincipal,
  tenantId: string,
  by: ProofKind,
): IssuedToken {
  return accessToken(world, app, tenantId, by, {
    idtyp: 'app',
    oid: principal.objectId,
    sub: principal.objectId,
    // No permission, no claim: the token is issued all the same, Graph will say 403 (A13).
    ...(principal.roles.length > 0 ? { roles: [...principal.roles] } : {}),
    wids: ['0997a1d0-0d1d-4acb-b408-d5ca73121e90'],
  });
}

export function personToken(
  world: EntraWorld,
  app: AppRegistration,
  person: Person,
  who: SignedIn,
  scopes: readonly string[],
  by: ProofKind,
): IssuedToken {
  return accessToken(world, app, person.tenantId, by, {
    idtyp: 'user',
    acct: person.guest ? 1 : 0,
    amr: who.secondFactor ? ['pwd', 'mfa'] : ['pwd'],
    name: person.displayName,
    oid: person.objectId,
    scp: scopes.filter((scope) => scope !== 'offline_access').join(' '),
    sub: pairwise(person, graphResources[1]),
    unique_name: person.upn,
    upn: person.upn,
    wids: widsOf(person.roles, person.guest),
  });
}

function accessToken(
  world: EntraWorld,
  app: AppRegistration,
  tenantId: string,
  by: ProofKind,
  claims: Readonly<Record<string, unknown>>,
): IssuedToken {
  // 60 to 90 minutes, never the same (A14).
  const lifetime = 3600 + Math.floor(world.random.fraction() * 1800);
  const iat = Math.floor(world.now() / 1000);
  const token = world.keys.sign({
    aud: graphResources[0],
    iss: `https://sts.windows.net/${tenantId}/`,
    iat,
    nbf: iat,
    exp: iat + lifetime,
    appid: app.clientId,
    app_displayname: app.displayName,
    appidacr: proofClaim[by],
    tid: tenantId,
    uti: world.random.bytes(16).toString('base64url'),
    ver: '1.0',
    ...claims,
  });
  return { token, lifetime };
}

/** v2, for the client itself; `issuer` without the tenant: `https://host`. */
export function idToken(
  world: EntraWorld,
  app: AppRegistration,
  person: Person,
  origin: string,
  nonce: string | undefined,
): string {
  const iat = Math.floor(world.now() / 1000);
  const right: JwtPart = {
    aud: app.clientId,
    iss: `${origin}/${person.tenantId}/v2.0`,
    iat,
    nbf: iat,
    exp: iat + 3600,
    name: person.displayName,
    ...(nonce === undefined ? {} : { nonce }),
    oid: person.objectId,
    preferred_username: person.upn,
    rh: `1.A${world.random.bytes(24).toString('base64url')}.`,
    sub: pairwise(person, app.clientId),
    tid: person.tenantId,
    uti: world.random.bytes(16).toString('base64url'),
    ver: '2.0',
    ...(app.rolesInIdToken ? { wids: widsOf(person.roles, person.guest) } : {}),
  };
  const fault = world.consents.settings.spoilIdToken;
  const token = world.keys.sign({ ...right, ...spoilt(fault, origin, iat) });
  if (fault === 'signature') return `${token.slice(0, -8)}AAAAAAAA`;
  if (fault !== 'algorithm-none') return token;
  const header = Buffer.from(JSON.stringify({ typ: 'JWT', alg: 'none' })).toString('base64url');
  return `${header}.${token.split('.')[1]}.`;
}

/** Somebody else's tenant, which exists. */
const stranger = rehearsalWorld.carrierTenantId;

/** What a client has to refuse. */
function spoilt(fault: IdTokenFault, origin: string, iat: number): JwtPart {
  switch (fault) {
    case 'audience':
      return { aud: '00000000-0000-4000-8000-00000000beef' };
    case 'issuer':
      return { iss: `${origin}/${stranger}/v2.0` };
    case 'tenant':
      return { tid: stranger };
    case 'nonce':
      return { nonce: 'of another sign-in' };
    case 'expired':
      return { iat: iat - 7_200, nbf: iat - 7_200, exp: iat - 3_600 };
    case 'not-yet':
      return { nbf: iat + 3_600, exp: iat + 7_200 };
    default:
      return {};
  }
}

/** What MSAL makes account ids from (A18). */
export const clientInfo = ({ objectId, tenantId }: Person): string =>
  Buffer.from(JSON.stringify({ uid: objectId, utid: tenantId })).toString('base64url');

/** The same person has another `sub` at every app. */
const pairwise = ({ objectId, tenantId }: Person, audience: string): string =>
  createHash('sha256').update(`${tenantId}/${objectId}/${audience}`).digest('base64url');
