import { Button, Checkbox, Field, Input, makeStyles } from '@fluentui/react-components';
import { ApiError } from '@tandem/contract';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useNavigate } from 'react-router';
import { api } from '../api/client.ts';
import { reread } from '../api/reread.ts';
import { Card, Page } from '../parts/page.tsx';
import { ProblemView } from '../parts/problem-view.tsx';
import { Row } from '../parts/stack.tsx';
import { paths } from '../path-builder.ts';

const useStyles = makeStyles({ form: { display: 'grid', gap: '14px', maxWidth: '560px' } });

const wordsOf = (text: string): string[] => text.split(/[\s,;]+/).filter(Boolean);

/** The operator creates a customer; connecting Microsoft 365 is the next step. */
export function NewAccountPage() {
  const styles = useStyles();
  const navigate = useNavigate();
  const [name, setName] = useState('');
  const [domains, setDomains] = useState('');
  const [country, setCountry] = useState('');
  const [areaCode, setAreaCode] = useState('');
  const [timeZone, setTimeZone] = useState(() => Intl.DateTimeFormat().resolvedOptions().timeZone);
  const [mainNumber, setMainNumber] = useState('');
  const [teamsEnabled, setTeamsEnabled] = useState(true);
  const create = useMutation({
    mutationFn: () =>
      api.call('accounts.create', {
        body: {
          name: name.trim(),
          mailDomains: wordsOf(domains),
          country: country.trim().toUpperCase(),
          timeZone: timeZone.trim(),
          ...(areaCode.trim() && { areaCode: areaCode.trim() }),
          ...(mainNumber.trim() && { mainNumber: mainNumber.replace(/[\s().\-/]/g, '') }),
          teamsEnabled,
        },
      }),
    onSuccess: (account) => {
      reread('accounts.');
      void navigate(teamsEnabled ? paths.connectNew({ account: account.id }) : paths.accounts());
    },
  });
  const said = (path: string): string | undefined =>
    create.error instanceof ApiError
      ? create.error.problem?.errors?.find((one) => one.path.includes(path))?.message
      : undefined;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <Page title="New account" lead="One customer of this platform">
      <Card>
        <form className={styles.form} onSubmit={submit} style={{ paddingTop: '18px' }}>
          {create.error && <ProblemView error={create.error} />}
          <Field label="Name of the customer" required validationMessage={said('name') ?? null}>
            <Input value={name} onChange={(_, data) => setName(data.value)} />
          </Field>
          <Field
            label="Mail domains"
            hint="For example initech.example; several with spaces between"
            validationMessage={said('mailDomains') ?? null}
          >
            <Input
              value={domains}
              spellCheck={false}
              autoCapitalize="none"
              onChange={(_, data) => setDomains(data.value)}
            />
          </Field>
          <Field
            label="Country"
            required
            hint="Two letters, for example US"
            validationMessage={said('country') ?? null}
          >
            <Input value={country} maxLength={2} onChange={(_, data) => setCountry(data.value)} />
          </Field>
          <Field
            label="Area code"
            hint="For numbers that are dialled without one"
            validationMessage={said('areaCode') ?? null}
          >
            <Input value={areaCode} inputMode="numeric" onChange={(_, data) => setAreaCode(data.value)} />
          </Field>
          <Field
            label="Time zone"
            required
            hint="For example Europe/Berlin"
            validationMessage={said('timeZone') ?? null}
          >
            <Input value={timeZone} spellCheck={false} onChange={(_, data) => setTimeZone(data.value)} />
          </Field>
          <Field
            label="Main number"
            hint="International form with plus; may come later"
            validationMessage={said('mainNumber') ?? null}
          >
            <Input type="tel" value={mainNumber} onChange={(_, data) => setMainNumber(data.value)} />
          </Field>
          <Checkbox
            label="The account may use the Teams service"
            checked={teamsEnabled}
            onChange={(_, data) => setTeamsEnabled(data.checked === true)}
          />
          <Row>
            <Button
              type="submit"
              appearance="primary"
              disabled={!name.trim() || !country.trim() || !timeZone.trim() || create.isPending}
            >
              {teamsEnabled ? 'Create and connect Microsoft Teams' : 'Create'}
            </Button>
          </Row>
        </form>
      </Card>
    </Page>
  );
}
