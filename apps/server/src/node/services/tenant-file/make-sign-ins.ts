import { differing } from '@tandem/adapters/tenant-file/differing.ts';
import type { Step } from '@tandem/adapters/tenant-file/plan-file.ts';
import { signInFacts } from '@tandem/adapters/tenant-file/write-file.ts';
import type { PersonId } from '@tandem/domain';
import { entryOf, type Making, type StepOf, wordsOf } from './making.ts';

export type SignInStep = StepOf<'create-sign-in' | 'change-sign-in' | 'remove-sign-in'>;

/** Who is somebody else from now on does not go with the person who leaves by the same file. */
export async function letPeopleGo(
  steps: readonly Step[],
  { accountId, inside }: Pick<Making, 'accountId' | 'inside'>,
): Promise<void> {
  for (const step of steps)
    if (step.do === 'change-sign-in' && step.wish.person !== undefined)
      await inside.stores.users.change(accountId, step.signIn.id, { personId: null });
}

/** Who may sign in, once the people are there. A new one gets a password that is shown once. */
export async function makeSignIn(step: SignInStep, making: Making, newPassword: () => string): Promise<void> {
  const { accountId, inside, note, words, refusals } = making;
  const { users } = inside.stores;
  const objectOf = ({ id, name }: { id: string; name: string }) => ({ kind: 'sign-in', id, label: name });
  if (step.do === 'remove-sign-in') {
    const gone = await users.remove(accountId, step.signIn.id);
    if (!gone.ok) return void refusals.set(step, 'The sign-in is not there any more.');
    return note(
      entryOf(making, 'sign-in.remove', objectOf(step.signIn), {
        before: signInFacts(step.signIn, making.people),
      }),
    );
  }
  const { role, person, active } = step.wish;
  const people = typeof person === 'string' ? await inside.lockPeople({ ids: [], upns: [person] }) : [];
  const personId: PersonId | null | undefined = person === null ? null : people[0]?.id;
  if (typeof person === 'string' && personId === undefined)
    return void refusals.set(step, `${person} is not there any more.`);
  if (step.do === 'create-sign-in') {
    const password = newPassword();
    const made = await users.create(accountId, {
      id: making.newId(),
      name: step.name,
      role: step.wish.role,
      accountId,
      password,
      ...(typeof personId === 'string' && { personId }),
    });
    if (!made.ok)
      return void refusals.set(
        step,
        made.refusal.kind === 'taken'
          ? `Somebody on this platform signs in as ${step.name} already: choose another name.`
          : wordsOf(made.refusal),
      );
    const disabled = active === false && (await users.change(accountId, made.value.id, { disabled: true }));
    words.set(step, `Signs in with the password ${password}; it is shown this once.`);
    return note(
      entryOf(making, 'sign-in.create', objectOf(made.value), {
        after: signInFacts({ ...made.value, disabled: disabled !== false }, people),
      }),
    );
  }
  const made = await users.change(accountId, step.signIn.id, {
    ...(role !== undefined && { role }),
    ...(active !== undefined && { disabled: !active }),
    ...(person !== undefined && personId !== undefined && { personId }),
  });
  if (!made.ok) return void refusals.set(step, wordsOf(made.refusal));
  const all = [...making.people, ...people];
  note(
    entryOf(making, 'sign-in.change', objectOf(made.value), {
      ...differing(signInFacts(step.signIn, all), signInFacts(made.value, all)),
    }),
  );
}
