import { makeStyles, tokens } from '@fluentui/react-components';
import type { Presence } from '@tandem/contract';
import { microsoftWord, sourceWords } from '../words/presence.ts';
import { Facts } from './facts.tsx';
import { Ago, Until } from './instant.tsx';
import { Card } from './page.tsx';
import { PresenceMark } from './presence-mark.tsx';

const useStyles = makeStyles({
  sentence: { margin: '0 0 14px' },
  none: { margin: 0, color: tokens.colorNeutralForeground2 },
});

const pair = ({
  availability,
  activity,
}: {
  availability: string | null;
  activity: string | null;
}): string =>
  availability === activity
    ? microsoftWord(availability)
    : `${microsoftWord(availability)}, ${microsoftWord(activity).toLowerCase()}`;

/** What the person is doing, who says so, and what we asked Teams to show. */
export function PresenceCard({
  presence,
  zone,
}: {
  readonly presence: Presence | undefined;
  readonly zone: string;
}) {
  const styles = useStyles();
  return (
    <Card title="Presence" aside={<PresenceMark presence={presence} />}>
      {presence ? (
        <>
          <p className={styles.sentence}>{presence.sentence}</p>
          <Facts
            rows={[
              ['Comes from', sourceWords[presence.source]],
              ['Since', presence.since && <Ago at={presence.since} zone={zone} />],
              ['Teams said', presence.teams ? pair(presence.teams) : 'not read yet'],
              ['Read in Teams', presence.teams && <Ago at={presence.teams.readAt} zone={zone} />],
              ['We asked Teams to show', presence.written && pair(presence.written)],
              [
                'Asked until, unless renewed',
                presence.written && <Until at={presence.written.leaseEndsAt} zone={zone} />,
              ],
            ]}
          />
        </>
      ) : (
        <p className={styles.none}>
          Nothing is known: presence has not been read for this person, and there is no call of theirs here.
        </p>
      )}
    </Card>
  );
}
