import type { AccountId } from '@tandem/domain';
import type { StoredSignIn } from '../../tenant-file/state.ts';
import type { AccessBoard } from '../access-board.ts';
import { seesAccount } from '../scope.ts';
import type { MemoryDirectory } from './memory-directory.ts';
import * as world from './sample-world.ts';

export const acmeSignInId = 'sign-in-desk-acme';
/** Somebody who administers the account and has lost the password. */
export const lockedOutId = 'sign-in-it-acme';

export type MemorySignIn = StoredSignIn & { readonly accountId: AccountId };

/** One sign-in of each account of the sample world. */
export const sampleSignIns = (): MemorySignIn[] => [
  { id: acmeSignInId, name: 'desk@acme.example', role: 'desk', accountId: world.acmeId, disabled: false },
  { id: lockedOutId, name: 'it@acme.example', role: 'admin', accountId: world.acmeId, disabled: false },
  {
    id: 'sign-in-globex',
    name: 'desk@globex.example',
    role: 'desk',
    accountId: world.globexId,
    disabled: false,
  },
];

/** Passwords are made and forgotten. */
export function memoryAccessBoard(
  { data }: MemoryDirectory,
  all: readonly MemorySignIn[] = sampleSignIns(),
): AccessBoard {
  return {
    signIns: async (scope) => all.filter(({ accountId }) => seesAccount(scope, accountId)),
    newPassword: async (scope, signInId) =>
      all.some(({ id, accountId }) => id === signInId && seesAccount(scope, accountId))
        ? 'shown-once'
        : undefined,
    setCredentials: async (_scope, carrierId) => data.carriers.some(({ id }) => id === carrierId),
  };
}
