import {
  asAccountId,
  asPersonId,
  type E164,
  type Link,
  newLink,
  type ReadinessCode,
  readinessChecks,
  reportOf,
} from '@tandem/domain';
import type { AccountPolicy } from './decide-events.ts';
import type {
  EffectivePolicies,
  MicrosoftFacts,
  MicrosoftUser,
  NumberFacts,
  OwnFacts,
  OwnPerson,
} from './facts.ts';
import type { WantedPolicies } from './settings.ts';

/** For tests: Dana, with everything in order at `at`. */
export const at = 1_000_000_000_000;
export const number = '+12025550142' as E164;
export const objectId = 'dadadada-0000-4000-8000-000000000142';
export const noGrace: AccountPolicy = { graceSeconds: 0, mode: 'automatic', standby: false };

export const link = (change: Partial<Link> = {}): Link => ({
  ...newLink(asAccountId('acme'), asPersonId('dana'), at),
  ...change,
});
export const readyLink = (change: Partial<Link> = {}): Link =>
  link({ state: 'READY', assignedNumber: number, objectId, acceptedWallMs: at - 1000, ...change });

export function ownFacts(
  person: Partial<OwnPerson> | undefined = {},
  change: Partial<Omit<OwnFacts, 'link' | 'person'>> = {},
): Omit<OwnFacts, 'link'> {
  return {
    account: { teamsEnabled: true, suspended: false, enableGroup: 'Voice Users' },
    tenant: { connection: { is: 'connected' }, domain: { is: 'active' }, routing: { is: 'present' } },
    person: {
      displayName: 'Dana',
      mail: 'dana@acme.example',
      active: true,
      number,
      teamsToggle: true,
      platformLicence: true,
      sharesIdentityWith: [],
      clientSeen: { by: 'call', wallMs: at },
      ...person,
    },
    ...change,
  };
}

export const user = (change: Partial<MicrosoftUser> = {}): MicrosoftUser => ({
  objectId,
  upn: 'dana@acme.example',
  enabled: true,
  guest: false,
  kind: 'user',
  ...change,
});

export const assigned = (change: Partial<NumberFacts> = {}): NumberFacts => ({
  holder: { is: 'this-person' },
  type: 'directRouting',
  onPremises: false,
  pending: false,
  voiceEnabled: true,
  readAtWallMs: at,
  ...change,
});
export const free = (change: Partial<NumberFacts> = {}): NumberFacts =>
  assigned({ holder: { is: 'nobody' }, voiceEnabled: false, ...change });

/** Nothing is set for the person at Microsoft. */
export const nonePolicies: EffectivePolicies = {
  voiceRouting: { name: null },
  calling: { name: null },
  dialPlan: { name: null },
};

export const microsoftFacts = (change: Partial<MicrosoftFacts> = {}): MicrosoftFacts => ({
  readAtWallMs: at,
  user: user(),
  alsoMatches: [],
  inEnableGroup: true,
  licence: { phone: 'usable', callingPlan: false, seenByTeams: true },
  number: assigned(),
  policies: nonePolicies,
  policiesReadAtWallMs: at,
  ...change,
});

/** The account assigns the voice routing policy VRP-Acme. */
export const wantsVrp: WantedPolicies = {
  voiceRouting: { name: 'VRP-Acme', assign: true },
  calling: undefined,
  dialPlan: undefined,
};

/** A report in which one check is red. */
export const blockedBy = (code: ReadinessCode | undefined) =>
  reportOf([
    {
      id: 5,
      name: readinessChecks[5],
      status: 'red',
      sentence: 'so',
      owner: 'nobody',
      fix: '',
      ...(code && { code }),
    },
  ]);
