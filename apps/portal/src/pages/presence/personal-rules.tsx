import type { PresenceRules } from '@tandem/contract';
import { Choice } from '../../parts/filter-bar.tsx';
import { ruledStateWords, ruleWords } from '../../words/call-rules.ts';
import type { ExceptionPart } from './exceptions-card.tsx';
import { Part } from './part-heading.tsx';

const states = Object.keys(ruledStateWords) as (keyof PresenceRules)[];
const rules = Object.keys(ruleWords) as PresenceRules[keyof PresenceRules][];

/** Instead of the account's call rules, where the account lets people choose (N66). */
export function PersonalRules({ exceptions, mayWrite, busy, change }: ExceptionPart) {
  return (
    <Part
      title="Rules of my own"
      words="While Teams shows one of these, instead of what the account decided."
    >
      <fieldset disabled={!mayWrite || busy} style={{ border: 'none', margin: 0, padding: 0 }}>
        <div style={{ display: 'flex', flexWrap: 'wrap', gap: '12px' }}>
          {states.map((state) => (
            <Choice
              key={state}
              label={ruledStateWords[state]}
              value={exceptions.rules[state] ?? ''}
              options={[
                ['', 'As the account says'],
                ...rules.map((rule) => [rule, ruleWords[rule]] as const),
              ]}
              onChoose={(chosen) => {
                const { [state]: _, ...others } = exceptions.rules;
                const rule = rules.find((one) => one === chosen);
                change({ rules: rule === undefined ? others : { ...others, [state]: rule } });
              }}
            />
          ))}
        </div>
      </fieldset>
    </Part>
  );
}
