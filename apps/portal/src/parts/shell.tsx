import { Button, makeStyles, mergeClasses, Tooltip, tokens } from '@fluentui/react-components';
import {
  ArrowSwapRegular,
  BuildingRegular,
  CallRegular,
  ContactCardRegular,
  DialpadRegular,
  HandshakeRegular,
  HistoryRegular,
  HomeRegular,
  KeyRegular,
  NumberSymbolRegular,
  PeopleQueueRegular,
  PeopleRegular,
  PersonAvailableRegular,
  PersonRegular,
  PhoneDesktopRegular,
  PlugConnectedRegular,
  PlugConnectedSettingsRegular,
  ShieldTaskRegular,
  SignOutRegular,
  TaskListSquareLtrRegular,
  TasksAppRegular,
  VoicemailRegular,
  WeatherMoonRegular,
  WeatherSunnyRegular,
} from '@fluentui/react-icons';
import type { Permission } from '@tandem/contract';
import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { NavLink, useNavigate } from 'react-router';
import { api, changeSession } from '../api/client.ts';
import { useLiveEvents } from '../api/live.ts';
import { useSession } from '../api/session.ts';
import { paths } from '../path-builder.ts';
import { clockTime } from '../words/format.ts';
import { roleNames } from '../words/states.ts';
import { WaitingCount } from './waiting-count.tsx';

const narrow = '@media (max-width: 820px)';

const useStyles = makeStyles({
  frame: {
    display: 'grid',
    gridTemplateColumns: '232px minmax(0, 1fr)',
    gridTemplateRows: '56px auto 1fr',
    minHeight: '100vh',
    backgroundColor: tokens.colorNeutralBackground3,
    [narrow]: { gridTemplateColumns: 'minmax(0, 1fr)', gridTemplateRows: '56px auto auto 1fr' },
  },
  skip: {
    position: 'absolute',
    left: '-999px',
    ':focus': {
      left: '12px',
      top: '12px',
      zIndex: 10,
      padding: '8px',
      backgroundColor: tokens.colorNeutralBackground1,
    },
  },
  top: {
    gridColumn: '1 / -1',
    display: 'flex',
    alignItems: 'center',
    gap: '12px',
    padding: '0 20px',
    backgroundColor: tokens.colorNeutralBackground1,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  brand: {
    display: 'flex',
    alignItems: 'center',
    gap: '10px',
    fontWeight: 600,
    fontSize: tokens.fontSizeBase400,
  },
  who: { marginLeft: 'auto', textAlign: 'right', lineHeight: tokens.lineHeightBase200, minWidth: 0 },
  whoName: {
    fontWeight: 600,
    fontSize: tokens.fontSizeBase300,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
  },
  whoRole: {
    fontSize: tokens.fontSizeBase200,
    color: tokens.colorNeutralForeground2,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
  },
  banner: {
    gridColumn: '1 / -1',
    padding: '8px 20px',
    backgroundColor: tokens.colorPaletteYellowBackground1,
    color: tokens.colorStatusWarningForeground2,
    fontWeight: 600,
  },
  side: {
    gridRow: '3',
    padding: '16px 12px',
    [narrow]: { gridRow: 'auto', padding: '8px 12px', overflowX: 'auto' },
  },
  list: {
    listStyleType: 'none',
    margin: 0,
    padding: 0,
    display: 'grid',
    gap: '4px',
    [narrow]: { display: 'flex' },
  },
  item: {
    display: 'flex',
    alignItems: 'center',
    gap: '12px',
    padding: '9px 12px',
    borderRadius: tokens.borderRadiusMedium,
    color: tokens.colorNeutralForeground2,
    textDecorationLine: 'none',
    whiteSpace: 'nowrap',
    ':hover': { backgroundColor: tokens.colorNeutralBackground3Hover },
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
  here: {
    backgroundColor: tokens.colorNeutralBackground1,
    color: tokens.colorBrandForeground1,
    fontWeight: tokens.fontWeightSemibold,
    boxShadow: tokens.shadow2,
  },
  main: {
    gridRow: '3',
    padding: '24px 28px 48px',
    maxWidth: '1320px',
    width: '100%',
    minWidth: 0,
    [narrow]: { gridRow: 'auto', padding: '16px' },
    ':focus': { outline: 'none' },
  },
});

interface Place {
  readonly to: string;
  readonly word: string;
  readonly icon: ReactNode;
  readonly needs: Permission;
  /** Shown only to users, or only to the others. */
  readonly users?: boolean;
  /** How much waits there, for those who may do something about it. */
  readonly waiting?: { readonly needs: Permission; readonly count: ReactNode };
}

const places: readonly Place[] = [
  { to: paths.overview(), word: 'Overview', icon: <HomeRegular fontSize={20} />, needs: 'peers:read' },
  {
    to: paths.me(),
    word: 'My calling',
    icon: <PersonRegular fontSize={20} />,
    needs: 'people:read',
    users: true,
  },
  {
    to: paths.myPresence(),
    word: 'My presence',
    icon: <PersonAvailableRegular fontSize={20} />,
    needs: 'presence:read',
    users: true,
  },
  {
    to: paths.contacts(),
    word: 'Contacts',
    icon: <ContactCardRegular fontSize={20} />,
    needs: 'contacts:own',
    users: true,
  },
  {
    to: paths.speedDial(),
    word: 'Speed dial',
    icon: <DialpadRegular fontSize={20} />,
    needs: 'contacts:own',
    users: true,
  },
  {
    to: paths.history(),
    word: 'Call history',
    icon: <HistoryRegular fontSize={20} />,
    needs: 'contacts:own',
    users: true,
  },
  {
    to: paths.voicemail(),
    word: 'Voicemail',
    icon: <VoicemailRegular fontSize={20} />,
    needs: 'voicemail:own',
    users: true,
  },
  {
    to: paths.lines(),
    word: 'Lines',
    icon: <PhoneDesktopRegular fontSize={20} />,
    needs: 'contacts:own',
    users: true,
  },
  {
    to: paths.queues(),
    word: 'My queues',
    icon: <PeopleQueueRegular fontSize={20} />,
    needs: 'queues:read',
    users: true,
  },
  { to: paths.people(), word: 'People', icon: <PeopleRegular fontSize={20} />, needs: 'people:list' },
  {
    to: paths.numbers(),
    word: 'Numbers',
    icon: <NumberSymbolRegular fontSize={20} />,
    needs: 'numbers:read',
  },
  {
    to: paths.queues(),
    word: 'Queues',
    icon: <PeopleQueueRegular fontSize={20} />,
    needs: 'queues:read',
    users: false,
  },
  {
    to: paths.voicemail(),
    word: 'Voicemail',
    icon: <VoicemailRegular fontSize={20} />,
    needs: 'voicemail:account',
    users: false,
  },
  { to: paths.jobs(), word: 'Jobs', icon: <TasksAppRegular fontSize={20} />, needs: 'jobs:read' },
  { to: paths.live(), word: 'Live calls', icon: <CallRegular fontSize={20} />, needs: 'calls:read' },
  {
    to: paths.calls(),
    word: 'Calls',
    icon: <HistoryRegular fontSize={20} />,
    needs: 'calls:read',
    users: false,
  },
  {
    to: paths.microsoft(),
    word: 'Microsoft 365',
    icon: <PlugConnectedRegular fontSize={20} />,
    needs: 'connections:read',
  },
  {
    to: paths.presence(),
    word: 'Presence',
    icon: <PersonAvailableRegular fontSize={20} />,
    needs: 'sync:read',
  },
  {
    to: paths.actionItems(),
    word: 'To do',
    icon: <TaskListSquareLtrRegular fontSize={20} />,
    needs: 'provisioning:read',
  },
  {
    to: paths.webhooks(),
    word: 'Webhooks',
    icon: <PlugConnectedSettingsRegular fontSize={20} />,
    needs: 'webhooks:read',
  },
  {
    to: paths.consent(),
    word: 'Consent',
    icon: <HandshakeRegular fontSize={20} />,
    needs: 'consent:read',
    waiting: { needs: 'proposals:decide', count: <WaitingCount /> },
  },
  {
    to: paths.carriers(),
    word: 'Carriers',
    icon: <ArrowSwapRegular fontSize={20} />,
    needs: 'carriers:read',
  },
  { to: paths.signIns(), word: 'Sign-ins', icon: <KeyRegular fontSize={20} />, needs: 'sign-ins:read' },
  { to: paths.audit(), word: 'Audit', icon: <ShieldTaskRegular fontSize={20} />, needs: 'audit:read' },
  {
    to: paths.accounts(),
    word: 'Accounts',
    icon: <BuildingRegular fontSize={20} />,
    needs: 'accounts:read',
    users: false,
  },
];

export function Shell({
  isDark,
  toggleDark,
  children,
}: {
  readonly isDark: boolean;
  readonly toggleDark: () => void;
  readonly children: ReactNode;
}) {
  const styles = useStyles();
  const session = useSession();
  const live = useLiveEvents();
  const navigate = useNavigate();
  const signOut = useMutation({
    mutationFn: () => api.call('session.delete', {}),
    onSettled: () => {
      changeSession(null);
      void navigate(paths.signIn());
    },
  });
  const isUser = session.role === 'user';
  const shown = places.filter(
    ({ needs, users }) => session.permissions.includes(needs) && (users === undefined || users === isUser),
  );
  const schemeWords = isDark ? 'Use light colours' : 'Use dark colours';
  return (
    <div className={styles.frame}>
      <a className={styles.skip} href="#content">
        Skip to the content
      </a>
      <header className={styles.top}>
        <span className={styles.brand}>
          <img src="/favicon.svg" alt="" width={28} height={28} />
          Tandem
        </span>
        <div className={styles.who}>
          <div className={styles.whoName}>{session.displayName}</div>
          <div className={styles.whoRole}>
            {roleNames[session.role]}
            {session.accountName ? `, ${session.accountName}` : ''}
          </div>
        </div>
        <Tooltip content={schemeWords} relationship="label">
          <Button
            appearance="subtle"
            icon={isDark ? <WeatherSunnyRegular /> : <WeatherMoonRegular />}
            onClick={toggleDark}
          />
        </Tooltip>
        <Tooltip content="Sign out" relationship="label">
          <Button appearance="subtle" icon={<SignOutRegular />} onClick={() => signOut.mutate()} />
        </Tooltip>
      </header>
      <div
        className={live.kind === 'stale' ? styles.banner : undefined}
        style={{ gridColumn: '1 / -1' }}
        role="status"
      >
        {live.kind === 'stale' &&
          `What you see is as of ${clockTime(new Date(live.since).toISOString(), session.timeZone)}: the live connection is lost. Trying again by itself; calls are not affected.`}
      </div>
      <nav className={styles.side} aria-label="Main">
        <ul className={styles.list}>
          {shown.map(({ to, word, icon, waiting }) => (
            <li key={to}>
              <NavLink
                to={to}
                end={to === paths.me()}
                className={({ isActive }) => mergeClasses(styles.item, isActive && styles.here)}
              >
                <span aria-hidden="true" style={{ display: 'inline-flex' }}>
                  {icon}
                </span>
                {word}
                {waiting && session.permissions.includes(waiting.needs) && waiting.count}
              </NavLink>
            </li>
          ))}
        </ul>
      </nav>
      <main className={styles.main} id="content" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}
