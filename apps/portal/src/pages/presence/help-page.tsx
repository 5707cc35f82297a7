import { makeStyles, tokens } from '@fluentui/react-components';
import { Card, Page } from '../../parts/page.tsx';

const useStyles = makeStyles({
  list: { margin: 0, paddingLeft: '20px', display: 'grid', gap: '6px' },
  words: { margin: '0 0 8px' },
  small: { margin: '10px 0 0', color: tokens.colorNeutralForeground2 },
});

interface Example {
  readonly title: string;
  readonly when: string;
  readonly what: readonly string[];
  /** `npm run rehearse -- NAME` plays it. */
  readonly story: string;
}

/** Each is played by a rehearsal, so that what stands here is what happens. */
const examples: readonly Example[] = [
  {
    title: 'You set “Do not disturb” in Teams',
    when: 'Your status in Teams becomes Do not disturb, by your own hand.',
    what: [
      'Within seconds you show Do not disturb here too.',
      'Direct calls do not ring: callers get what you chose for calls that may not ring. Important callers ring all the same.',
      'Queues pass you over and offer the call to the next member.',
      'When you end it in Teams, everything rings again. Nothing is written back to Teams.',
    ],
    story: 'presence-dnd-in-teams',
  },
  {
    title: 'You call out from a desk phone',
    when: 'You dial on the phone on your desk and the other side answers.',
    what: [
      'You show On a call here at once, and In a call in Teams within seconds.',
      'Queues offer you nothing while you talk.',
      'After you hang up, Teams shows again what it showed before. “Available” is never forced.',
      'Should this platform die in the middle of the call, Teams forgets the call by itself within five minutes.',
    ],
    story: 'presence-desk-phone-call',
  },
  {
    title: 'You appear offline',
    when: 'You choose Appear offline in Teams.',
    what: [
      'Colleagues see you as offline here too.',
      'Direct calls still ring: nobody should lose a call because a colleague wants to be left in peace by chat.',
      'Queues pass you over.',
    ],
    story: 'presence-appear-offline',
  },
  {
    title: 'You are in a meeting, and your account says “Do not accept any calls”',
    when: 'Teams shows In a meeting, and an administrator chose that rule for meetings.',
    what: [
      'You show Do not disturb here for as long as the meeting lasts.',
      'Neither direct calls nor calls of queues ring; important callers do.',
      'Teams goes on showing In a meeting: a rule never writes to Teams, so nothing sticks there afterwards.',
    ],
    story: 'presence-meeting-no-calls',
  },
];

/** Worked examples for users (B45). */
export function PresenceHelpPage() {
  const styles = useStyles();
  return (
    <Page title="Presence by examples" lead="What happens when, here and in Teams">
      {examples.map(({ title, when, what, story }) => (
        <Card key={story} title={title}>
          <p className={styles.words}>{when}</p>
          <ul className={styles.list}>
            {what.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
          <p className={styles.small}>
            Rehearsed as <code>{story}</code>.
          </p>
        </Card>
      ))}
      <Card title="It shows something wrong?">
        <p className={styles.words}>
          Open “My presence” and press “Fix my presence”. It takes back everything that this platform set,
          reads Teams again and shows what says what. If the rest is your own choice in Teams, it says so:
          there, choose your picture, your status, then “Reset status”.
        </p>
      </Card>
    </Page>
  );
}
