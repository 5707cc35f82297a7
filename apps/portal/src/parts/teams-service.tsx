import type { Account } from '@tandem/contract';
import { api } from '../api/client.ts';
import { reread } from '../api/reread.ts';
import { useMay } from '../api/session.ts';
import { PreviewAction } from './preview-action.tsx';
import { WordList } from './word-list.tsx';

/** The operator lets an account use the Teams service, or ends it. */
export function TeamsService({ account }: { readonly account: Account }) {
  const mayWrite = useMay('accounts:write');
  if (!mayWrite) return null;
  const { enabled } = account.teams;
  return (
    <PreviewAction
      small
      label={enabled ? 'End the Teams service' : 'Enable the Teams service'}
      title={`${enabled ? 'End' : 'Enable'} the Teams service for ${account.name}?`}
      load={() => Promise.resolve(enabled)}
      show={(on) =>
        on ? (
          <WordList
            title="At once"
            items={[
              'Nobody of the account calls from Teams any more, and nobody new is set up.',
              'Numbers are taken back at Microsoft.',
              'It can be enabled again; what was set up is kept.',
            ]}
          />
        ) : (
          <WordList
            title="From then on"
            items={['Administrators of the account can connect Microsoft 365 and set people up.']}
          />
        )
      }
      act={(on) =>
        api.call('accounts.change', { params: { id: account.id }, body: { teams: { enabled: !on } } })
      }
      done={() => reread('accounts.', 'people.', 'connections.')}
    />
  );
}
