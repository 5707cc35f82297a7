import { type AccountId, asCarrierId, type Carrier } from '@tandem/domain';
import type { Step } from '../../tenant-file/plan-file.ts';
import type { StoredCarrier, StoredSignIn } from '../../tenant-file/state.ts';
import type { MemorySignIn } from './memory-access-board.ts';
import type { MemoryDirectory } from './memory-directory.ts';

const newCarrier = {
  targets: [],
  sources: [],
  probeWithOptions: true,
  numberFormat: 'e164',
  emergency: false,
} as const;

/** Carriers and sign-ins of an account, as a file changes them. */
export function memoryFileAccess({ data }: MemoryDirectory, signIns: MemorySignIn[]) {
  const own = (accountId: AccountId): Carrier[] => data.carriers.filter(({ owner }) => owner === accountId);
  let made = 0;
  function putCarrier(
    carrier: Carrier,
    change: Partial<Omit<Carrier, 'maxCalls'>> & { maxCalls?: number | null },
  ) {
    const { maxCalls, ...rest } = change;
    const { maxCalls: had, ...base } = carrier;
    const most = maxCalls === undefined ? had : (maxCalls ?? undefined);
    const next: Carrier = { ...base, ...rest, ...(most !== undefined && { maxCalls: most }) };
    const at = data.carriers.findIndex(({ id }) => id === carrier.id);
    if (at < 0) data.carriers.push(next);
    else data.carriers[at] = next;
  }
  function putSignIn(signIn: MemorySignIn): void {
    const at = signIns.findIndex(({ id }) => id === signIn.id);
    if (at < 0) signIns.push(signIn);
    else signIns[at] = signIn;
  }
  const without = <Item extends { readonly id: string }>(list: Item[], id: string): void =>
    void list.splice(
      list.findIndex((one) => one.id === id),
      1,
    );
  return {
    carriers: (accountId: AccountId): StoredCarrier[] =>
      own(accountId).map(({ owner: _, credentials: __, ...rest }) => ({ ...rest, version: 1 })),
    signIns: (accountId: AccountId): StoredSignIn[] => signIns.filter((one) => one.accountId === accountId),
    /** Over which calls go out, by id. */
    used(accountId: AccountId, { carriers }: Extract<Step, { do: 'change-account' }>) {
      const all = [...own(accountId), ...data.carriers];
      return (
        carriers && { carriers: carriers.flatMap((name) => all.find((one) => one.name === name)?.id ?? []) }
      );
    },
    /** False: it is about something else. */
    make(accountId: AccountId, step: Step): boolean {
      switch (step.do) {
        case 'create-carrier':
          putCarrier(
            { ...newCarrier, id: asCarrierId(`carrier-made-${++made}`), name: step.name, owner: accountId },
            step.wish,
          );
          return true;
        case 'change-carrier': {
          const carrier = own(accountId).find(({ id }) => id === step.carrier.id);
          if (carrier) putCarrier(carrier, step.wish);
          return carrier !== undefined;
        }
        case 'remove-carrier':
          without(data.carriers, step.carrier.id);
          return true;
        case 'create-sign-in':
        case 'change-sign-in': {
          const before = step.do === 'change-sign-in' ? step.signIn : undefined;
          const { role, active } = step.wish;
          putSignIn({
            id: before?.id ?? `sign-in-made-${++made}`,
            name: step.do === 'create-sign-in' ? step.name : step.signIn.name,
            role: role ?? before?.role ?? 'desk',
            disabled: active === undefined ? (before?.disabled ?? false) : !active,
            accountId,
          });
          return true;
        }
        case 'remove-sign-in':
          without(signIns, step.signIn.id);
          return true;
        default:
          return false;
      }
    },
  };
}
