import { Field, Input, makeStyles, tokens } from '@fluentui/react-components';
import type { NumberRange, RangePlace } from '@tandem/contract';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { useMay, useSession } from '../../api/session.ts';
import { AccountChoice } from '../../parts/filter-bar.tsx';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { TextLink } from '../../parts/link.tsx';
import { Card } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { paths } from '../../path-builder.ts';
import { plainNumber, telephone } from '../../words/format.ts';

const useStyles = makeStyles({
  list: { listStyleType: 'none', margin: 0, padding: 0, display: 'grid', gap: '10px' },
  row: { display: 'flex', flexWrap: 'wrap', gap: '4px 16px', alignItems: 'center' },
  small: { color: tokens.colorNeutralForeground2 },
  free: { fontWeight: tokens.fontWeightSemibold },
  end: { marginLeft: 'auto' },
  words: { margin: 0 },
});

/** The ranges with what is free in each; a range brings its numbers into stock. */
export function RangesCard({ account }: { readonly account: string | undefined }) {
  const styles = useStyles();
  const mayWrite = useMay('numbers:write');
  const { data, error, refetch } = useQuery(ask('ranges.list', { query: { account } }));
  const operator = useSession().accountId === undefined;
  const accounts = useQuery({ ...ask('accounts.list', { query: { limit: 200 } }), enabled: operator });
  return (
    <Card title="Ranges" aside={mayWrite && <NewRange chosen={account} />}>
      {error && <ProblemView error={error} retry={() => void refetch()} />}
      {data?.items.length === 0 && (
        <p className={styles.words}>
          No range yet. A range brings its numbers into stock, to be given in order.
        </p>
      )}
      <ul className={styles.list} aria-label="Ranges">
        {data?.items.map((range) => (
          <li key={range.id} className={styles.row}>
            <TextLink to={paths.numbers({ ...(account && { account }), range: range.id })}>
              {range.name}
            </TextLink>
            <span className={styles.small}>
              {telephone(range.first)} to {telephone(range.last)}
              {operator && `, ${accounts.data?.items.find(({ id }) => id === range.accountId)?.name ?? ''}`}
            </span>
            <span className={styles.free}>
              {range.free.toLocaleString('en')} of {range.size.toLocaleString('en')} free
            </span>
            {range.when && <span className={styles.small}>{forWhom(range.when)}</span>}
            {mayWrite && (
              <span className={styles.end}>
                <ForWhom range={range} />
                <FormDialog
                  small
                  subtle
                  label="Remove"
                  what={range.name}
                  title={`Take the range ${range.name} away?`}
                  confirm="Remove"
                  act={() => api.call('ranges.delete', { params: { id: range.id } })}
                  done={() => reread('ranges.', 'numbers.')}
                >
                  <p className={styles.words}>
                    Its {range.size.toLocaleString('en')} numbers leave the stock. It is refused while
                    somebody has one of them.
                  </p>
                </FormDialog>
              </span>
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}

const forWhom = ({ city, department }: RangePlace): string =>
  `for ${[city, department].filter((one) => one !== undefined).join(', ')}`;

/** For whom a range is: those of a city or department get their numbers from it, one by one or by the thousand. */
function ForWhom({ range }: { readonly range: NumberRange }) {
  const styles = useStyles();
  const [place, setPlace] = useState<PlaceText>({
    city: range.when?.city ?? '',
    department: range.when?.department ?? '',
  });
  return (
    <FormDialog
      small
      subtle
      label="For whom"
      what={range.name}
      title={`Who gets numbers of ${range.name}?`}
      confirm="Save"
      act={() =>
        api.call('ranges.change', { params: { id: range.id }, body: { when: placeOf(place) ?? null } })
      }
      done={() => reread('ranges.', 'numbers.')}
    >
      <p className={styles.words}>Both empty: everybody.</p>
      <PlaceFields place={place} onChange={setPlace} />
    </FormDialog>
  );
}

interface PlaceText {
  readonly city: string;
  readonly department: string;
}
function placeOf({ city, department }: PlaceText): RangePlace | undefined {
  const said = {
    ...(city.trim() && { city: city.trim() }),
    ...(department.trim() && { department: department.trim() }),
  };
  return Object.keys(said).length === 0 ? undefined : said;
}

function PlaceFields({
  place,
  onChange,
}: {
  readonly place: PlaceText;
  readonly onChange: (place: PlaceText) => void;
}) {
  return (
    <>
      <Field label="City" hint="As Entra says it of a person, for example London">
        <Input value={place.city} onChange={(_, { value }) => onChange({ ...place, city: value })} />
      </Field>
      <Field label="Department" hint="With a city: both must be so">
        <Input
          value={place.department}
          onChange={(_, { value }) => onChange({ ...place, department: value })}
        />
      </Field>
    </>
  );
}

const nowhere: PlaceText = { city: '', department: '' };

function NewRange({ chosen }: { readonly chosen: string | undefined }) {
  const session = useSession();
  const [other, setOther] = useState<string>();
  const [form, setForm] = useState({ name: '', first: '', last: '' });
  const [place, setPlace] = useState(nowhere);
  const account = session.accountId ?? other ?? chosen;
  const set = (change: Partial<typeof form>): void => setForm((old) => ({ ...old, ...change }));
  return (
    <FormDialog
      small
      label="New range"
      title="Add a range of numbers"
      confirm="Add"
      ready={account !== undefined && Object.values(form).every((one) => one.trim() !== '')}
      act={() =>
        api.call('ranges.create', {
          body: {
            account: account ?? '',
            name: form.name,
            first: plainNumber(form.first),
            last: plainNumber(form.last),
            ...(placeOf(place) && { when: placeOf(place) }),
          },
        })
      }
      done={() => {
        setForm({ name: '', first: '', last: '' });
        setPlace(nowhere);
        reread('ranges.', 'numbers.');
      }}
    >
      <AccountChoice value={account} onChoose={setOther} />
      <Field label="Name of the range" required hint="For example Main office">
        <Input value={form.name} onChange={(_, { value }) => set({ name: value })} />
      </Field>
      <Field label="First number" required hint="International form, for example +1 202 555 0100">
        <Input type="tel" value={form.first} onChange={(_, { value }) => set({ first: value })} />
      </Field>
      <Field label="Last number" required hint="At most 10,000 numbers in one range">
        <Input type="tel" value={form.last} onChange={(_, { value }) => set({ last: value })} />
      </Field>
      <PlaceFields place={place} onChange={setPlace} />
    </FormDialog>
  );
}
