import { makeStyles, tokens } from '@fluentui/react-components';
import type { Person, PersonProvisioning } from '@tandem/contract';
import { useQuery } from '@tanstack/react-query';
import { ask } from '../../api/client.ts';
import { Facts } from '../../parts/facts.tsx';
import { TextLink } from '../../parts/link.tsx';
import { Card } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { paths } from '../../path-builder.ts';
import { policyWords } from '../../words/provisioning.ts';
import { DriftCard } from './drift-card.tsx';
import { LinkCard } from './link-card.tsx';
import { StepsCard } from './steps-card.tsx';

const useStyles = makeStyles({
  words: { margin: 0 },
  small: { display: 'block', color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
});

/** How the person stands with Microsoft, and how that came about. */
export function ProvisioningTab({ person, zone }: { readonly person: Person; readonly zone: string }) {
  const styles = useStyles();
  const link = useQuery({
    ...ask('provisioning.person', { params: { id: person.id } }),
    refetchInterval: 5_000,
  });
  if (!link.data) return link.error && <ProblemView error={link.error} retry={() => void link.refetch()} />;
  return (
    <>
      {link.data.connectionId === undefined && (
        <Card>
          <p className={styles.words}>
            No connection with Microsoft 365 looks at this person.{' '}
            <TextLink to={paths.microsoft()}>See the connections</TextLink>
          </p>
        </Card>
      )}
      <LinkCard person={person} link={link.data} zone={zone} />
      <DriftCard link={link.data} zone={zone} />
      <PoliciesCard link={link.data} />
      <StepsCard personId={person.id} zone={zone} />
    </>
  );
}

function PoliciesCard({ link }: { readonly link: PersonProvisioning }) {
  const styles = useStyles();
  if (link.policies.length === 0) return null;
  return (
    <Card title="Policies">
      <Facts
        rows={link.policies.map(
          ({ field, wanted, atMicrosoft, assignedBy }) =>
            [
              policyWords[field],
              <span key={field}>
                {wanted ?? 'none wanted'}
                <span className={styles.small}>
                  {atMicrosoft === undefined
                    ? 'not read at Microsoft'
                    : `at Microsoft: ${atMicrosoft ?? 'none'}${assignedBy ? `, ${assignedBy}` : ''}`}
                </span>
              </span>,
            ] as const,
        )}
      />
    </Card>
  );
}
