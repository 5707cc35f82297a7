import type { Refusal } from '@tandem/adapters/postgres/outcome.ts';
import { differing } from '@tandem/adapters/tenant-file/differing.ts';
import type { Step } from '@tandem/adapters/tenant-file/plan-file.ts';
import { phoneFacts, queueFacts } from '@tandem/adapters/tenant-file/write-file.ts';
import { asDeviceId, asQueueId, type PersonId, queueDefaults } from '@tandem/domain';
import type { AuditEntry } from '@tandem/engine/ports/audit.ts';
import { entryOf, type LineStep, type Making, wordsOf } from './making.ts';

/** What a new phone proves itself with; nobody can read its password later. */
export interface PhonePasswords {
  readonly realm: string;
  readonly newPassword: () => string;
}

/** Numbers and extensions that change hands are let go of before anybody gets one. */
export async function letGo(steps: readonly Step[], { accountId, inside }: Making): Promise<void> {
  for (const step of steps) {
    if (step.do !== 'change-queue' && step.do !== 'change-phone') continue;
    const change = {
      ...(step.wish.number !== undefined && { number: null }),
      ...(step.wish.extension !== undefined && { extension: null }),
    };
    if (Object.keys(change).length === 0) continue;
    if (step.do === 'change-queue')
      await inside.stores.queues.change(accountId, step.queue.id, undefined, change);
    else await inside.stores.devices.change(accountId, step.phone.id, change);
  }
}

/** A queue or a phone, once the people are there who belong to it. */
export async function makeLine(step: LineStep, making: Making, phones: PhonePasswords): Promise<void> {
  const { accountId, inside, note, words, refusals } = making;
  const { queues, devices } = inside.stores;
  const refuse = (refusal: Refusal): void => void refusals.set(step, wordsOf(refusal));
  const named = [
    ...('wish' in step && 'members' in step.wish ? (step.wish.members ?? []) : []),
    ...('wish' in step && 'person' in step.wish && typeof step.wish.person === 'string'
      ? [step.wish.person]
      : []),
  ];
  const people = named.length === 0 ? [] : await inside.lockPeople({ ids: [], upns: named });
  const idOf = new Map(people.map(({ upn, id }) => [upn.toLowerCase(), id]));
  const missing = named.find((upn) => !idOf.has(upn));
  if (missing !== undefined) return void refusals.set(step, `${missing} is not there any more.`);
  const idsOf = (upns: readonly string[]): PersonId[] => upns.flatMap((upn) => idOf.get(upn) ?? []);
  const entry = (
    action: string,
    object: AuditEntry['object'],
    rest: Pick<AuditEntry, 'before' | 'after'>,
  ): void => note(entryOf(making, action, object, rest));
  const queueObject = ({ id, name }: { id: string; name: string }) => ({ kind: 'queue', id, label: name });
  const phoneObject = ({ id, name }: { id: string; name: string }) => ({ kind: 'device', id, label: name });
  switch (step.do) {
    case 'remove-queue': {
      const gone = await queues.remove(accountId, step.queue.id);
      if (!gone.ok) return refuse(gone.refusal);
      return entry('queue.remove', queueObject(step.queue), {
        before: queueFacts(step.queue, making.people),
      });
    }
    case 'remove-phone': {
      const gone = await devices.remove(accountId, step.phone.id);
      if (!gone.ok) return refuse(gone.refusal);
      return entry('device.remove', phoneObject(step.phone), {
        before: phoneFacts(step.phone, making.people),
      });
    }
    case 'create-queue':
    case 'change-queue': {
      const { members, overflowTo, number, extension, ...settings } = step.wish;
      const overflow =
        overflowTo === undefined
          ? {}
          : {
              overflow:
                overflowTo === null
                  ? ({ kind: 'refuse' } as const)
                  : ({ kind: 'forward', to: overflowTo } as const),
            };
      if (step.do === 'create-queue') {
        const made = await queues.create({
          ...queueDefaults,
          ...settings,
          ...overflow,
          id: asQueueId(making.newId()),
          accountId,
          name: step.name,
          members: idsOf(members ?? []).map((personId) => ({ personId, loggedIn: true })),
          ...(typeof number === 'string' && { number }),
          ...(typeof extension === 'string' && { extension }),
        });
        if (!made.ok) return refuse(made.refusal);
        return entry('queue.create', queueObject(made.value), { after: queueFacts(made.value, people) });
      }
      const made = await queues.change(accountId, step.queue.id, undefined, {
        ...settings,
        ...overflow,
        number,
        extension,
        members: members && idsOf(members),
      });
      if (!made.ok) return refuse(made.refusal);
      const all = [...making.people, ...people];
      return entry('queue.change', queueObject(made.value), {
        ...differing(queueFacts(step.queue, all), queueFacts(made.value, all)),
      });
    }
    case 'create-phone': {
      const { kind = 'desk-phone', sipUser, extension, number, person } = step.wish;
      const personId = typeof person === 'string' ? idOf.get(person) : undefined;
      const password = phones.newPassword();
      const made = await devices.create(
        accountId,
        {
          id: asDeviceId(making.newId()),
          accountId,
          name: step.name,
          kind,
          sipUser,
          ...(typeof number === 'string' && { number }),
          ...(typeof extension === 'string' && { extension }),
          ...(personId !== undefined && { personId }),
        },
        { realm: phones.realm, password },
      );
      if (!made.ok) return refuse(made.refusal);
      words.set(step, `Registers as ${sipUser} with the password ${password}; it is shown this once.`);
      return entry('device.create', phoneObject(made.value), { after: phoneFacts(made.value, people) });
    }
    case 'change-phone': {
      const { kind, extension, number, person } = step.wish;
      const made = await devices.change(accountId, step.phone.id, {
        ...(kind !== undefined && { kind }),
        ...(extension !== undefined && { extension }),
        ...(number !== undefined && { number }),
        ...(person !== undefined && { personId: person === null ? null : (idOf.get(person) ?? null) }),
      });
      if (!made.ok) return refuse(made.refusal);
      const all = [...making.people, ...people];
      return entry('device.change', phoneObject(made.value), {
        ...differing(phoneFacts(step.phone, all), phoneFacts(made.value, all)),
      });
    }
  }
}
