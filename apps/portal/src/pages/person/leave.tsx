import { Field, Input, makeStyles } from '@fluentui/react-components';
import type { Person } from '@tandem/contract';
import { useRef } from 'react';
import { useNavigate } from 'react-router';
import { api } from '../../api/client.ts';
import { forget, reread } from '../../api/reread.ts';
import { PreviewAction } from '../../parts/preview-action.tsx';
import { WordList } from '../../parts/word-list.tsx';
import { paths } from '../../path-builder.ts';
import { dayAndTime, telephone } from '../../words/format.ts';

const useStyles = makeStyles({ words: { margin: 0 } });

/** Somebody leaves; what becomes of the numbers is said before. */
export function Leave({ person, zone }: { readonly person: Person; readonly zone: string }) {
  const styles = useStyles();
  const navigate = useNavigate();
  // The dialog shows what was previewed and is not drawn again as somebody types.
  const reason = useRef('');
  const params = { id: person.id };
  return (
    <PreviewAction
      small
      label="Delete person"
      title={`Delete ${person.displayName}?`}
      confirm="Delete"
      load={() => api.call('people.leave', { params })}
      show={({ numbers }) => (
        <>
          <p className={styles.words}>
            {person.displayName} no longer calls and is taken back at Microsoft. Calls and audit are kept.
          </p>
          <WordList
            title="The numbers"
            items={numbers.map(
              ({ number, fate, until }) =>
                `${telephone(number)} ${fate}${until ? `, until ${dayAndTime(until, zone)}` : ''}`,
            )}
            none="None."
          />
          <Field label="Reason, kept in the audit">
            <Input
              onChange={(_, { value }) => {
                reason.current = value.trim();
              }}
            />
          </Field>
        </>
      )}
      act={() =>
        api.call('people.delete', {
          params,
          query: reason.current ? { reason: reason.current } : {},
        })
      }
      done={() => {
        forget('people.list', 'provisioning.list');
        void navigate(paths.people());
        reread('numbers.', 'ranges.');
      }}
    />
  );
}
