import type { Directory } from '../directory/directory.ts';
import { makeUser, type Tenant } from '../directory/tenant.ts';
import type { LicenceName } from './rehearsal-world.ts';

/** Many people who are alike: benches and paging need more than a dozen. */
export interface Crowd {
  readonly count: number;
  /** Addresses are PREFIX1@domain, PREFIX2@domain …; people who are there already stay. */
  readonly prefix?: string;
  readonly licences?: readonly LicenceName[];
  /** The first has this number, the next the one after it …; absent: nobody has one. */
  readonly numbersFrom?: string;
  /** Groups that name each of them. */
  readonly groups?: readonly string[];
  readonly department?: string;
}

const names = ['Ames', 'Boyd', 'Cobb', 'Dyer', 'Eddy', 'Finn', 'Gray', 'Hale', 'Ives', 'Jett'];

/** Adds the crowd and buys the seats it needs. Gives the UPNs of those who are new. */
export function makeCrowd(
  directory: Directory,
  tenant: Tenant,
  makeId: () => string,
  crowd: Crowd,
): readonly string[] {
  const { count, prefix = 'person', licences = ['teams', 'teams-phone'], numbersFrom, groups = [] } = crowd;
  const domain = [...tenant.domains.keys()][0] ?? tenant.initialDomain;
  const first = numbersFrom === undefined ? undefined : BigInt(numbersFrom.slice(1));
  const added: string[] = [];
  for (let index = 1; index <= count; index++) {
    const upn = `${prefix}${index}@${domain}`;
    if (tenant.users.has(upn)) continue;
    const number = first === undefined ? undefined : `+${first + BigInt(index - 1)}`;
    added.push(upn);
    directory.add(
      tenant,
      makeUser({
        upn,
        objectId: makeId(),
        tenantId: tenant.id,
        displayName: `${prefix[0]?.toUpperCase()}${prefix.slice(1)} ${names[index % names.length]} ${index}`,
        licences,
        enterpriseVoice: number !== undefined,
        number,
        groups,
        mail: upn,
        usageLocation: tenant.country,
        department: crowd.department ?? null,
        createdAt: directory.wall(),
      }),
    );
  }
  for (const licence of licences) {
    const seats = tenant.seats.get(licence) ?? { enabled: 0, warning: 0, suspended: 0, lockedOut: 0 };
    seats.enabled += added.length;
    tenant.seats.set(licence, seats);
  }
  return added;
}
