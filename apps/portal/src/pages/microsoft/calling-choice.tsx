import { Field, makeStyles, Select, tokens } from '@fluentui/react-components';
import type { RoutingDomainView } from '@tandem/contract';
import { useMutation } from '@tanstack/react-query';
import { api, queries } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { ProblemView } from '../../parts/problem-view.tsx';
import { Stack } from '../../parts/stack.tsx';

const useStyles = makeStyles({
  // A select is as wide as its longest choice unless told otherwise.
  choice: { minWidth: 0, maxWidth: '320px', '& select': { width: '100%', minWidth: 0 } },
  small: { margin: 0, color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
});

type Music = NonNullable<RoutingDomainView['routing']['calling']>['holdMusic'];

/** Whether the script also writes who takes messages and who plays music to whoever is on hold. */
export function CallingChoice({ domain }: { readonly domain: RoutingDomainView }) {
  const styles = useStyles();
  const { id, voicemail, routing } = domain;
  const choose = useMutation({
    mutationFn: (holdMusic: Music | null) =>
      api.call('routingDomains.calling', { params: { id }, body: { holdMusic } }),
    onSuccess: (read) => {
      queries.setQueryData(['routingDomains.read', { params: { id } }], read);
      reread('routingDomains.list', 'provisioning.');
    },
  });
  return (
    <Stack>
      {choose.error && <ProblemView error={choose.error} />}
      <Field label="Voicemail and hold music in Teams">
        <Select
          className={styles.choice}
          value={routing.calling?.holdMusic ?? ''}
          disabled={choose.isPending}
          onChange={(_, { value }) => choose.mutate(value === '' ? null : (value as Music))}
        >
          <option value="">Left as they are</option>
          <option value="teams">By the script, music by Teams</option>
          <option value="none">By the script, no music</option>
        </Select>
      </Field>
      {routing.calling && (
        <p className={styles.small}>
          {voicemail === 'platform'
            ? 'The platform takes messages, as the account chose, so Teams takes none.'
            : 'Teams takes messages where the person lets it, as the account chose.'}{' '}
          Get the script anew and let it run; then choose {routing.calling.policy} as the calling policy under
          “Who calls”, so that people get it.
        </p>
      )}
    </Stack>
  );
}
