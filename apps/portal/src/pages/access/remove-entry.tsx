import type { TenantFileChange } from '@tandem/contract';
import type { ReactNode } from 'react';
import { applyPart, type FilePart, planRemoval } from '../../api/account-file.ts';
import { PreviewAction } from '../../parts/preview-action.tsx';

/** Takes one entry out of a list of the account's file, after it was said what goes with it. */
export function RemoveEntry({
  account,
  section,
  name,
  others,
  before,
  says,
  done,
}: {
  readonly account: string;
  readonly section: string;
  readonly name: string;
  /** Names of those who stay. */
  readonly others: readonly string[];
  /** Said above the preview. */
  readonly before?: ReactNode;
  readonly says: (change: TenantFileChange) => string;
  readonly done: () => void;
}) {
  const part: FilePart = {
    account,
    prune: true,
    sections: { [section]: others.map((one) => ({ name: one })) },
  };
  return (
    <PreviewAction
      label="Remove"
      what={name}
      title={`Remove ${name}?`}
      confirm="Remove it"
      small
      load={() => planRemoval(part, name)}
      show={(plan) => (
        <>
          {before}
          {plan.changes.map((change) => (
            <p key={change.what} style={{ margin: 0 }}>
              {change.action === 'refused' ? change.words : says(change)}
            </p>
          ))}
        </>
      )}
      possible={({ changes }) => changes.every(({ action }) => action !== 'refused')}
      act={(plan) => applyPart(part, plan)}
      done={done}
    />
  );
}
