import type { Role } from '@tandem/contract';
import { differing } from './differing.ts';
import type { FileSignIn } from './file-shape.ts';
import type { PeopleAfter } from './people-after.ts';
import { type Change, type Planned, refused } from './plan-file.ts';
import type { StoredSignIn, TenantState } from './state.ts';
import { signInFacts } from './write-file.ts';

/** What a sign-in becomes; who it is by sign-in address at Microsoft, null: nobody in particular. */
export interface SignInWish {
  readonly role?: Role;
  readonly person?: string | null;
  readonly active?: boolean;
}

/** By name. Only `prune` removes, and only where the file has the section; nobody takes the own sign-in away. */
export function planSignIns(
  wanted: readonly FileSignIn[],
  state: TenantState,
  prune: boolean,
  people: PeopleAfter,
  /** The name of who applies the file. */
  own: string | undefined,
): Planned[] {
  const known = new Map(state.signIns.map((one) => [one.name, one]));
  const named = new Set(wanted.map(({ name }) => name));
  const rows = wanted.flatMap((one): Planned[] => {
    const { name, ...rest } = one;
    const signIn = known.get(name);
    const now = signIn && signInFacts(signIn, state.people);
    const made = { role: undefined, active: true, ...rest };
    const found = now
      ? differing(now, rest)
      : {
          after: Object.fromEntries(
            Object.entries(made).filter(([, value]) => value !== undefined && value !== null),
          ),
        };
    if (!found) return [];
    const change: Change = signIn
      ? { kind: 'sign-in', what: name, action: 'change', ...found }
      : { kind: 'sign-in', what: name, action: 'create', after: { name, ...found.after } };
    const wish = found.after as SignInWish;
    const refuse = (field: string, say: string): Planned[] => [refused(change, say, { of: one, field })];
    if (name === own) return refuse('name', 'You are signed in with this one: somebody else changes it.');
    const role = rest.role ?? signIn?.role;
    if (role === undefined)
      return refuse('name', 'Nobody signs in with this name yet; a new sign-in needs a role.');
    const person = rest.person === undefined ? now?.person : rest.person;
    if (role === 'user' && (person === undefined || person === null))
      return refuse(
        rest.person === null ? 'person' : 'role',
        'A user sees only what is theirs: say in person who it is.',
      );
    const fault = typeof rest.person === 'string' ? people.fault(rest.person) : undefined;
    if (fault !== undefined) return refuse('person', fault);
    return [
      signIn
        ? { change, step: { do: 'change-sign-in', signIn, wish } }
        : { change, step: { do: 'create-sign-in', name, wish: { ...wish, role } } },
    ];
  });
  const removed = prune ? state.signIns.filter(({ name }) => !named.has(name)) : [];
  const planned = [
    ...removed.map((signIn): Planned => {
      const before = signInFacts(signIn, state.people);
      const change: Change = { kind: 'sign-in', what: signIn.name, action: 'remove', before };
      return signIn.name === own
        ? refused(
            change,
            'You are signed in with this one: name it in the file, or let somebody else apply it.',
          )
        : { change, step: { do: 'remove-sign-in', signIn } };
    }),
    ...rows,
  ];
  return adminLeft(state, planned)
    ? planned
    : planned.map((one) => (takesAdmin(one) ? refused(one.change, lastAdmin) : one));
}

const lastAdmin =
  'Nobody would be left who administers this account: make another administrator first, or by this same file.';
const administers = ({ role, disabled }: Pick<StoredSignIn, 'role' | 'disabled'>): boolean =>
  role === 'admin' && !disabled;

/** Of somebody who administers the account now, and would not any more. */
function takesAdmin({ step }: Planned): boolean {
  if (step?.do === 'remove-sign-in') return administers(step.signIn);
  if (step?.do !== 'change-sign-in' || !administers(step.signIn)) return false;
  const { role = step.signIn.role, active = true } = step.wish;
  return !administers({ role, disabled: !active });
}

/** Whether somebody administers the account once this is made; an account that has nobody keeps having nobody. */
function adminLeft(state: TenantState, planned: readonly Planned[]): boolean {
  const before = state.signIns.filter(administers).length;
  const comes = planned.some(
    ({ step }) =>
      (step?.do === 'create-sign-in' && step.wish.role === 'admin' && step.wish.active !== false) ||
      (step?.do === 'change-sign-in' &&
        !administers(step.signIn) &&
        administers({
          role: step.wish.role ?? step.signIn.role,
          disabled: step.wish.active === undefined ? step.signIn.disabled : !step.wish.active,
        })),
  );
  return before === 0 || comes || planned.filter(takesAdmin).length < before;
}
