import type { OwnConnectionBoard } from '@tandem/adapters/http/own-connection-board.ts';
import { compact, instant } from '@tandem/adapters/http/views/shape.ts';
import type { AccelerationState, AccelerationView, OwnConnectionView } from '@tandem/contract';
import { asSignInId } from '@tandem/domain';
import { type AuditLog, signInTroubleTable } from '@tandem/engine';
import type { OwnConnections } from './own-connections.ts';
import type { AcceleratedSignIn, Accelerator } from './presence-accelerator.ts';

/** Own connections and the speed-up of presence, as people see them. */
export function createOwnConnectionBoard(parts: {
  readonly own: OwnConnections;
  readonly accelerator: Accelerator;
  readonly audit: Pick<AuditLog, 'note'>;
}): OwnConnectionBoard {
  const { own, accelerator } = parts;
  const { keeper, desk } = own;

  return {
    show(person): OwnConnectionView {
      const signIn = keeper.ofPerson(person.id);
      const offered = keeper.settingsOf(person.accountId).ownConnections !== 'off';
      const organisation = own.organisationServes(person);
      const base = { personId: person.id, offered };
      if (!signIn)
        return {
          ...base,
          state: 'none',
          inUse: false,
          sentence: organisation
            ? 'Your organisation’s connection with Microsoft serves you. You need not connect your own account.'
            : offered
              ? 'Your state in Teams is not known here. Connect your Microsoft account, and it is shown here, and your calls show in Teams.'
              : 'Your organisation does not let people connect their own Microsoft account.',
        };
      const { life } = signIn;
      const works = life.state === 'CONNECTED';
      const inUse = works && own.of(person.id) !== undefined;
      const row = works ? undefined : signInTroubleTable[life.reason ?? 'sign-in-refused'];
      return compact({
        ...base,
        state: works ? ('connected' as const) : ('interrupted' as const),
        account: signIn.name,
        since: instant(life.sinceWallMs),
        checkedAt: life.refreshedWallMs === undefined ? undefined : instant(life.refreshedWallMs),
        inUse,
        sentence: row
          ? row.say
          : inUse
            ? 'Your state in Teams is read by your own connection, and your calls show in Teams.'
            : offered
              ? 'Your organisation’s connection serves you now; yours stands in when that does not work.'
              : 'Your organisation does not let people use their own connection now.',
        next: row?.next,
      });
    },
    begin: (person, ask, by) => desk.begin(person, ask, by),
    async complete(back, by) {
      const outcome = await desk.complete(back, by);
      if (!outcome.ok) return outcome;
      const { signIn, sentence } = outcome.value;
      return { ok: true, value: { use: signIn.use, accountId: signIn.accountId, sentence } };
    },
    async disconnect(person, by) {
      const signIn = keeper.ofPerson(person.id);
      if (signIn) await desk.disconnect(signIn.id, by);
    },
    acceleration(accountId): AccelerationView {
      const settings = keeper.settingsOf(accountId);
      const { possible, signIns, people } = accelerator.of(accountId);
      const watched = signIns.reduce((sum, { watching }) => sum + watching, 0);
      const state = stateOf(settings.accelerate, signIns, watched);
      return {
        accountId,
        ...settings,
        state,
        people,
        watched,
        sentence: possible
          ? sentenceOf(state, people, watched)
          : 'Microsoft cannot reach this platform: it has no public address. The operator sets one.',
        signIns: signIns.map(shown),
      };
    },
    async change(accountId, change, by) {
      const before = keeper.settingsOf(accountId);
      const after = {
        ownConnections: change.ownConnections ?? before.ownConnections,
        accelerate: change.accelerate ?? before.accelerate,
      };
      if (after.ownConnections === before.ownConnections && after.accelerate === before.accelerate) return;
      await keeper.change(accountId, after);
      await parts.audit.note({
        accountId,
        actor: by,
        action: 'own-connections.settings',
        object: { kind: 'account', id: accountId },
        before: { ...before },
        after,
      });
    },
    beginAccelerator: (accountId, returnTo, by) => desk.beginAccelerator(accountId, returnTo, by),
    async removeAccelerator(accountId, id, by) {
      const signIn = keeper.find(asSignInId(id));
      if (signIn?.use !== 'accelerator' || signIn.accountId !== accountId) return;
      await accelerator.giveUp(signIn.id);
      await desk.disconnect(signIn.id, by);
    },
  };
}

function stateOf(
  accelerate: boolean,
  signIns: readonly AcceleratedSignIn[],
  watched: number,
): AccelerationState {
  if (!accelerate) return 'off';
  if (signIns.length === 0) return 'no-sign-in';
  if (watched > 0) return 'active';
  const waits = signIns.every(({ signIn, trouble }) => signIn.life.state !== 'CONNECTED' || trouble);
  return waits ? 'waiting' : 'starting';
}

function sentenceOf(state: AccelerationState, people: number, watched: number): string {
  const asBefore = 'Presence is read as before, every 5 to 30 seconds.';
  switch (state) {
    case 'off':
      return `Off. ${asBefore}`;
    case 'no-sign-in':
      return `Somebody of your organisation must sign in for it. ${asBefore}`;
    case 'starting':
      return `Microsoft is being asked. ${asBefore}`;
    case 'waiting':
      return `It does not work now. ${asBefore}`;
    case 'active':
      return watched >= people
        ? `Microsoft tells of changes of all ${people} people, within seconds.`
        : `Microsoft tells of changes of ${watched} of ${people} people. One sign-in is good for 650; the others are read every 5 to 30 seconds.`;
  }
}

function shown({ signIn, watching, trouble }: AcceleratedSignIn): AccelerationView['signIns'][number] {
  const { id, name: account, entraTenantId, life } = signIn;
  const row = life.state === 'CONNECTED' ? undefined : signInTroubleTable[life.reason ?? 'sign-in-refused'];
  return compact({
    id,
    account,
    entraTenantId,
    state: row ? ('interrupted' as const) : ('connected' as const),
    since: instant(life.sinceWallMs),
    watched: watching,
    sentence:
      row?.say ?? (trouble ? `Microsoft does not take the subscription: ${trouble}` : 'The sign-in works.'),
    next: row?.next,
  });
}
