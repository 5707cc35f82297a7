import type { TwinRandom } from '../random.ts';
import type { AppCatalogue } from './app-catalogue.ts';
import type { EntraCheck } from './check-table.ts';
import type { Consents } from './consents.ts';
import type { EntraFailure } from './entra-error.ts';
import type { People } from './people.ts';
import type { SignIns } from './sign-ins.ts';
import type { SigningKeys } from './signing-keys.ts';

/** Everything that sign-in looks at. */
export interface EntraWorld {
  readonly apps: AppCatalogue;
  readonly consents: Consents;
  readonly people: People;
  readonly signIns: SignIns;
  /** Tenant id behind a path segment: the id itself or a verified domain. */
  findTenant(segment: string): string | undefined;
  /** Wall ms of the twin: what tokens say. */
  now(): number;
  /** Wall ms of the machine: what assertions of clients are judged by. */
  realNow(): number;
  readonly random: TwinRandom;
  readonly keys: SigningKeys;
  /** Tenants that live in another national cloud, and those that demand a second factor (A19, A20). */
  readonly elsewhere: ReadonlySet<string>;
  readonly secondFactor: ReadonlySet<string>;
}

/** A failed request and the check that it failed. */
export interface Refusal {
  readonly check: EntraCheck;
  readonly failure: EntraFailure;
}

const manyTenants = new Set(['common', 'consumers', 'organizations']);
export const isManyTenants = (segment: string): boolean => manyTenants.has(segment.toLowerCase());
