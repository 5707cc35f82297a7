import { Button, Checkbox, Field, Input } from '@fluentui/react-components';
import { useState } from 'react';
import { Row } from '../../parts/stack.tsx';
import { offsetOf } from '../../words/format.ts';
import { weekdays } from '../../words/own-presence.ts';
import type { ExceptionPart } from './exceptions-card.tsx';
import { Part } from './part-heading.tsx';

const dayWords = (days: readonly number[]): string =>
  weekdays
    .filter(([day]) => days.includes(day))
    .map(([, word]) => word)
    .join(', ');

/** Times of the week without calls, in the person's own zone. */
export function QuietHours({ exceptions, mayWrite, busy, change }: ExceptionPart) {
  const { spans, timeZone } = exceptions.quietHours;
  const [days, setDays] = useState<readonly number[]>([1, 2, 3, 4, 5]);
  const [from, setFrom] = useState('18:00');
  const [to, setTo] = useState('08:00');
  return (
    <Part title="Times without calls" words={`Every week, by the time of ${offsetOf(timeZone)}.`}>
      {spans.length === 0 && <span>None.</span>}
      <ul
        style={{ margin: 0, paddingLeft: '20px', display: 'grid', gap: '4px' }}
        aria-label="Times without calls"
      >
        {spans.map((span) => {
          const words = `${dayWords(span.days)}, ${span.from} to ${span.to}`;
          return (
            <li key={JSON.stringify(span)}>
              {words}{' '}
              {mayWrite && (
                <Button
                  size="small"
                  appearance="subtle"
                  disabled={busy}
                  aria-label={`Take ${words} off`}
                  onClick={() => change({ quietHours: { spans: spans.filter((one) => one !== span) } })}
                >
                  Take off
                </Button>
              )}
            </li>
          );
        })}
      </ul>
      {mayWrite && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (busy || days.length === 0 || from === '' || to === '') return;
            change({ quietHours: { spans: [...spans, { days: [...days].sort(), from, to }] } });
          }}
        >
          <Row>
            <fieldset style={{ border: 'none', margin: 0, padding: 0 }} aria-label="Days on which it begins">
              {weekdays.map(([day, word]) => (
                <Checkbox
                  key={day}
                  label={word}
                  checked={days.includes(day)}
                  onChange={(_, data) =>
                    setDays(data.checked === true ? [...days, day] : days.filter((one) => one !== day))
                  }
                />
              ))}
            </fieldset>
            <Field label="From">
              <Input type="time" value={from} onChange={(_, data) => setFrom(data.value)} />
            </Field>
            <Field label="To">
              <Input type="time" value={to} onChange={(_, data) => setTo(data.value)} />
            </Field>
            <Button type="submit" disabled={busy || days.length === 0} style={{ alignSelf: 'end' }}>
              Add time
            </Button>
          </Row>
        </form>
      )}
    </Part>
  );
}
