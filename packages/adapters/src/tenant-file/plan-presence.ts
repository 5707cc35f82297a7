import type { PresenceSyncSettings } from '@tandem/contract';
import { customizeOffered } from '@tandem/engine/presence-sync/settings.ts';
import type { FilePresence } from './file-shape.ts';
import { type Change, differing, type Planned, refused } from './plan-file.ts';
import type { TenantState } from './state.ts';

/** How presence is set up, as far as the file names it; rules are filled up with what stands. */
export function planPresence(
  file: FilePresence,
  { account, presence: now }: TenantState,
  /** Once the file is applied. */
  hasQueue: boolean,
): readonly Planned[] {
  const { rules, ...named } = file;
  const wanted = { ...named, ...(rules && { rules: { ...now.rules, ...rules } }) };
  const found = differing({ ...now }, wanted);
  if (!found) return [];
  const change: Change = { kind: 'presence', what: account.name, action: 'change', ...found };
  const after = found.after as Partial<PresenceSyncSettings>;
  if (after.customizeCalls === true) {
    const { offered, reason } = customizeOffered({ direction: now.direction, ...after }, hasQueue);
    if (!offered)
      return [
        refused(change, reason ?? 'The rules cannot be used now.', { of: file, field: 'customizeCalls' }),
      ];
  }
  return [{ change, step: { do: 'change-presence', change: after } }];
}
