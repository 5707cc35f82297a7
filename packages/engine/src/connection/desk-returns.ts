import type { SignInAttempt, StoredConnection } from '../ports/connection-store.ts';
import type { MicrosoftPerson } from '../ports/microsoft-connection.ts';
import { workingStates } from './connection.machine.ts';
import { wasConnected } from './connection-keeper.ts';
import { newConnectionLife } from './connection-life.ts';
import { type DeskGround, holdsTenant } from './desk-ground.ts';
import {
  type DeskAsker,
  type DeskOutcome,
  type DeskParts,
  type DeskReturned,
  done,
  type MicrosoftBack,
  refuse,
} from './desk-parts.ts';
import { seenRoles } from './entra-roles.ts';
import { newPresenceRegistration, presenceRegistrationWords } from './presence-registration.ts';
import { aadstsNumber, type Trouble, troubleOfNumber, troubleTable } from './trouble.ts';
import { connectionWords } from './words.ts';

/**
 * What comes back from Microsoft by a browser. A tenant is bound by the ID token of a person who may approve for it; an approval
 * is proved by the roles in a fresh token, never by a redirect (T19).
 */
export class MicrosoftReturns {
  readonly #parts: DeskParts;
  readonly #ground: DeskGround;

  constructor(parts: DeskParts, ground: DeskGround) {
    this.#parts = parts;
    this.#ground = ground;
  }

  async signedIn(
    attempt: SignInAttempt,
    back: MicrosoftBack,
    by: DeskAsker,
  ): Promise<DeskOutcome<DeskReturned>> {
    const { platformApp, signIn, onProblem } = this.#parts;
    if (back.error !== undefined || back.code === undefined) return refuse('microsoft-refused', said(back));
    if (!platformApp || platformApp.clientId !== attempt.clientId) return refuse('sign-in-over');
    const redeemed = await signIn.redeem({
      clientId: attempt.clientId,
      redirectUri: attempt.redirectUri,
      code: back.code,
      verifier: attempt.verifier,
      nonce: attempt.nonce,
      credential: await platformApp.credential(),
    });
    if (!redeemed.ok) {
      if (redeemed.why === 'unavailable') return refuse('microsoft-unavailable');
      if (redeemed.why === 'token') {
        onProblem(`a sign-in at Microsoft was not believed: ${redeemed.detail}`, attempt.accountId);
        const row = redeemed.trouble && troubleTable[redeemed.trouble];
        if (row) return refuse('token-refused', `${row.say} ${row.next}`);
        return refuse('token-refused');
      }
      const row = redeemed.trouble && troubleTable[redeemed.trouble];
      const number = redeemed.number === undefined ? '' : ` (AADSTS${redeemed.number})`;
      if (row?.turn === 'operator' || redeemed.trouble?.startsWith('credential-'))
        onProblem(`the sign-in service refuses the platform's app${number}`, undefined);
      const say =
        redeemed.trouble === 'app-removed'
          ? 'Microsoft does not show our app in this tenant yet. Begin again in a minute.'
          : (row?.say ?? 'Microsoft refused the sign-in.');
      return refuse('microsoft-refused', `${say}${number}`);
    }
    return await this.#bind(attempt, redeemed.person, by);
  }

  /** Binds the tenant of a proved person to the account. */
  async #bind(
    attempt: SignInAttempt,
    person: MicrosoftPerson,
    by: DeskAsker,
  ): Promise<DeskOutcome<DeskReturned>> {
    const { keeper, clock, newId } = this.#parts;
    const { accountId } = attempt;
    const named = attempt.connectionId === undefined ? undefined : keeper.find(attempt.connectionId);
    if (named && named.entraTenantId !== person.entraTenantId)
      return refuse(
        'other-tenant',
        `${person.name} belongs to another Microsoft 365 tenant than this connection (${named.tenantName ?? named.entraTenantId}).`,
      );
    const mine = this.#ground.ofTenant(person.entraTenantId).find((one) => one.accountId === accountId);
    if (!named && mine && mine.life.state !== 'DISCONNECTED' && wasConnected(mine))
      return refuse('tenant-taken', 'The tenant is connected with this account already.');
    const roles = seenRoles(person.wids);
    const mayConsent = roles?.mayConsent ?? false;
    if (!mine || !holdsTenant(mine)) {
      const taken = this.#ground.tenantTaken(accountId, person.entraTenantId, attempt.shareTenant);
      if (taken) return taken;
    }
    const signedIn = {
      objectId: person.objectId,
      name: person.name,
      roles: [...(roles?.names ?? [])],
      mayConsent,
    };
    const nowWallMs = clock.wall();
    const { platformApp } = this.#parts;
    let connection = mine;
    if (!connection) {
      const written = await keeper.add({
        id: newId(),
        accountId,
        entraTenantId: person.entraTenantId,
        domains: [],
        kind: 'platform-app',
        clientId: attempt.clientId,
        features: attempt.features,
        roles: [],
        roleUses: {},
        life: newConnectionLife(nowWallMs),
        ...this.#presenceAnew(),
        signedIn,
        createdWallMs: nowWallMs,
        version: 1,
      });
      if (!written.ok) return refuse('tenant-taken');
      connection = written.connection;
    } else {
      const ended = connection.life.state === 'DISCONNECTED';
      // Who may approve is not forgotten because somebody else looked in later.
      const keeps = !mayConsent && connection.signedIn?.mayConsent === true && wasConnected(connection);
      connection = await keeper.change(connection.id, (current) => ({
        ...current,
        ...(!keeps && { signedIn }),
        ...(ended &&
          platformApp && {
            kind: 'platform-app' as const,
            clientId: platformApp.clientId,
            features: attempt.features,
            ...this.#presenceAnew(),
          }),
      }));
      if (!connection) return refuse('not-found');
    }
    await this.#ground.note(connection, 'connection.sign-in', by);
    if (!mayConsent) {
      const trouble: Trouble = roles === undefined ? 'role-unknown' : 'needs-admin';
      await keeper.hear(connection.id, { is: 'signed-in' }, by);
      const now = (await keeper.hear(connection.id, { is: 'consent-failed', trouble }, by)) ?? connection;
      const sentence =
        trouble === 'needs-admin'
          ? this.#ground.cannotConsent(signedIn)
          : `${troubleTable[trouble].say} ${troubleTable[trouble].next}`;
      return done({ connection: now, step: 'ask-admin', sentence });
    }
    const now = (await keeper.hear(connection.id, { is: 'signed-in' }, by)) ?? connection;
    return done({
      connection: now,
      step: 'consent',
      sentence: `${person.name} signed in as ${signedIn.roles.join(', ')}. Go on with the approval for the organisation.`,
    });
  }

  /** A connection that begins has its own registration for presence from the start, where the platform has one. */
  #presenceAnew(): Pick<StoredConnection, 'presence'> {
    const { presenceApp, clock } = this.#parts;
    return presenceApp ? { presence: newPresenceRegistration(presenceApp.clientId, clock.wall()) } : {};
  }

  /** The same approval for the registration for presence. Whatever comes of it, the connection itself stays as it is. */
  async presenceConsented(
    attempt: SignInAttempt,
    back: MicrosoftBack,
    by: DeskAsker,
  ): Promise<DeskOutcome<DeskReturned>> {
    const { keeper, clock } = this.#parts;
    const before = attempt.connectionId && keeper.find(attempt.connectionId);
    if (!before || before.life.state === 'DISCONNECTED') return refuse('sign-in-over');
    if (back.error !== undefined) {
      await this.#ground.note(before, 'connection.consent-refused', by);
      const trouble = refusalOf(back);
      const { say, next } = troubleTable[trouble];
      const step = trouble === 'needs-admin' ? 'ask-admin' : 'again';
      return done({ connection: before, step, sentence: `${say} ${next}` });
    }
    const refused = this.#notApproved(attempt, back, before);
    if (refused) return refused;
    await this.#ground.note(before, 'connection.consent', by);
    if (before.presence?.clientId !== attempt.clientId || before.presence.credential !== undefined)
      await keeper.change(before.id, (connection) => ({
        ...connection,
        presence: newPresenceRegistration(attempt.clientId, clock.wall()),
      }));
    const connection = (await keeper.checkPresence(before.id, by)) ?? before;
    const words = presenceRegistrationWords(connection);
    return done({
      connection,
      step: words === undefined ? 'done' : 'waiting',
      sentence: words?.sentence ?? 'The app registration for presence was approved.',
    });
  }

  #notApproved(attempt: SignInAttempt, back: MicrosoftBack, before: StoredConnection) {
    if (back.admin_consent?.toLowerCase() !== 'true')
      return refuse('microsoft-refused', 'The return does not say that anything was approved.');
    // Only a claim, but one that is not about our tenant is not our return (T19).
    if (back.tenant?.toLowerCase() !== attempt.entraTenantId) {
      this.#parts.onProblem(
        'a return of an approval named another tenant than the one that was signed in to',
        attempt.accountId,
      );
      return refuse('other-tenant');
    }
    if (!before.signedIn?.mayConsent)
      return refuse('wrong-state', this.#ground.cannotConsent(before.signedIn));
    return undefined;
  }

  async consented(
    attempt: SignInAttempt,
    back: MicrosoftBack,
    by: DeskAsker,
  ): Promise<DeskOutcome<DeskReturned>> {
    const { keeper } = this.#parts;
    const before = attempt.connectionId && keeper.find(attempt.connectionId);
    if (!before || before.life.state === 'DISCONNECTED') return refuse('sign-in-over');
    const { id } = before;
    const state = async (
      step: DeskReturned['step'],
      sentence?: string,
    ): Promise<DeskOutcome<DeskReturned>> => {
      const connection = keeper.find(id) ?? before;
      const words = connectionWords(connection, this.#parts.clock.wall());
      return done({ connection, step, sentence: sentence ?? words.sentence });
    };
    // `admin_consent=True` stands there on failure too: `error` is what counts (microsoft-graph 1.3).
    if (back.error !== undefined) {
      const trouble = refusalOf(back);
      await keeper.hear(id, { is: 'consent-failed', trouble }, by);
      await this.#ground.note(keeper.find(id) ?? before, 'connection.consent-refused', by);
      const row = troubleTable[trouble];
      return await state(trouble === 'needs-admin' ? 'ask-admin' : 'again', `${row.say} ${row.next}`);
    }
    if (back.tenant === undefined && back.code !== undefined) {
      // A plain sign-in came back: a grant for one person, which starts nothing for the tenant (B46).
      await keeper.hear(id, { is: 'consent-failed', trouble: 'user-only' }, by);
      return await state('again', `${troubleTable['user-only'].say} ${troubleTable['user-only'].next}`);
    }
    const refused = this.#notApproved(attempt, back, before);
    if (refused) return refused;
    await this.#ground.note(before, 'connection.consent', by);
    await keeper.hear(id, { is: 'proof-wanted' }, by);
    await keeper.check(id, by);
    const now = keeper.find(id) ?? before;
    return await state(workingStates.has(now.life.state) ? 'done' : 'waiting');
  }
}

const refusalOf = (back: MicrosoftBack): Trouble => {
  const number = aadstsNumber(back.error_description);
  return (number === undefined ? undefined : troubleOfNumber(number)) ?? 'declined';
};

/** What the address of the return says went wrong. Microsoft's own text is for the log; a number is enough to look it up. */
function said(back: MicrosoftBack): string {
  const number = aadstsNumber(back.error_description);
  const trouble = number === undefined ? undefined : troubleOfNumber(number);
  const row = trouble && troubleTable[trouble];
  if (row) return `${row.say} ${row.next}`;
  if (back.error === 'access_denied') return 'The sign-in was cancelled at Microsoft. Nothing was changed.';
  return `Microsoft ended the sign-in${number === undefined ? '' : ` with AADSTS${number}`}. Nothing was changed.`;
}
