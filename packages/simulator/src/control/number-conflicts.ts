import { makeUser, type Tenant } from '../directory/tenant.ts';
import type { conflictKinds } from './directory-schemas.ts';
import type { RouteContext } from './route.ts';

/** The eight ways in which a number can be somebody else's (features U08), made as they come about. */
export function plantConflict(
  twin: RouteContext['twin'],
  tenant: Tenant,
  number: string,
  kind: (typeof conflictKinds)[number],
): { readonly number: string; readonly kind: string; readonly holder: string } | string {
  const { directory, microsoft365, random } = twin;
  const [taken] = directory.holdersOf(tenant, number);
  if (taken) return `${number} is held by ${taken.upn}`;
  if (tenant.conferenceNumbers.includes(number)) return `${number} is a conference number`;
  if (kind === 'other-type') {
    microsoft365.numbers.stock(tenant.id, number, 'callingPlan');
    return { number, kind, holder: 'a Calling Plan number' };
  }
  if (kind === 'conference') {
    tenant.conferenceNumbers = [...tenant.conferenceNumbers, number];
    microsoft365.numbers.stock(tenant.id, number, 'directRouting');
    directory.touch();
    return { number, kind, holder: 'the audio conferencing bridge' };
  }
  const domain = [...tenant.domains.keys()][0] ?? tenant.initialDomain;
  const isResource = kind === 'resource-account';
  const user = makeUser({
    upn: `holder-${kind}-${number.slice(-4)}@${domain}`,
    objectId: random.uuid(),
    tenantId: tenant.id,
    displayName: `Holder of ${number}`,
    accountType: isResource ? 'resource-account' : 'member',
    accountEnabled: !isResource,
    licences: isResource ? ['resource-account'] : ['teams', 'teams-phone'],
    enterpriseVoice: true,
    number,
    usageLocation: tenant.country,
    onPremises: kind === 'on-premises',
    createdAt: directory.wall(),
  });
  if (tenant.users.has(user.upn)) return `${user.upn} is there already`;
  directory.add(tenant, user);
  if (kind === 'unlicensed-user') directory.change(user, { licences: ['teams'] });
  if (kind === 'disabled-user') directory.change(user, { accountEnabled: false });
  if (kind === 'deleted-user') directory.softDelete(tenant, user);
  return { number, kind, holder: user.upn };
}
