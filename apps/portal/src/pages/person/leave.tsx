import { Field, Input, makeStyles } from '@fluentui/react-components';
import type { Person, RouteOutput } from '@tandem/contract';
import { useQuery } from '@tanstack/react-query';
import { type RefObject, useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import { api, ask } from '../../api/client.ts';
import { forget, reread } from '../../api/reread.ts';
import { type LeaverDraft, LeaverTarget } from '../../parts/leaver-target.tsx';
import { PreviewAction } from '../../parts/preview-action.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { WordList } from '../../parts/word-list.tsx';
import { paths } from '../../path-builder.ts';
import { dayAndTime, telephone } from '../../words/format.ts';

const useStyles = makeStyles({ words: { margin: 0 } });

/** Somebody leaves; what becomes of the numbers, and whom callers reach meanwhile, is said before. */
export function Leave({ person, zone }: { readonly person: Person; readonly zone: string }) {
  const navigate = useNavigate();
  // The dialog shows what was previewed and is not drawn again as somebody types.
  const reason = useRef('');
  const forward = useRef<LeaverDraft>(null);
  const params = { id: person.id };
  return (
    <PreviewAction
      small
      label="Delete person"
      title={`Delete ${person.displayName}?`}
      confirm="Delete"
      load={() => {
        forward.current = null;
        reason.current = '';
        return api.call('people.leave', { params });
      }}
      show={(preview) => (
        <LeaveWords person={person} zone={zone} preview={preview} reason={reason} forward={forward} />
      )}
      act={() => {
        const to = forwardWord(forward.current);
        return api.call('people.delete', {
          params,
          query: {
            ...(reason.current && { reason: reason.current }),
            ...(to !== undefined && { forward: to }),
          },
        });
      }}
      done={() => {
        forget('people.list', 'provisioning.list');
        void navigate(paths.people());
        reread('numbers.', 'ranges.');
      }}
    />
  );
}

/** As the API wants it; undefined: by the rule that stands, also while nobody was named yet. */
function forwardWord(choice: LeaverDraft): string | undefined {
  if (!choice) return undefined;
  if (choice.kind === 'announcement' || choice.kind === 'voicemail') return 'nobody';
  if (choice.kind === 'person') return choice.personId;
  return choice.kind === 'queue' ? choice.queueId : choice.number;
}

function LeaveWords({
  person,
  zone,
  preview,
  reason,
  forward,
}: {
  readonly person: Person;
  readonly zone: string;
  readonly preview: RouteOutput<'people.leave'>;
  readonly reason: RefObject<string>;
  readonly forward: RefObject<LeaverDraft>;
}) {
  const styles = useStyles();
  const [choice, setChoice] = useState<LeaverDraft>(null);
  const to = forwardWord(choice);
  const { data, error } = useQuery({
    ...ask('people.leave', { params: { id: person.id }, query: { forward: to } }),
    enabled: to !== undefined,
  });
  const { numbers } = data ?? preview;
  return (
    <>
      <p className={styles.words}>
        {person.displayName} no longer calls and is taken back at Microsoft. Calls and audit are kept.
      </p>
      {person.numbers.length > 0 && (
        <LeaverTarget
          label="Callers meanwhile"
          accountId={person.accountId}
          value={choice}
          byAccount="By the rule that stands"
          leaverId={person.id}
          deleted
          change={(next) => {
            forward.current = next;
            setChoice(next);
          }}
        />
      )}
      {error && <ProblemView error={error} />}
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
  );
}
