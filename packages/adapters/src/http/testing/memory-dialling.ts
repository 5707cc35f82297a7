import { buildSnapshot } from '@tandem/domain';
import { explainDialled } from '@tandem/engine/dialling/explain-dialled.ts';
import type { DiallingBoard } from '../areas/dialling-handlers.ts';
import type { MemoryDirectory } from './memory-directory.ts';

/** Over the people and carriers of the sample world. */
export function memoryDialling({ data }: MemoryDirectory): DiallingBoard {
  return {
    explain(accountId, dialled) {
      const { snapshot } = buildSnapshot({ version: 1, builtAtWallMs: 0, ...data, devices: [], hubs: [] });
      const account = snapshot.accounts.get(accountId);
      return account && explainDialled(snapshot, account, dialled);
    },
  };
}
