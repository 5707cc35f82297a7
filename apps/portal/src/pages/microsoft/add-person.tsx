import { makeStyles } from '@fluentui/react-components';
import { useNavigate } from 'react-router';
import { api } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { PreviewAction } from '../../parts/preview-action.tsx';
import { WordList } from '../../parts/word-list.tsx';
import { paths } from '../../path-builder.ts';
import { telephone } from '../../words/format.ts';

const useStyles = makeStyles({ words: { margin: 0 } });

/** Somebody of the tenant becomes a person here, with the next free number; the number is shown before it is given. */
export function AddPerson({
  account,
  who,
  open,
  label,
}: {
  readonly account: string;
  readonly who: { readonly displayName: string; readonly upn: string; readonly mail?: string | undefined };
  /** Opens the page of the person afterwards. */
  readonly open?: boolean;
  /** What the button says before the name; "Add" unless given. */
  readonly label?: string;
}) {
  const styles = useStyles();
  const navigate = useNavigate();
  return (
    <PreviewAction
      label={`${label ?? 'Add'} ${who.displayName}`}
      title={`Add ${who.displayName}?`}
      confirm="Add"
      small
      load={() => api.call('numbers.suggest', { query: { account } })}
      show={({ number, range }) => (
        <>
          <WordList
            title="Here"
            items={[
              `${who.displayName} (${who.upn}), with calls in Teams switched on`,
              number
                ? `Number ${telephone(number)}${range ? ` of ${range}` : ''}`
                : 'No number: none is free',
            ]}
          />
          <p className={styles.words}>
            Number and policies are written at Microsoft as soon as everything else is in order.
          </p>
        </>
      )}
      act={({ number }) =>
        api.call('people.create', {
          body: {
            account,
            displayName: who.displayName,
            upn: who.upn,
            ...(who.mail !== undefined && { mail: who.mail }),
            ...(number !== undefined && { number }),
          },
        })
      }
      done={(person) => {
        reread('people.', 'provisioning.', 'directory.', 'numbers.', 'ranges.');
        if (open) void navigate(paths.person(person.id));
      }}
    />
  );
}
