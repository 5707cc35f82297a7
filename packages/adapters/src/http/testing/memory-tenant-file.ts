import { type AccountId, type E164, type Person, voicemailDefaults } from '@tandem/domain';
import type { AuditActor, AuditLog } from '@tandem/engine/ports/audit.ts';
import { defaultPresenceSettings } from '@tandem/engine/presence-sync/settings.ts';
import { createTenantFileBoard, type TenantGround } from '../../tenant-file/board.ts';
import type { Step } from '../../tenant-file/plan-file.ts';
import type { NumberUse, TenantState } from '../../tenant-file/state.ts';
import type { WebhookBoard } from '../../webhooks/webhook-board.ts';
import type { AccountDesk } from '../connection-board.ts';
import type { NumberBoard } from '../number-board.ts';
import type { ProvisioningBoard } from '../provisioning-board.ts';
import type { TenantFileBoard } from '../tenant-file-board.ts';
import type { MemorySignIn } from './memory-access-board.ts';
import type { MemoryDirectory } from './memory-directory.ts';
import { memoryFileAccess } from './memory-file-access.ts';

/** Over the other memory services: what they forget (a removed webhook is still there), a file cannot change either. */
export function memoryTenantFiles(parts: {
  readonly directory: MemoryDirectory;
  readonly accountDesk: AccountDesk;
  readonly numbers: NumberBoard;
  readonly provisioning: ProvisioningBoard;
  readonly webhooks: WebhookBoard;
  readonly audit: AuditLog;
  readonly signIns: MemorySignIn[];
}): TenantFileBoard {
  const { directory, accountDesk, numbers, provisioning, webhooks, audit } = parts;
  const access = memoryFileAccess(directory, parts.signIns);
  const replace = (person: Person, change: Partial<Person>): void => {
    const { people } = directory.data;
    const at = people.findIndex(({ id }) => id === person.id);
    people[at] = { ...(people[at] ?? person), ...change };
  };
  const ground: TenantGround = {
    async read(accountId): Promise<TenantState | undefined> {
      const scope = { kind: 'account', accountId } as const;
      const account = (await directory.accounts(scope, { limit: 1 })).items[0];
      if (!account) return undefined;
      const people = (await directory.people(scope, { limit: 25_000 })).items;
      return {
        account,
        people,
        connections: provisioning
          .list(scope)
          .map(({ connectionId, tenantId, settings }) => ({ id: connectionId, tenantId, settings })),
        microsoft: [],
        stock: new Map(),
        ranges: await numbers.ranges(scope, accountId),
        webhooks: await webhooks.list(scope, accountId),
        tags: new Map(),
        carriers: access.carriers(accountId),
        sharedCarriers: directory.data.carriers.filter(({ owner }) => owner === 'operator'),
        sourcesElsewhere: new Set(),
        signIns: access.signIns(accountId),
        queues: [],
        phones: [],
        presence: { ...defaultPresenceSettings, notify: [], ownConnections: 'off', accelerate: false },
        voicemail: voicemailDefaults,
        own: new Map(),
        numbers: new Map(
          people.flatMap((person) =>
            person.numbers.map((number): [E164, NumberUse] => [
              number,
              { by: 'person', personId: person.id },
            ]),
          ),
        ),
      };
    },
    async make(accountId, steps, by) {
      const words = new Map<Step, string>();
      const refusals = new Map<Step, string>();
      for (const step of steps) {
        const one = await makeOne(accountId, step, by);
        if (one.words !== undefined) (one.ok ? words : refusals).set(step, one.words);
      }
      return refusals.size > 0 ? { kind: 'refused', refusals } : { kind: 'made', words };
    },
    consequence: async () => undefined,
    settled: async () => undefined,
  };
  async function makeOne(
    accountId: AccountId,
    step: Step,
    by: AuditActor,
  ): Promise<{ readonly ok: boolean; readonly words?: string }> {
    const scope = { kind: 'account', accountId } as const;
    switch (step.do) {
      case 'change-account': {
        const made = await accountDesk.change(
          accountId,
          { ...step.change, ...access.used(accountId, step) },
          { ...by, session: 'tenant-file' },
        );
        return made.ok ? { ok: true } : { ok: false, words: made.detail ?? made.code };
      }
      case 'change-provisioning':
        await provisioning.change(scope, step.connectionId, step.change, by);
        return { ok: true };
      case 'create-range':
        await numbers.createRange({ ...step, accountId }, by);
        return { ok: true };
      case 'change-range':
        await numbers.changeRange(scope, step.id, step.change, by);
        return { ok: true };
      case 'remove-range':
        await numbers.removeRange(scope, step.id, by);
        return { ok: true };
      case 'create-person': {
        const { displayName, teamsToggle = true, platformLicence = true } = step.wish;
        await numbers.createPerson(
          { accountId, displayName, upn: step.upn, teamsToggle, platformLicence },
          by,
        );
        return { ok: true };
      }
      case 'change-person': {
        const { mail, extension, numbers: wanted, ...rest } = step.wish;
        replace(step.person, {
          ...rest,
          ...(typeof mail === 'string' && { mail }),
          ...(typeof extension === 'string' && { extension }),
          ...(wanted !== undefined && wanted !== 'next' && { numbers: wanted }),
        });
        return { ok: true };
      }
      case 'remove-person':
        await numbers.deletePerson(scope, step.person.id, { reason: 'tenant file' }, by);
        return { ok: true };
      case 'create-webhook': {
        const made = await webhooks.create(accountId, step.wanted, by);
        return made.kind === 'created'
          ? { ok: true, words: `Signed with ${made.secret}. It is shown this once.` }
          : { ok: false, words: made.say };
      }
      case 'change-webhook':
        await webhooks.change(scope, step.id, step.change, by);
        return { ok: true };
      case 'remove-webhook':
        await webhooks.remove(scope, step.id, by);
        return { ok: true };
      default:
        if (access.make(accountId, step)) return { ok: true };
        return {
          ok: false,
          words: 'These services keep no queues, phones and settings of presence of a file.',
        };
    }
  }
  return createTenantFileBoard({ ground, audit, wall: Date.now });
}
