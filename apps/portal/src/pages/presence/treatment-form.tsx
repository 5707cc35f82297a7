import { Button, Field, Input } from '@fluentui/react-components';
import type { ChangeExceptions } from '@tandem/contract';
import { useState } from 'react';
import { Choice } from '../../parts/filter-bar.tsx';
import { plainNumber } from '../../words/format.ts';
import { treatmentWords } from '../../words/own-presence.ts';
import type { ExceptionPart } from './exceptions-card.tsx';
import { Part } from './part-heading.tsx';

type Treatment = NonNullable<ChangeExceptions['unavailable']>;

const options: readonly (readonly [string, string])[] = [
  ...Object.entries(treatmentWords).map(([sip, word]) => [sip, word] as const),
  ['voicemail', 'Voicemail takes a message'],
  ['forward', 'Send it on to another number'],
];

/** What a direct call gets that may not ring (N52). */
export function TreatmentForm({ exceptions, mayWrite, busy, change }: ExceptionPart) {
  const { unavailable } = exceptions;
  const stands = unavailable.kind === 'refuse' ? String(unavailable.sip) : unavailable.kind;
  const [chosen, setChosen] = useState(stands);
  const [to, setTo] = useState(unavailable.kind === 'forward' ? unavailable.to : '');
  const wanted: Treatment =
    chosen === 'forward'
      ? { kind: 'forward', to: plainNumber(to.trim()) }
      : chosen === 'voicemail'
        ? { kind: 'voicemail' }
        : { kind: 'refuse', sip: chosen === '486' ? 486 : chosen === '603' ? 603 : 480 };
  const ready = wanted.kind !== 'forward' || wanted.to !== '';
  return (
    <Part title="Calls that may not ring" words="What a direct call gets while you take no calls.">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (ready && !busy) change({ unavailable: wanted });
        }}
      >
        <div style={{ display: 'flex', flexWrap: 'wrap', gap: '12px', alignItems: 'end' }}>
          <Choice label="Answer" value={chosen} options={options} onChoose={setChosen} />
          {chosen === 'forward' && (
            <Field label="Number or extension">
              <Input value={to} onChange={(_, data) => setTo(data.value)} />
            </Field>
          )}
          {mayWrite && (
            <Button type="submit" disabled={busy || !ready}>
              Save
            </Button>
          )}
        </div>
      </form>
    </Part>
  );
}
