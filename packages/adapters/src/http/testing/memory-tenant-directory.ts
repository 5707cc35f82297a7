import type {
  DirectoryPerson,
  DirectoryState,
  HeldDirectoryChange,
} from '@tandem/contract/tenant-directory.ts';
import type { Account } from '@tandem/domain';
import type { TenantDirectoryBoard } from '../areas/tenant-directory.ts';
import type { ApiClock } from '../services.ts';
import { instant } from '../views/shape.ts';
import * as world from './sample-world.ts';

const group = { objectId: '96096096-0000-4000-8000-000000000010', name: 'Voice Users' };
export const sampleHeldId = 'held-1';

/** Acme's tenant: everybody of ours but Ella is in it, two more are nobody here, and a mass change waits. */
export function memoryTenantDirectory(clock: Pick<ApiClock, 'wall'>): TenantDirectoryBoard {
  const readAt = instant(clock.wall() - 12_000);
  const tenantOf = (accountId: Account['id']) =>
    world.accounts().find(({ id }) => id === accountId)?.entraTenantId;
  const objectIdOf = (index: number): string =>
    `dadadada-0000-4000-8000-0000000000${String(index).padStart(2, '0')}`;
  const everybody = (accountId: Account['id']): DirectoryPerson[] =>
    tenantOf(accountId) === undefined
      ? []
      : [
          ...world
            .people()
            .filter((person) => person.accountId === accountId && person.displayName !== 'Ella Brandt'),
          { id: undefined, displayName: 'Ellen Brandt', upn: 'ellen@acme.example', numbers: [] },
          { id: undefined, displayName: 'Nico Ray', upn: 'nico@acme.example', numbers: [] },
        ].map(({ id, displayName, upn, numbers }, index) => ({
          objectId: objectIdOf(index),
          connectionId: accountId,
          displayName,
          upn,
          phones: numbers.map((number) => ({ text: number, number })),
          enabled: true,
          guest: false,
          ...(id !== undefined && { personId: id }),
        }));
  let held: HeldDirectoryChange[] = [
    {
      id: sampleHeldId,
      connectionId: world.acmeId,
      heldAt: instant(clock.wall() - 600_000),
      state: 'waiting',
      sentence: '12 of 40 people would leave at once. They stay until somebody decides.',
      linked: 40,
      total: 12,
      people: [
        {
          objectId: objectIdOf(0),
          displayName: 'Dana Fields',
          upn: 'dana@acme.example',
          personId: world.danaId,
          reason: 'left-group',
        },
      ],
    },
  ];
  const states = (accountId: Account['id']): DirectoryState[] => {
    const entraTenantId = tenantOf(accountId);
    if (entraTenantId === undefined) return [];
    return [
      {
        connectionId: accountId,
        entraTenantId,
        sentence: 'Read 12 s ago. Changes come by themselves.',
        readAt,
        ageSeconds: 12,
        nextReadAt: instant(clock.wall() + 18_000),
        reading: false,
        people: everybody(accountId).length,
        groups: [{ ...group, kind: 'assigned', synced: false, people: 7 }],
        notifications: {
          state: 'active',
          sentence: 'Microsoft tells us of changes.',
          lastHeardAt: readAt,
          endsAt: instant(clock.wall() + 14 * 86_400_000),
        },
        held,
      },
    ];
  };
  return {
    states,
    refresh: () => Promise.resolve(),
    people(accountId, search, limit) {
      const words = (search ?? '').toLowerCase().split(/\s+/);
      const found = everybody(accountId).filter(({ displayName, upn, phones }) => {
        const text = `${displayName} ${upn} ${phones.map((one) => one.text).join(' ')}`.toLowerCase();
        return words.every((word) => text.includes(word));
      });
      return { items: found.slice(0, limit), more: found.length > limit, readAt };
    },
    users: (accountId, { objectIds, personIds }) =>
      everybody(accountId).filter(
        ({ objectId, personId }) => objectIds.includes(objectId) || personIds.some((one) => one === personId),
      ),
    async groups(accountId, search) {
      const fits = group.name.toLowerCase().includes((search ?? '').toLowerCase());
      const items = tenantOf(accountId) !== undefined && fits ? [group] : [];
      return {
        items: items.map((one) => ({
          ...one,
          connectionId: accountId,
          kind: 'assigned' as const,
          synced: false,
          people: 7,
          followed: true,
        })),
        more: false,
      };
    },
    mismatches(accountId, people) {
      const ella = people.find(({ displayName }) => displayName === 'Ella Brandt');
      const matched = everybody(accountId).filter(({ personId }) => personId !== undefined).length;
      if (!ella || tenantOf(accountId) === undefined) return { items: [], total: 0, matched };
      return {
        items: [
          {
            kind: 'missing-at-microsoft',
            connectionId: accountId,
            sentence: 'Nobody in Microsoft 365 matches Ella Brandt.',
            person: { id: ella.id, displayName: ella.displayName, upn: ella.upn },
            hints: [
              {
                reason: 'same-address-part',
                sentence: 'ellen@acme.example may be meant.',
                objectId: objectIdOf(7),
              },
            ],
          },
        ],
        total: 1,
        matched,
        readAt,
      };
    },
    async decide(accountId, heldId, decision) {
      const known = states(accountId).some((state) => state.held.some(({ id }) => id === heldId));
      // Kept in both cases: the next visitor of a test finds it again.
      if (known && decision === 'reject') held = held.map((one) => ({ ...one, state: 'rejected' }));
      return known;
    },
    async manager({ id: personId }) {
      const found = personId === world.boId;
      return {
        personId,
        status: found ? 'found' : 'none',
        sentence: found
          ? 'At Microsoft the manager of Bo Larsen is Dana Doe.'
          : 'Microsoft names no manager: choose who is rung, or leave it to the rule of the account.',
        ...(found && {
          manager: { displayName: 'Dana Doe', upn: 'dana@acme.example' },
          leaver: { kind: 'person', personId: world.danaId },
        }),
      };
    },
    membership(person) {
      const member = person.accountId === world.acmeId && person.displayName !== 'Ella Brandt';
      return {
        personId: person.id,
        status: member ? 'member' : 'no-user',
        sentence: member ? 'Direct member of Voice Users.' : 'Nobody in Microsoft 365 matches.',
        ...(member && { group }),
        via: [],
        held: false,
        readAt,
      };
    },
  };
}
