import { Button, makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { CheckmarkCircleFilled, CircleRegular, ClockRegular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import { ask } from '../../api/client.ts';
import { useSession } from '../../api/session.ts';
import { CopyLink } from '../../parts/copy-link.tsx';
import { Card, Page } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { Row, Stack } from '../../parts/stack.tsx';
import { useFilters } from '../../parts/use-filters.ts';
import { paths } from '../../path-builder.ts';
import { tenantName, turnWords } from '../../words/connection.ts';
import { BeginStep } from './steps/begin-step.tsx';
import { ConnectStep } from './steps/connect-step.tsx';
import { GroupStep } from './steps/group-step.tsx';
import { LiveStep } from './steps/live-step.tsx';
import { NumbersStep } from './steps/numbers-step.tsx';
import { PilotStep } from './steps/pilot-step.tsx';
import { RoutingStep } from './steps/routing-step.tsx';
import { TenantStep } from './steps/tenant-step.tsx';
import { VoiceStep } from './steps/voice-step.tsx';
import { useRoutingDomains } from './use-routing-domains.ts';
import { currentStep, judgeSteps, type WizardStep, type WizardStepKey, wizardSteps } from './wizard-steps.ts';

const useStyles = makeStyles({
  columns: {
    display: 'grid',
    gridTemplateColumns: '250px minmax(0, 1fr)',
    gap: '20px',
    alignItems: 'start',
    '@media (max-width: 1080px)': { gridTemplateColumns: 'minmax(0, 1fr)' },
  },
  list: {
    listStyleType: 'none',
    margin: 0,
    padding: 0,
    display: 'grid',
    gap: '2px',
    '@media (max-width: 1080px)': { gridTemplateColumns: 'repeat(auto-fill, minmax(190px, 1fr))' },
  },
  step: {
    display: 'grid',
    gridTemplateColumns: '24px minmax(0, 1fr)',
    gap: '0 10px',
    padding: '8px 10px',
    borderRadius: tokens.borderRadiusMedium,
    color: tokens.colorNeutralForeground1,
    textDecorationLine: 'none',
    ':hover': { backgroundColor: tokens.colorNeutralBackground1Hover },
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
  here: {
    backgroundColor: tokens.colorBrandBackground2,
    color: tokens.colorBrandForeground2,
    fontWeight: tokens.fontWeightSemibold,
  },
  far: { color: tokens.colorNeutralForeground2 },
  icon: { display: 'inline-flex', fontSize: '20px', paddingTop: '1px' },
  done: { color: tokens.colorStatusSuccessForeground1 },
  whose: { gridColumn: '2', fontSize: tokens.fontSizeBase200, fontWeight: tokens.fontWeightRegular },
});

/** A new connection: nothing exists yet but the account. */
export function NewConnectionPage() {
  return (
    <Page title="Connect Microsoft Teams" lead="You can leave at any step and come back: nothing is lost">
      <Frame
        steps={judgeSteps({
          connection: undefined,
          domain: undefined,
          provisioning: undefined,
          numbers: undefined,
          people: undefined,
        })}
        shown="connect"
        to={() => paths.connectNew()}
      >
        <Card title="1. Connect">
          <BeginStep />
        </Card>
      </Frame>
    </Page>
  );
}

/** The wizard of one connection. Which step is shown follows from the API's state unless the address names one. */
export function WizardPage() {
  const id = useParams().id ?? '';
  const { get, set } = useFilters();
  const {
    data: connection,
    error,
    refetch,
  } = useQuery({ ...ask('connections.read', { params: { id } }), refetchInterval: 3_000 });
  const account = connection?.accountId;
  const domains = useRoutingDomains(connection?.id, account);
  const works = connection?.works === true;
  const provisioning = useQuery({
    ...ask('provisioning.read', { params: { id } }),
    enabled: works,
    refetchInterval: 4_000,
    retry: false,
  });
  const numbers = useQuery({
    ...ask('numbers.list', { query: { account, limit: 1 } }),
    enabled: works,
    refetchInterval: 10_000,
  });
  const people = useQuery({
    ...ask('people.list', { query: { account, limit: 25 } }),
    enabled: works,
    refetchInterval: 5_000,
  });
  const asked = wizardSteps.find(({ key }) => key === get('step'))?.key;
  if (!connection) {
    return (
      <Page title="Connect Microsoft Teams">
        {error && <ProblemView error={error} retry={() => void refetch()} />}
      </Page>
    );
  }
  const domain = domains.items[0];
  const steps = judgeSteps({
    connection,
    domain,
    provisioning: provisioning.data,
    numbers: numbers.data?.total ?? numbers.data?.items.length,
    people: people.data?.total ?? people.data?.items.length,
  });
  const settled =
    !works ||
    (domains.known && !provisioning.isPending && numbers.data !== undefined && people.data !== undefined);
  const wanted = steps.find(({ key, reachable }) => key === asked && reachable)?.key;
  const shown = wanted ?? (settled ? currentStep(steps) : 'connect');
  const index = steps.findIndex(({ key }) => key === shown);
  const next = steps[index + 1];
  const goOn = (): void => set({ step: next?.key });
  return (
    <Page
      title="Connect Microsoft Teams"
      lead={tenantName(connection)}
      aside={<CopyLink path={paths.connect(id, wanted ? { step: wanted } : {})} />}
    >
      {error && <ProblemView error={error} retry={() => void refetch()} />}
      <Frame steps={steps} shown={shown} to={(key) => paths.connect(id, { step: key })}>
        {wanted === undefined && !settled ? (
          <Card title="One moment">Looking how far it is.</Card>
        ) : (
          <Card title={`${index + 1}. ${steps[index]?.title}`}>
            <Stack>
              {shown === 'connect' && <ConnectStep connection={connection} />}
              {shown === 'tenant' && <TenantStep connection={connection} />}
              {shown === 'routing' && <RoutingStep connection={connection} domain={domain} />}
              {shown === 'voice' && <VoiceStep domain={domain} />}
              {shown === 'group' && (
                <GroupStep connection={connection} provisioning={provisioning.data} domain={domain} />
              )}
              {shown === 'numbers' && <NumbersStep account={connection.accountId} />}
              {shown === 'pilot' && <PilotStep connection={connection} people={people.data?.items} />}
              {shown === 'live' && <LiveStep connection={connection} provisioning={provisioning.data} />}
              {next && works && (
                <Row>
                  <Button
                    appearance={steps[index]?.state === 'open' ? 'secondary' : 'primary'}
                    onClick={goOn}
                  >
                    Go on: {next.title}
                  </Button>
                </Row>
              )}
            </Stack>
          </Card>
        )}
      </Frame>
    </Page>
  );
}

function Frame({
  steps,
  shown,
  to,
  children,
}: {
  readonly steps: readonly WizardStep[];
  readonly shown: WizardStepKey;
  readonly to: (key: WizardStepKey) => string;
  readonly children: React.ReactNode;
}) {
  const styles = useStyles();
  const { role } = useSession();
  return (
    <div className={styles.columns}>
      <Card title="Steps">
        <ol className={styles.list}>
          {steps.map((step, index) => {
            const whose = step.turn && turnWords(step.turn, role);
            const content = (
              <>
                <span
                  className={mergeClasses(styles.icon, step.state === 'done' && styles.done)}
                  aria-hidden="true"
                >
                  {step.state === 'done' ? (
                    <CheckmarkCircleFilled />
                  ) : step.state === 'waiting' ? (
                    <ClockRegular />
                  ) : (
                    <CircleRegular />
                  )}
                </span>
                <span>
                  {index + 1}. {step.title}
                </span>
                <span className={styles.whose}>
                  {step.state === 'done' ? 'Done' : whose ? `Turn: ${whose}` : ''}
                </span>
              </>
            );
            return (
              <li key={step.key} aria-current={step.key === shown ? 'step' : undefined}>
                {step.reachable ? (
                  <Link
                    to={to(step.key)}
                    className={mergeClasses(styles.step, step.key === shown && styles.here)}
                  >
                    {content}
                  </Link>
                ) : (
                  <span className={mergeClasses(styles.step, styles.far)}>{content}</span>
                )}
              </li>
            );
          })}
        </ol>
      </Card>
      {children}
    </div>
  );
}
