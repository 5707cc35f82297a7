import { Button } from '@fluentui/react-components';
import { useState } from 'react';
import { Choice } from '../../parts/filter-bar.tsx';
import { Until } from '../../parts/instant.tsx';
import { Row } from '../../parts/stack.tsx';
import type { ExceptionPart } from './exceptions-card.tsx';
import { Part } from './part-heading.tsx';

const spans: readonly (readonly [string, string])[] = [
  ['30', '30 minutes'],
  ['60', '1 hour'],
  ['120', '2 hours'],
  ['240', '4 hours'],
  ['480', '8 hours'],
];

/** A time without calls that ends by itself. */
export function NoCallsUntil({ exceptions, mayWrite, busy, change, zone }: ExceptionPart) {
  const [minutes, setMinutes] = useState('60');
  const { timeBoxed } = exceptions;
  const running = timeBoxed.find(({ kind }) => kind === 'no-calls');
  const others = timeBoxed.filter(({ kind }) => kind !== 'no-calls');
  if (running)
    return (
      <Part title="No calls for a while">
        <Row>
          <span>
            Nothing rings until <Until at={running.until} zone={zone} />.
          </span>
          {mayWrite && (
            <Button disabled={busy} onClick={() => change({ timeBoxed: others })}>
              Let calls ring again
            </Button>
          )}
        </Row>
      </Part>
    );
  if (!mayWrite) return null;
  return (
    <Part title="No calls for a while">
      <div style={{ display: 'flex', flexWrap: 'wrap', gap: '12px', alignItems: 'end' }}>
        <Choice label="For" value={minutes} options={spans} onChoose={setMinutes} />
        <Button
          disabled={busy}
          onClick={() => {
            const until = new Date(Date.now() + Number(minutes) * 60_000).toISOString();
            change({ timeBoxed: [...others, { kind: 'no-calls', until }] });
          }}
        >
          No calls
        </Button>
      </div>
    </Part>
  );
}
