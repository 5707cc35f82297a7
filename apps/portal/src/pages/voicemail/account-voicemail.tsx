import { Button, Field, Input } from '@fluentui/react-components';
import type { VoicemailOfAccount } from '@tandem/contract';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask, queries } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { useMay, useSession } from '../../api/session.ts';
import { EmptyState } from '../../parts/empty-state.tsx';
import { AccountChoice, Choice, FilterBar } from '../../parts/filter-bar.tsx';
import { Card, Page } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { Row, Stack } from '../../parts/stack.tsx';
import { useFilters } from '../../parts/use-filters.ts';
import { countWords, ownerWords } from '../../words/voicemail.ts';
import { Greeting } from './greeting.tsx';

/** Who takes messages in an account. Messages are their owners' alone: nobody who administers sees or hears one. */
export function AccountVoicemail() {
  const session = useSession();
  const { get, set } = useFilters();
  const account = session.accountId ?? get('account');
  const settings = useQuery({
    ...ask('voicemail.account', { params: { id: account ?? '' } }),
    enabled: account !== undefined,
  });
  return (
    <Page
      title="Voicemail"
      lead={settings.data ? countWords(settings.data) : 'Who takes messages for people who do not answer'}
    >
      {session.accountId === undefined && (
        <Card bare>
          <FilterBar>
            <AccountChoice value={account} onChoose={(id) => set({ account: id })} />
          </FilterBar>
          {account === undefined && (
            <EmptyState title="Choose an account">Each account chooses who takes its messages.</EmptyState>
          )}
        </Card>
      )}
      {settings.error && <ProblemView error={settings.error} retry={() => void settings.refetch()} />}
      {settings.data && <SettingsCard key={settings.data.accountId} settings={settings.data} />}
    </Page>
  );
}

interface Draft {
  readonly owner: VoicemailOfAccount['owner'];
  readonly maxSeconds: string;
  readonly retentionDays: string;
}

const within = (text: string, least: number, most: number): boolean =>
  /^[0-9]{1,4}$/.test(text) && Number(text) >= least && Number(text) <= most;

function SettingsCard({ settings }: { readonly settings: VoicemailOfAccount }) {
  const mayWrite = useMay('voicemail:account-write');
  const { accountId: id, greetingMs, announcementMs } = settings;
  const stands: Draft = {
    owner: settings.owner,
    maxSeconds: String(settings.maxSeconds),
    retentionDays: String(settings.retentionDays),
  };
  const [typed, setTyped] = useState<Partial<Draft>>({});
  const draft = { ...stands, ...typed };
  const save = useMutation({
    mutationFn: () =>
      api.call('voicemail.changeAccount', {
        params: { id },
        body: {
          owner: draft.owner,
          maxSeconds: Number(draft.maxSeconds),
          retentionDays: Number(draft.retentionDays),
        },
      }),
    onSuccess: (answer) => {
      queries.setQueryData(ask('voicemail.account', { params: { id } }).queryKey, answer);
      setTyped({});
    },
    onSettled: () => reread('voicemail.'),
  });
  const changed = Object.entries(typed).some(([key, value]) => value !== stands[key as keyof Draft]);
  const lengthFits = within(draft.maxSeconds, 10, 600);
  const daysFit = within(draft.retentionDays, 1, 365);
  return (
    <Stack>
      <Card title="Who takes messages">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (changed && lengthFits && daysFit && !save.isPending) save.mutate();
          }}
        >
          <Stack>
            {save.error && <ProblemView error={save.error} />}
            <Choice
              label="Messages are taken by"
              value={draft.owner}
              options={[
                ['teams', ownerWords.teams],
                ['platform', ownerWords.platform],
              ]}
              onChoose={(value) => setTyped({ ...typed, owner: value === 'platform' ? 'platform' : 'teams' })}
            />
            <span>
              {draft.owner === 'platform'
                ? 'A mailbox here answers after the account’s ring time. Voicemail of Teams must be off for these people, or Teams may answer first.'
                : 'Calls go on ringing in Teams until Teams takes the message, as it was set up there.'}{' '}
              People may choose otherwise for themselves.
            </span>
            <Row>
              <Field
                label="Longest message, seconds"
                validationState={lengthFits ? 'none' : 'error'}
                validationMessage={lengthFits ? null : 'From 10 to 600'}
              >
                <Input
                  type="number"
                  value={draft.maxSeconds}
                  disabled={!mayWrite}
                  onChange={(_, data) => setTyped({ ...typed, maxSeconds: data.value })}
                />
              </Field>
              <Field
                label="Messages are kept, days"
                validationState={daysFit ? 'none' : 'error'}
                validationMessage={daysFit ? null : 'From 1 to 365'}
              >
                <Input
                  type="number"
                  value={draft.retentionDays}
                  disabled={!mayWrite}
                  onChange={(_, data) => setTyped({ ...typed, retentionDays: data.value })}
                />
              </Field>
            </Row>
            {mayWrite && (
              <Row>
                <Button
                  type="submit"
                  appearance="primary"
                  disabled={!changed || !lengthFits || !daysFit || save.isPending}
                >
                  Save settings
                </Button>
                {changed && <span role="status">Not saved yet.</span>}
              </Row>
            )}
          </Stack>
        </form>
      </Card>
      {mayWrite && (
        <Card title="Greeting">
          <Greeting
            whose="the account’s"
            lengthMs={greetingMs}
            otherwise="Callers of people without a greeting of their own hear three rising tones, twice, and then the beep."
            put={(wav) => api.call('voicemail.greetAccount', { params: { id }, body: { wav } })}
            remove={() => api.call('voicemail.ungreetAccount', { params: { id } })}
          />
        </Card>
      )}
      {mayWrite && (
        <Card title="Number not in service">
          <Greeting
            whose="the account’s"
            what="announcement"
            lengthMs={announcementMs}
            otherwise="Callers of somebody who left, and for whom nobody is rung, hear the special information tone three times before the call is refused."
            put={(wav) => api.call('voicemail.announceAccount', { params: { id }, body: { wav } })}
            remove={() => api.call('voicemail.unannounceAccount', { params: { id } })}
          />
        </Card>
      )}
    </Stack>
  );
}
