import type { VoicemailOfPerson } from '@tandem/contract';
import { useMutation } from '@tanstack/react-query';
import { api } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { Choice } from '../../parts/filter-bar.tsx';
import { Card } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { Stack } from '../../parts/stack.tsx';
import { ownerSentences, ownerWords } from '../../words/voicemail.ts';
import { Greeting } from './greeting.tsx';

/** Who takes one's messages, and what callers hear first. */
export function MailboxCard({ settings }: { readonly settings: VoicemailOfPerson }) {
  const { personId: id, owner, chosen, ofAccount, greetingMs, accountGreetingMs } = settings;
  const choose = useMutation({
    mutationFn: (value: string) =>
      api.call('voicemail.choose', {
        params: { id },
        body: { owner: value === 'teams' || value === 'platform' ? value : null },
      }),
    onSettled: () => reread('voicemail.'),
  });
  return (
    <Card title="My mailbox">
      <Stack>
        {choose.error && <ProblemView error={choose.error} />}
        <Choice
          label="Who takes my messages"
          value={chosen ?? ''}
          options={[
            ['', `As my account: ${ownerWords[ofAccount]}`],
            ['platform', ownerWords.platform],
            ['teams', ownerWords.teams],
          ]}
          onChoose={(value) => choose.mutate(value)}
        />
        <span role="status">{ownerSentences[owner]}</span>
        {owner === 'platform' && (
          <Greeting
            whose="my"
            lengthMs={greetingMs}
            otherwise={
              accountGreetingMs === undefined
                ? 'Callers hear three rising tones, twice, and then the beep.'
                : 'Callers hear the greeting of your account.'
            }
            put={(wav) => api.call('voicemail.greet', { params: { id }, body: { wav } })}
            remove={() => api.call('voicemail.ungreet', { params: { id } })}
          />
        )}
      </Stack>
    </Card>
  );
}
