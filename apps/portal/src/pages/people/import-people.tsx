import { Field, makeStyles, tokens } from '@fluentui/react-components';
import { useId, useState } from 'react';
import { useNavigate } from 'react-router';
import { api } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { useSession } from '../../api/session.ts';
import { AccountChoice } from '../../parts/filter-bar.tsx';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { paths } from '../../path-builder.ts';

const useStyles = makeStyles({
  words: { margin: 0 },
  code: { fontFamily: tokens.fontFamilyMonospace, overflowWrap: 'anywhere' },
});

const longest = 4_000_000;

/** A file of the visitor becomes a job that is previewed first. */
export function ImportPeople({ chosen }: { readonly chosen: string | undefined }) {
  const styles = useStyles();
  const session = useSession();
  const navigate = useNavigate();
  const id = useId();
  const [other, setOther] = useState<string>();
  const [file, setFile] = useState<File>();
  const account = session.accountId ?? other ?? chosen;
  const tooLong = file !== undefined && file.size > longest;
  return (
    <FormDialog
      label="Import CSV"
      title="Import people from a CSV file"
      confirm="Preview"
      ready={account !== undefined && file !== undefined && !tooLong}
      act={async () => {
        const csv = (await file?.text()) ?? '';
        return await api.call('jobs.create', {
          body: { kind: 'import-people', account: account ?? '', csv },
        });
      }}
      done={(job) => {
        setFile(undefined);
        reread('jobs.');
        void navigate(paths.job(job.id));
      }}
    >
      <p className={styles.words}>
        The first line names the columns, in any order:{' '}
        <span className={styles.code}>upn, displayName, mail, extension, number, teams, licence, active</span>
        . People are found by upn; who is new is created. A number is +12025550142, next, or empty. A column
        that is not there changes nothing.
      </p>
      <p className={styles.words}>
        An export has these columns. You see every row before anything is changed.
      </p>
      <AccountChoice value={account} onChoose={setOther} />
      <Field
        label={{ htmlFor: id, children: 'CSV file, up to 25,000 rows' }}
        validationState={tooLong ? 'error' : 'none'}
        validationMessage={tooLong ? 'The file is larger than 4 MB. Split it.' : null}
      >
        <input
          id={id}
          type="file"
          accept=".csv,text/csv"
          onChange={(event) => setFile(event.target.files?.[0])}
        />
      </Field>
    </FormDialog>
  );
}
