import { makeStyles } from '@fluentui/react-components';
import type { Connection, Provisioning } from '@tandem/contract';
import { TextLink } from '../../../parts/link.tsx';
import { Row, Stack } from '../../../parts/stack.tsx';
import { paths } from '../../../path-builder.ts';
import { FunnelCard } from '../funnel-card.tsx';
import { HeldChanges } from '../held-changes.tsx';
import { UnmatchedCard } from '../unmatched-card.tsx';
import { GoLiveJobs } from './go-live-jobs.tsx';

const useStyles = makeStyles({ words: { margin: 0 } });

/** Everybody: what is left to do, and where. */
export function LiveStep({
  connection,
  provisioning,
}: {
  readonly connection: Connection;
  readonly provisioning: Provisioning | undefined;
}) {
  const styles = useStyles();
  const account = connection.accountId;
  return (
    <Stack>
      <p className={styles.words}>
        Whoever joins the group is set up from now on by itself. Here is how far everybody is; what somebody
        has to do stands in the list of things to do.
      </p>
      <Row>
        <TextLink to={paths.people({ account })}>People</TextLink>
        <TextLink to={paths.actionItems({ account })}>Things to do</TextLink>
        <TextLink to={paths.connection(connection.id, { tab: 'people' })}>All settings</TextLink>
      </Row>
      <GoLiveJobs account={account} />
      {provisioning && (
        <>
          <HeldChanges connection={connection} provisioning={provisioning} />
          <FunnelCard connection={connection} provisioning={provisioning} />
        </>
      )}
      <UnmatchedCard connection={connection} />
    </Stack>
  );
}
