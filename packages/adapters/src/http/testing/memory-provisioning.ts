import type { PersonProvisioning, Provisioning, ProvisioningSettings } from '@tandem/contract';
import type { Account, Person } from '@tandem/domain';
import type { ProvisioningBoard } from '../provisioning-board.ts';
import { seesAccount } from '../scope.ts';
import type { ApiClock } from '../services.ts';
import { instant } from '../views/shape.ts';
import * as world from './sample-world.ts';

/** Settings as the sample accounts have them: a group decides, the voice routing policy is assigned. */
export const sampleSettings = (): ProvisioningSettings => ({
  mode: 'automatic',
  enableGroups: [{ id: '96096096-0000-4000-8000-000000000010', name: 'Voice Users' }],
  graceSeconds: 86_400,
  routingByHand: false,
  policies: {
    voiceRouting: { kind: 'assign', name: 'VRP-Acme' },
    calling: { kind: 'by-hand' },
    dialPlan: { kind: 'by-hand' },
  },
  personas: [],
  drift: { number: 'ask', voice: 'repair', voiceRouting: 'repair', calling: 'ask', dialPlan: 'ask' },
  leaverRule: 'announcement',
  guard: { least: 10, most: 50, percent: 20 },
  licences: { assign: 'by-hand', total: null },
  messages: { toPerson: true },
});

/** One connection an account, by the account's id. Bo's number was changed in Teams; Ella is in the group and nobody here. */
export function memoryProvisioning(clock: Pick<ApiClock, 'wall'>): ProvisioningBoard {
  const settings = new Map(world.accounts().map(({ id }) => [id, sampleSettings()]));
  const confirmed = new Set<Person['id']>([world.danaId]);
  /** Whose number stands at Microsoft. */
  const written = new Set<Person['id']>([world.danaId, world.gretaId]);
  const repaired = new Set<Person['id']>();
  const of = (account: Account): Provisioning => {
    const people = world.people().filter(({ accountId }) => accountId === account.id);
    return {
      connectionId: account.id,
      accountId: account.id,
      tenantId: account.entraTenantId ?? '1217ec40-0000-4000-8000-000000000003',
      settings: settings.get(account.id) ?? sampleSettings(),
      status: {
        states: { READY: 1, BLOCKED: people.length - 1 },
        readAt: instant(clock.wall() - 12_000),
        underWay: 0,
        waiting: 0,
        approvals: 0,
        funnel: {
          members: people.length + 1,
          people: people.length,
          inScope: people.length,
          matched: people.length,
          licensed: people.length - 1,
          callingPlan: 0,
          withNumber: people.filter(({ numbers }) => numbers.length > 0).length,
          platformLicensed: people.filter(({ platformLicence }) => platformLicence).length,
          assigned: 1,
          ready: 1,
        },
        held: [],
      },
    };
  };
  const accountOf = (id: string): Account | undefined => world.accounts().find((one) => one.id === id);

  const person = (one: Person): PersonProvisioning => {
    const drifted = one.id === world.boId && !repaired.has(one.id);
    const ready = confirmed.has(one.id);
    return {
      personId: one.id,
      accountId: one.accountId,
      connectionId: one.accountId,
      state: drifted ? 'DRIFTED' : ready ? 'READY' : 'BLOCKED',
      since: instant(clock.wall() - 3_600_000),
      ...(one.numbers[0] !== undefined && { number: one.numbers[0] }),
      ...(drifted && { numberAtMicrosoft: '+12025550199', numbersEqual: false }),
      policies: [
        { field: 'voiceRouting', wanted: 'VRP-Acme', atMicrosoft: 'VRP-Acme', assignedBy: 'direct' },
      ],
      checkedAt: instant(clock.wall() - 12_000),
      ...(ready && { confirmed: { by: 'call', at: instant(clock.wall() - 1_800_000) } }),
      held: false,
      drift: drifted
        ? [
            {
              field: 'number',
              ours: one.numbers[0] ?? null,
              theirs: '+12025550199',
              seenAt: instant(clock.wall() - 600_000),
              policy: 'ask',
            },
          ]
        : [],
      decisions: [],
      may: { retry: false, approve: false, confirmWorks: !ready, undo: ready },
    };
  };

  return {
    list: (scope) =>
      world
        .accounts()
        .filter(({ id }) => seesAccount(scope, id))
        .map(of),
    read(scope, id) {
      const account = accountOf(id);
      return account && seesAccount(scope, account.id) ? of(account) : undefined;
    },
    async change(scope, id, change) {
      const account = accountOf(id);
      if (!account || !seesAccount(scope, account.id)) return undefined;
      const before = settings.get(account.id) ?? sampleSettings();
      const given = Object.entries(change).filter(([, value]) => value !== undefined);
      settings.set(account.id, {
        ...before,
        ...(Object.fromEntries(given) as Partial<ProvisioningSettings>),
      });
      return of(account);
    },
    preview(scope, id) {
      const account = accountOf(id);
      if (!account || !seesAccount(scope, account.id)) return undefined;
      const people = world.people().filter(({ accountId }) => accountId === account.id).length;
      return {
        people,
        join: 0,
        leave: 0,
        policies: 0,
        graphRequests: 0,
        needsConfirmation: false,
        examples: [],
      };
    },
    async decideHeld(scope, id) {
      const account = accountOf(id);
      if (!account || !seesAccount(scope, account.id)) return undefined;
      return [
        {
          since: instant(clock.wall() - 600_000),
          source: 'own-facts',
          people: 12,
          linked: 40,
          names: ['Dana Fields'],
        },
      ];
    },
    unmatched(scope, id) {
      const account = accountOf(id);
      if (!account || !seesAccount(scope, account.id)) return undefined;
      return {
        items: [
          {
            accountId: account.id,
            entraObjectId: 'e11a0000-0000-4000-8000-000000000001',
            code: 'PRV-101',
            sentence: 'ellen@acme.example is in the group but has no platform user. Create or import.',
            displayName: 'Ellen Brandt',
            upn: 'ellen@acme.example',
          },
        ],
        total: 1,
      };
    },
    inventory(scope, id) {
      const account = accountOf(id);
      if (!account || !seesAccount(scope, account.id)) return undefined;
      const items = world
        .people()
        .filter((one) => one.accountId === account.id && written.has(one.id))
        .map((one) => ({
          accountId: account.id,
          personId: one.id,
          displayName: one.displayName,
          what: 'number' as const,
          value: one.numbers[0] ?? '',
          undo: 'Switches calls in Teams off for the person and takes the number back.',
          undoBy: 'tandem' as const,
        }));
      return { items, total: items.length };
    },
    actionItems: (scope, owner) =>
      world
        .accounts()
        .filter(({ id }) => seesAccount(scope, id) && (owner === undefined || owner === 'entra-admin'))
        .map(({ id }) => ({
          accountId: id,
          connectionId: id,
          code: 'PRV-401',
          title: 'Microsoft phone licence missing',
          owner: 'entra-admin',
          fix: 'Assign a licence that contains Teams Phone and Teams.',
          people: 1,
          names: [],
        })),
    person,
    takeOver: (one) => ({
      kind: 'preview',
      preview: {
        preview: 'of-kim',
        number: one.numbers[0] ?? '+12025550100',
        holder: {
          entraObjectId: 'e11a0000-0000-4000-8000-00000000000f',
          upn: 'kim@acme.example',
          state: 'disabled',
        },
        sentence: 'kim@acme.example, whose sign-in is blocked, loses the number.',
      },
    }),
    history: async (one) => [
      {
        at: instant(clock.wall() - 3_600_000),
        trigger: 'automatic',
        event: 'taken',
        from: 'QUEUED',
        to: 'ASSIGNING',
        detail: `assign ${one.numbers[0] ?? ''}`,
      },
    ],
    async act(one, action) {
      if (action.kind === 'works' || action.kind === 'override') confirmed.add(one.id);
      if (action.kind === 'drift') repaired.add(one.id);
      if (action.kind === 'undo' && action.what === 'number') written.delete(one.id);
      return { kind: 'done' };
    },
  };
}
