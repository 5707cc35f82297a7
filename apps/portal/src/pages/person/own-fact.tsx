import type { Person } from '@tandem/contract';
import { api } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { useMay } from '../../api/session.ts';
import { PreviewAction } from '../../parts/preview-action.tsx';
import { Row } from '../../parts/stack.tsx';

type Fact = 'active' | 'platformLicence';

const words: Record<
  Fact,
  { readonly on: string; readonly off: string; readonly turnOn: string; readonly turnOff: string }
> = {
  active: { on: 'yes', off: 'no', turnOn: 'Activate', turnOff: 'Deactivate' },
  platformLicence: { on: 'assigned', off: 'missing', turnOn: 'Give licence', turnOff: 'Take licence' },
};

/** A fact that is ours, with the change of it. */
export function OwnFact({ person, fact }: { readonly person: Person; readonly fact: Fact }) {
  const mayWrite = useMay('people:write');
  const is = person[fact];
  const { on, off, turnOn, turnOff } = words[fact];
  const now = is ? on : off;
  if (!mayWrite) return now;
  const label = is ? turnOff : turnOn;
  return (
    <Row>
      {now}
      <PreviewAction
        small
        label={label}
        title={`${label}: ${person.displayName}?`}
        confirm={label}
        load={() => Promise.resolve(!is)}
        show={(next) => (
          <span>
            {next
              ? 'Calls in Teams work as soon as everything else is in order.'
              : `New calls no longer reach ${person.displayName} in Teams. A call in progress goes on.`}
          </span>
        )}
        act={(next) => api.call('people.change', { params: { id: person.id }, body: { [fact]: next } })}
        done={() => reread('people.', 'provisioning.')}
      />
    </Row>
  );
}
