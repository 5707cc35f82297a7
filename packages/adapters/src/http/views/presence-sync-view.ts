import type {
  PresenceMismatch as MismatchView,
  PresenceConnection,
  PresenceRun,
  PresenceRunResult,
  PresenceSync,
  PresenceSyncPerson,
  PresencePreview as PreviewView,
} from '@tandem/contract';
import { type AccountId, defaultCallRules } from '@tandem/domain';
import {
  chosenFeatures,
  connectionWords,
  type FeatureRow,
  featureTable,
  judgeConnection,
  provenStates,
  workingStates,
} from '@tandem/engine';
import type { StoredConnection } from '@tandem/engine/ports/connection-store.ts';
import { presenceCodeTable, presenceSentence } from '@tandem/engine/presence-sync/codes.ts';
import { type PresenceMismatch, presenceMismatchKinds } from '@tandem/engine/presence-sync/precheck.ts';
import {
  fewPeople,
  type PresencePreview,
  type ShownPresencePerson,
  type ShownUser,
} from '@tandem/engine/presence-sync/presence-desk.ts';
import { type RunResult, runSentence, type StoredRun } from '@tandem/engine/presence-sync/run.ts';
import type { PresenceSyncBoard } from '../presence-sync-board.ts';
import { toConnection } from './connection-view.ts';
import { compact, instant } from './shape.ts';

const mostInReport = 200;
const features = ['presence', 'presence-write'] as const;

/** Step 1 of the setup, as one connection stands. */
export function toPresenceConnection(stored: StoredConnection, nowWallMs: number): PresenceConnection {
  const { state, reason, sentence, next, turn } = toConnection(stored, [], nowWallMs);
  const { working, missing } = judgeConnection(stored);
  const chosen = chosenFeatures(stored.features);
  const works = workingStates.has(stored.life.state);
  return compact({
    connectionId: stored.id,
    tenantId: stored.entraTenantId,
    tenantName: stored.tenantName,
    state,
    reason,
    sentence,
    next,
    turn,
    signedInAs: stored.signedIn?.name,
    authorised: provenStates.has(stored.life.state) && features.every((feature) => working.has(feature)),
    reads: works && working.has('presence'),
    writes: works && working.has('presence-write'),
    missing: features.flatMap((feature) => {
      const { title }: FeatureRow = featureTable[feature];
      if (!chosen.includes(feature))
        return [
          { feature, words: `“${title}” is switched off under Connection. Switch it on and approve it.` },
        ];
      return missing
        .filter((one) => one.feature === feature)
        .map(({ role, why }) => ({
          feature,
          role,
          words: `Permission ${role} is missing: ${why}. An administrator of Microsoft 365 approves again, with consent on behalf of the organisation.`,
        }));
    }),
  });
}

const broken: ReadonlySet<string> = new Set(['INTERRUPTED', 'EXPIRED']);

export async function toPresenceSync(
  { desk, connectionsOf }: PresenceSyncBoard,
  accountId: AccountId,
  nowWallMs: number,
): Promise<PresenceSync> {
  const { settings, version, changedBy, changedWallMs } = desk.settingsOf(accountId);
  const connections = connectionsOf(accountId);
  const lost =
    settings.mode === 'disabled' ? undefined : connections.find(({ life }) => broken.has(life.state));
  const words = lost && connectionWords(lost, nowWallMs);
  // Settings and banner come from memory: they are there while the database is not.
  const run = await desk.lastRun(accountId).catch(() => undefined);
  return compact({
    accountId,
    version,
    settings: { ...settings, rules: { ...settings.rules }, notify: [...settings.notify] },
    defaultRules: { ...defaultCallRules },
    customizeOffered: compact({ reason: undefined, ...desk.customizeOffered(accountId) }),
    changedBy,
    changedAt: changedWallMs === undefined ? undefined : instant(changedWallMs),
    counts: desk.counts(accountId),
    connections: connections.map((one) => toPresenceConnection(one, nowWallMs)),
    interruption:
      lost &&
      words &&
      compact({
        connectionId: lost.id,
        since: instant(lost.life.sinceWallMs),
        reason: lost.life.reason,
        sentence: words.sentence,
        next: words.next,
        turn: words.turn,
      }),
    run: run && toPresenceRun(run),
  });
}

const shownState = {
  waiting: 'waiting',
  matching: 'running',
  reading: 'running',
  done: 'done',
  'needs-attention': 'needs-attention',
  cancelled: 'cancelled',
} as const;

export function toPresenceRun(run: StoredRun): PresenceRun {
  const { id, accountId, reason, mode, direction, counts, startedWallMs, finishedWallMs, mailed } = run;
  return compact({
    id,
    accountId,
    reason,
    state: shownState[run.state],
    mode,
    direction,
    counts: { ...counts },
    sentence: runSentence(run),
    startedBy: run.startedBy.name,
    startedAt: instant(startedWallMs),
    finishedAt: finishedWallMs === undefined ? undefined : instant(finishedWallMs),
    seconds: finishedWallMs === undefined ? undefined : (finishedWallMs - startedWallMs) / 1000,
    steps: (run.steps ?? []).map(({ atWallMs, request, ...step }) => ({
      ...step,
      at: instant(atWallMs),
      ...request,
    })),
    mailed,
  });
}

export function toRunResult({
  personId,
  displayName,
  mail,
  outcome,
  code,
  detail,
}: RunResult): PresenceRunResult {
  const row = code && presenceCodeTable[code];
  return compact({
    personId,
    displayName,
    mail,
    outcome,
    code,
    words: code ? presenceSentence(code, detail) : outcome === 'synced' ? 'Synced.' : 'Was synced already.',
    owner: row?.owner,
    fix: row?.fix,
  });
}

const stateWords: Readonly<Record<ShownPresencePerson['state'], string>> = {
  synced: 'Presence is kept equal with Teams.',
  waiting: 'Not looked at yet.',
  failed: 'Presence is not synced.',
  unsynced: 'An administrator took the person out.',
  'not-selected': 'Not among the selected users.',
  off: 'Presence sync is off for the account.',
};

const toUser = ({ objectId, displayName, upn, mail }: ShownUser) =>
  compact({ objectId, displayName, upn, mail });

export function toSyncPerson(shown: ShownPresencePerson): PresenceSyncPerson {
  const { person, choice, state, match, code, detail, proposal, changedWallMs } = shown;
  const row = code && presenceCodeTable[code];
  return compact({
    personId: person.id,
    accountId: person.accountId,
    displayName: person.displayName,
    upn: person.upn,
    mail: person.mail,
    choice,
    state,
    match: match && { ...toUser(match.user), by: match.by },
    code,
    words: code ? presenceSentence(code, detail) : stateWords[state],
    owner: row?.owner,
    fix: row?.fix,
    proposal: proposal && {
      ...toUser(proposal),
      words: 'The addresses would find this user by now. The match stays until you choose this one.',
    },
    changedAt: changedWallMs === undefined ? undefined : instant(changedWallMs),
  });
}

export function toPresenceMismatch(one: PresenceMismatch): MismatchView {
  return compact({
    kind: one.kind,
    code: one.code,
    words: one.words,
    personId: one.person?.id,
    displayName: one.displayName,
    mail: one.mail,
    candidates: one.candidates.map(({ user, why, usable }) => ({ ...toUser(user), why, usable })),
  });
}

export const needsConfirmation = ({ begins, ends }: Pick<PresencePreview, 'begins' | 'ends'>): boolean =>
  begins + ends > fewPeople;

export function toPreview(preview: PresencePreview, bound: string): PreviewView {
  const { people, inScope, begins, ends, unsynced, fails, directoryRead, mismatches } = preview;
  const of = (kind: (typeof presenceMismatchKinds)[number]): number =>
    mismatches.filter((one) => one.kind === kind).length;
  return {
    preview: bound,
    needsConfirmation: needsConfirmation(preview),
    counts: { people, inScope, begins, ends, unsynced, fails },
    mismatches: Object.fromEntries(
      presenceMismatchKinds.map((kind) => [kind, of(kind)]),
    ) as PreviewView['mismatches'],
    directoryRead,
    report: mismatches.slice(0, mostInReport).map(toPresenceMismatch),
    sentence: `${inScope} of ${people} people in scope: sync begins for ${begins}, ends for ${ends}; ${fails} cannot be synced now.${directoryRead ? '' : ' The directory at Microsoft was not read yet.'}`,
  };
}
