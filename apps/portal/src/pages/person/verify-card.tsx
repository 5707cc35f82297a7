import { makeStyles, tokens } from '@fluentui/react-components';
import type { AuditEntryView, Person } from '@tandem/contract';
import { useQuery } from '@tanstack/react-query';
import { ask } from '../../api/client.ts';
import { useMay } from '../../api/session.ts';
import { Facts } from '../../parts/facts.tsx';
import { Ago } from '../../parts/instant.tsx';
import { Card } from '../../parts/page.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { dayAndTime, telephone } from '../../words/format.ts';
import { membershipPath } from '../../words/link.ts';

const useStyles = makeStyles({
  small: { display: 'block', color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
});

/** The newest entry in which the switch has another value than before. */
function switched(entries: readonly AuditEntryView[] | undefined): AuditEntryView | undefined {
  return entries?.find(
    ({ before, after }) =>
      typeof after?.teamsToggle === 'boolean' && before?.teamsToggle !== after.teamsToggle,
  );
}

/** What an administrator compares by hand: both numbers, the switch and who threw it, the way into the group. */
export function VerifyCard({ person, zone }: { readonly person: Person; readonly zone: string }) {
  const styles = useStyles();
  const { id } = person;
  const maySee = useMay('provisioning:read');
  const mayAudit = useMay('audit:read');
  const link = useQuery({
    ...ask('provisioning.person', { params: { id } }),
    enabled: maySee,
    refetchInterval: 15_000,
  });
  const membership = useQuery({ ...ask('people.membership', { params: { id } }), enabled: maySee });
  const audit = useQuery({
    ...ask('audit.list', {
      query: { account: person.accountId, object: id, action: 'person.', limit: 200 },
    }),
    enabled: mayAudit,
  });
  if (!maySee) return null;
  const theirs = link.data?.numberAtMicrosoft;
  const equal = link.data?.numbersEqual;
  const toggled = switched(audit.data?.items);
  const group = membership.data;
  return (
    <Card title="Both sides">
      <Facts
        rows={[
          ['Number here', person.numbers[0] ? telephone(person.numbers[0]) : 'none'],
          [
            'Number in Teams',
            link.data && (theirs === undefined ? 'not read' : theirs === null ? 'none' : telephone(theirs)),
          ],
          [
            'Equal',
            link.data && (
              <StateBadge
                key="equal"
                word={equal === undefined ? 'Not compared' : equal ? 'Equal' : 'Different'}
                tone={equal === undefined ? 'quiet' : equal ? 'good' : 'bad'}
              />
            ),
          ],
          [
            'Switch for Teams',
            <span key="switch">
              {person.teamsToggle ? 'on' : 'off'}
              {mayAudit && audit.data && (
                <span className={styles.small}>
                  {toggled
                    ? `by ${toggled.actor.name}, ${dayAndTime(toggled.at, zone)}`
                    : 'never changed since the audit began'}
                </span>
              )}
            </span>,
          ],
          [
            'In the enable group',
            group && (
              <span key="group">
                {group.status === 'member' ? membershipPath(group.group?.name, group.via) : group.sentence}
                <span className={styles.small}>
                  {group.held && 'Microsoft says no; a mass change waits for a decision. '}
                  {group.readAt ? (
                    <>
                      read <Ago at={group.readAt} zone={zone} />
                    </>
                  ) : (
                    'not read yet'
                  )}
                </span>
              </span>
            ),
          ],
        ]}
      />
    </Card>
  );
}
