import type { PresenceSyncSettings } from '@tandem/contract';
import { customizeOffered } from '@tandem/engine/presence-sync/settings.ts';
import { differing } from './differing.ts';
import type { FilePresence } from './file-shape.ts';
import { type Change, type Planned, refused } from './plan-file.ts';
import type { TenantState } from './state.ts';

/** How presence is set up, as far as the file names it; rules are filled up with what stands. */
export function planPresence(
  file: FilePresence,
  { account, presence: now }: TenantState,
  /** Once the file is applied. */
  hasQueue: boolean,
): readonly Planned[] {
  const { rules, ownConnections, accelerate, ...named } = file;
  const wanted = { ...named, ...(rules && { rules: { ...now.rules, ...rules } }) };
  const speed = speedChange(account.name, now, { ownConnections, accelerate });
  const found = differing({ ...now }, wanted);
  if (!found) return speed;
  const change: Change = { kind: 'presence', what: account.name, action: 'change', ...found };
  const after = found.after as Partial<PresenceSyncSettings>;
  if (after.customizeCalls === true) {
    const { offered, reason } = customizeOffered({ direction: now.direction, ...after }, hasQueue);
    if (!offered)
      return [
        refused(change, reason ?? 'The rules cannot be used now.', { of: file, field: 'customizeCalls' }),
      ];
  }
  return [{ change, step: { do: 'change-presence', change: after } }, ...speed];
}

/** Own connections of people and the speed-up: settings; who signed in for them is Microsoft's to say. */
function speedChange(
  what: string,
  { ownConnections, accelerate }: TenantState['presence'],
  wanted: Pick<FilePresence, 'ownConnections' | 'accelerate'>,
): Planned[] {
  const found = differing({ ownConnections, accelerate }, wanted);
  if (!found) return [];
  return [
    {
      change: { kind: 'own-connections', what, action: 'change', ...found },
      step: { do: 'change-own-connections', change: found.after },
    },
  ];
}
