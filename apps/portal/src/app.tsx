import { FluentProvider, makeStaticStyles, Spinner, tokens } from '@fluentui/react-components';
import { QueryClientProvider } from '@tanstack/react-query';
import { BrowserRouter, Navigate, Route, Routes, useLocation } from 'react-router';
import { queries } from './api/client.ts';
import { SessionContext, useSession, useSessionQuery } from './api/session.ts';
import { CarriersPage } from './pages/access/carriers-page.tsx';
import { SignInsPage } from './pages/access/sign-ins-page.tsx';
import { AccountsPage } from './pages/accounts-page.tsx';
import { ActionItemsPage } from './pages/action-items-page.tsx';
import { AuditPage } from './pages/audit-page.tsx';
import { CallPage } from './pages/call-page.tsx';
import { CallsPage } from './pages/calls-page.tsx';
import { ConsentPage } from './pages/consent/consent-page.tsx';
import { ContactsPage } from './pages/contacts/contacts-page.tsx';
import { HistoryPage } from './pages/contacts/history-page.tsx';
import { LinesPage } from './pages/contacts/lines-page.tsx';
import { SpeedDialPage } from './pages/contacts/speed-dial-page.tsx';
import { JobPage } from './pages/jobs/job-page.tsx';
import { JobsPage } from './pages/jobs/jobs-page.tsx';
import { LivePage } from './pages/live-page.tsx';
import { MePage } from './pages/me-page.tsx';
import { ApprovePage, isApprovalReturn } from './pages/microsoft/approve-page.tsx';
import { CallbackPage } from './pages/microsoft/callback-page.tsx';
import { ConnectionPage } from './pages/microsoft/connection-page.tsx';
import { MicrosoftPage } from './pages/microsoft/microsoft-page.tsx';
import { NewConnectionPage, WizardPage } from './pages/microsoft/wizard-page.tsx';
import { NewAccountPage } from './pages/new-account-page.tsx';
import { NotFoundPage } from './pages/not-found-page.tsx';
import { NumbersPage } from './pages/numbers/numbers-page.tsx';
import { OverviewPage } from './pages/overview-page.tsx';
import { PeoplePage } from './pages/people/people-page.tsx';
import { PersonPage } from './pages/person/person-page.tsx';
import { PresenceHelpPage } from './pages/presence/help-page.tsx';
import { MyPresencePage } from './pages/presence/my-presence-page.tsx';
import { PresenceSyncPage } from './pages/presence-sync/presence-sync-page.tsx';
import { QueuePage } from './pages/queues/queue-page.tsx';
import { QueuesPage } from './pages/queues/queues-page.tsx';
import { isDoorReturn, SignInPage } from './pages/sign-in-page.tsx';
import { VoicemailPage } from './pages/voicemail/voicemail-page.tsx';
import { WebhooksPage } from './pages/webhooks-page.tsx';
import { ProblemView } from './parts/problem-view.tsx';
import { Shell } from './parts/shell.tsx';
import { paths, patterns } from './path-builder.ts';
import { useTheme } from './theme.ts';

const useGlobalStyles = makeStaticStyles({
  'html, body, #root': { margin: 0, height: '100%' },
  '*, *::before, *::after': { boxSizing: 'border-box' },
});

export function App() {
  useGlobalStyles();
  const { theme, isDark, choose } = useTheme();
  return (
    <FluentProvider
      theme={theme}
      style={{ minHeight: '100%', backgroundColor: tokens.colorNeutralBackground3 }}
    >
      <QueryClientProvider client={queries}>
        <BrowserRouter>
          <Gate isDark={isDark} toggleDark={() => choose(isDark ? 'light' : 'dark')} />
        </BrowserRouter>
      </QueryClientProvider>
    </FluentProvider>
  );
}

/** Nobody sees a page before it is known who they are. */
function Gate(props: { readonly isDark: boolean; readonly toggleDark: () => void }) {
  const { data: session, error, isPending, refetch } = useSessionQuery();
  const { pathname, search, hash } = useLocation();
  if (isPending) return <Spinner label="One moment" style={{ paddingTop: '30vh' }} />;
  if (error && !session) {
    return (
      <main style={{ maxWidth: '36rem', margin: '20vh auto', padding: '0 1rem' }}>
        <ProblemView error={error} retry={() => void refetch()} />
      </main>
    );
  }
  // Open to everybody: an administrator of Microsoft 365 needs no sign-in here to approve.
  if (pathname === patterns.approve || (pathname === patterns.callback && isApprovalReturn(search)))
    return <ApprovePage />;
  if (pathname === patterns.callback && isDoorReturn(search)) return <SignInPage back={search} />;
  if (!session) {
    if (pathname !== patterns.signIn) {
      return <Navigate to={paths.signIn(pathname === '/' ? undefined : pathname + search + hash)} replace />;
    }
    return <SignInPage />;
  }
  return (
    <SessionContext value={session}>
      <Shell {...props}>
        <Routes>
          <Route path={patterns.overview} element={<OverviewPage />} />
          <Route path={patterns.people} element={<PeoplePage />} />
          <Route path={patterns.person} element={<PersonPage />} />
          <Route path={patterns.numbers} element={<NumbersPage />} />
          <Route path={patterns.jobs} element={<JobsPage />} />
          <Route path={patterns.job} element={<JobPage />} />
          <Route path={patterns.live} element={<LivePage />} />
          <Route path={patterns.calls} element={<CallsPage />} />
          <Route path={patterns.call} element={<CallPage />} />
          <Route path={patterns.accounts} element={<AccountsPage />} />
          <Route path={patterns.newAccount} element={<NewAccountPage />} />
          <Route path={patterns.microsoft} element={<MicrosoftPage />} />
          <Route path={patterns.connectNew} element={<NewConnectionPage />} />
          <Route path={patterns.connection} element={<ConnectionPage />} />
          <Route path={patterns.connect} element={<WizardPage />} />
          <Route path={patterns.callback} element={<CallbackPage />} />
          <Route path={patterns.presence} element={<PresenceSyncPage />} />
          <Route path={patterns.queues} element={<QueuesPage />} />
          <Route path={patterns.queue} element={<QueuePage />} />
          <Route path={patterns.actionItems} element={<ActionItemsPage />} />
          <Route path={patterns.webhooks} element={<WebhooksPage />} />
          <Route path={patterns.consent} element={<ConsentPage />} />
          <Route path={patterns.carriers} element={<CarriersPage />} />
          <Route path={patterns.signIns} element={<SignInsPage />} />
          <Route path={patterns.audit} element={<AuditPage />} />
          <Route path={patterns.me} element={<MePage />} />
          <Route path={patterns.myPresence} element={<MyPresencePage />} />
          <Route path={patterns.presenceHelp} element={<PresenceHelpPage />} />
          <Route path={patterns.contacts} element={<ContactsPage />} />
          <Route path={patterns.speedDial} element={<SpeedDialPage />} />
          <Route path={patterns.history} element={<HistoryPage />} />
          <Route path={patterns.lines} element={<LinesPage />} />
          <Route path={patterns.voicemail} element={<VoicemailPage />} />
          <Route path={patterns.signIn} element={<Home />} />
          <Route path="/" element={<Home />} />
          <Route path="*" element={<NotFoundPage />} />
        </Routes>
      </Shell>
    </SessionContext>
  );
}

function Home() {
  const { role } = useSession();
  const next = new URLSearchParams(useLocation().search).get('next');
  // Only addresses of our own: a path, never another host.
  if (next?.startsWith('/') && !next.startsWith('//') && !next.includes('\\'))
    return <Navigate to={next} replace />;
  const home = role === 'user' ? paths.me() : role === 'sync' ? paths.presence() : paths.overview();
  return <Navigate to={home} replace />;
}
