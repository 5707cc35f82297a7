import type { Account, AccountId, ConnectionId } from '@tandem/domain';
import type { AuditActor, AuditLog } from '../ports/audit.ts';
import type { Clock } from '../ports/clock.ts';
import type {
  ConnectionWrite,
  CredentialFacts,
  CredentialSecret,
  SignInAttempt,
  SignInAttempts,
  StoredConnection,
} from '../ports/connection-store.ts';
import type { ConnectionProbe, MicrosoftPerson, MicrosoftSignIn } from '../ports/microsoft-connection.ts';
import { workingStates } from './connection.machine.ts';
import { auditedConnection, type ConnectionKeeper, wasConnected } from './connection-keeper.ts';
import { newConnectionLife } from './connection-life.ts';
import { consentRoles, seenRoles } from './entra-roles.ts';
import { type ConnectionFeature, chosenFeatures } from './features.ts';
import { aadstsNumber, type Trouble, troubleOfNumber, troubleTable } from './trouble.ts';
import { connectionWords } from './words.ts';

export type DeskRefusal =
  | 'not-found'
  | 'teams-not-enabled'
  | 'no-app-registration'
  | 'return-address-unknown'
  | 'sign-in-over'
  | 'other-session'
  | 'other-tenant'
  | 'token-refused'
  | 'microsoft-refused'
  | 'microsoft-unavailable'
  | 'tenant-taken'
  | 'credential-invalid'
  | 'wrong-state'
  | 'preview-outdated';

export type DeskOutcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: DeskRefusal; readonly detail?: string };

/** Who asks. `session`: the same for all requests of one session, and of no other. */
export interface DeskAsker extends AuditActor {
  readonly session: string;
}

/** What the browser came back with. `tenant` and `admin_consent` are claims of whoever sent the browser here (T19). */
export interface MicrosoftBack {
  readonly state: string;
  readonly code?: string | undefined;
  readonly error?: string | undefined;
  readonly error_description?: string | undefined;
  readonly error_subcode?: string | undefined;
  readonly admin_consent?: string | undefined;
  readonly tenant?: string | undefined;
}

export interface DeskReturned {
  readonly connection: StoredConnection;
  readonly step: 'consent' | 'waiting' | 'done' | 'ask-admin' | 'again';
  readonly sentence: string;
}

export type NewCredential =
  | { readonly kind: 'secret'; readonly secret: string; readonly endsAt: string }
  | { readonly kind: 'certificate'; readonly certificate: string; readonly privateKey: string }
  | { readonly kind: 'make-certificate'; readonly days: number };

export interface DeskParts {
  readonly keeper: ConnectionKeeper;
  readonly attempts: SignInAttempts;
  readonly signIn: MicrosoftSignIn;
  readonly probe: ConnectionProbe;
  readonly audit: AuditLog;
  readonly clock: Clock;
  /** Undefined: the platform has no app registration. Its credential is the operator's. */
  readonly platformApp: { readonly clientId: string; credential(): Promise<CredentialSecret> } | undefined;
  readonly account: (accountId: AccountId) => Account | undefined;
  readonly redirectUris: () => readonly string[];
  readonly newId: () => ConnectionId;
  /** 256 random bits as text. */
  readonly secretText: () => string;
  readonly certificates: {
    make(
      name: string,
      days: number,
    ): Promise<{
      readonly certificate: string;
      readonly privateKey: string;
      readonly endsWallMs: number;
    }>;
    fault(certificate: string, privateKey: string): string | undefined;
    endsWallMs(certificate: string): number;
  };
  readonly saveSecret: (
    connection: StoredConnection,
    place: 'present' | 'next',
    secret: CredentialSecret | null,
  ) => Promise<ConnectionWrite>;
  /** People whose calls from Teams rest on this connection, for the preview of its end. */
  readonly peopleOf: (connection: StoredConnection) => number;
  /** A hash, for the preview. */
  readonly digest: (text: string) => string;
  readonly onProblem: (what: string, accountId: AccountId | undefined) => void;
}

const minuteMs = 60_000;
/** Of a way to Microsoft and back. */
const wayMs = 10 * minuteMs;
/** Of a link that is sent to somebody who may approve. */
const linkMs = 7 * 24 * 60 * minuteMs;

const refuse = (code: DeskRefusal, detail?: string) =>
  ({ ok: false, code, ...(detail !== undefined && { detail }) }) as const;
const done = <T>(value: T): DeskOutcome<T> => ({ ok: true, value });

/**
 * How an account gets its connection with a Microsoft 365 tenant, and how it changes and ends it (features N01-N05, B07-B09,
 * B46; threats T18, T19). A tenant is bound to an account only by an ID token of a person who may approve for that tenant,
 * or by a credential of an app in it; an approval is proved by the roles in a fresh token, never by a redirect.
 */
export class ConnectionDesk {
  readonly #parts: DeskParts;

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  // ---- grant 1

  async signIn(
    ask: {
      readonly accountId: AccountId;
      readonly connectionId?: ConnectionId | undefined;
      readonly features?: readonly ConnectionFeature[] | undefined;
      readonly returnTo: string;
      readonly shareTenant: boolean;
    },
    by: DeskAsker,
  ): Promise<DeskOutcome<{ readonly url: string; readonly endsAt: string }>> {
    const refused = this.#mayConnect(ask.accountId, ask.returnTo);
    if (refused) return refused;
    const known = ask.connectionId === undefined ? undefined : this.#parts.keeper.find(ask.connectionId);
    return await this.#wayToSignIn({
      accountId: ask.accountId,
      ...(known && { connectionId: known.id }),
      purpose: 'sign-in',
      boundTo: by.session,
      by: by.name,
      redirectUri: ask.returnTo,
      features: chosenFeatures(ask.features ?? known?.features ?? []),
      shareTenant: ask.shareTenant,
    });
  }

  // ---- grant 2

  async consent(
    id: ConnectionId,
    returnTo: string,
    by: DeskAsker,
  ): Promise<DeskOutcome<{ readonly url: string; readonly endsAt: string }>> {
    const connection = this.#parts.keeper.find(id);
    if (!connection) return refuse('not-found');
    const refused = this.#mayConnect(connection.accountId, returnTo);
    if (refused) return refused;
    if (connection.kind === 'own-app')
      return refuse(
        'wrong-state',
        'An own app registration is approved in Entra, under its API permissions.',
      );
    const { signedIn, life } = connection;
    if (life.state === 'DISCONNECTED' || life.state === 'NOT_CONNECTED' || !signedIn)
      return refuse('wrong-state', 'Sign in at Microsoft first.');
    if (!signedIn.mayConsent) return refuse('wrong-state', this.#cannotConsent(signedIn));
    return await this.#wayToConsent(connection, {
      purpose: 'consent',
      boundTo: by.session,
      by: by.name,
      redirectUri: returnTo,
    });
  }

  // ---- the return of both

  async complete(
    back: MicrosoftBack,
    by: DeskAsker,
    sees: (accountId: AccountId) => boolean,
  ): Promise<DeskOutcome<DeskReturned>> {
    const attempt = await this.#parts.attempts.take(back.state, this.#parts.clock.wall());
    if (!attempt || attempt.boundTo === '') return refuse('sign-in-over');
    // Whoever was sent here with somebody else's state has begun nothing (T19).
    if (attempt.boundTo !== by.session || !sees(attempt.accountId)) return refuse('other-session');
    const refused = this.#mayConnect(attempt.accountId, undefined);
    if (refused) return refused;
    return attempt.purpose === 'consent'
      ? await this.#consented(attempt, back, by)
      : await this.#signedIn(attempt, back, by);
  }

  // ---- the link for somebody who may approve (B07)

  async approvalLink(
    id: ConnectionId,
    returnTo: string,
    by: DeskAsker,
  ): Promise<DeskOutcome<{ readonly url: string; readonly endsAt: string; readonly text: string }>> {
    const { keeper, attempts, clock } = this.#parts;
    const connection = keeper.find(id);
    if (!connection) return refuse('not-found');
    const refused = this.#mayConnect(connection.accountId, returnTo);
    if (refused) return refused;
    if (connection.kind === 'own-app' || connection.life.state === 'DISCONNECTED')
      return refuse('wrong-state', 'There is nothing to approve.');
    const link = this.#parts.secretText();
    const endsWallMs = clock.wall() + linkMs;
    await attempts.open(link, {
      ...this.#wayOf(connection, {
        purpose: 'approval-link',
        boundTo: '',
        by: by.name,
        redirectUri: returnTo,
      }),
      endsWallMs,
    });
    await this.#note(connection, 'connection.ask-approval', by);
    const accountName = this.#parts.account(connection.accountId)?.name ?? 'our account';
    const url = `${returnTo.replace(/\/callback$/, '')}/approve?link=${link}`;
    return done({
      url,
      endsAt: new Date(endsWallMs).toISOString(),
      text: `${by.name} asks you to connect Microsoft 365 (${connection.tenantName ?? connection.domains[0] ?? connection.entraTenantId}) with the calls of ${accountName}. Open the link, sign in as ${consentRoles.join(' or ')} and approve: ${url}`,
    });
  }

  async approve(
    ask: { readonly link?: string | undefined; readonly back?: MicrosoftBack | undefined },
    address: string,
  ): Promise<
    DeskOutcome<{ readonly step: 'go' | 'done'; readonly url?: string; readonly sentence: string }>
  > {
    const { attempts, clock, keeper } = this.#parts;
    const text = ask.back?.state ?? ask.link;
    const attempt = text === undefined ? undefined : await attempts.take(text, clock.wall());
    const connection = attempt?.connectionId && keeper.find(attempt.connectionId);
    if (attempt?.boundTo !== '' || !connection || this.#mayConnect(attempt.accountId, undefined))
      return refuse('sign-in-over');
    const again = { boundTo: '', by: attempt.by, redirectUri: attempt.redirectUri };
    if (attempt.purpose === 'approval-link' && text !== undefined) {
      // The link stays good until its end: whoever gets it may begin, turn back and begin again.
      await attempts.open(text, attempt);
      const way = await this.#wayToSignIn({ ...this.#wayOf(connection, again), purpose: 'approval-sign-in' });
      if (!way.ok) return way;
      const accountName = this.#parts.account(connection.accountId)?.name ?? '';
      return done({
        step: 'go',
        url: way.value.url,
        sentence: `${attempt.by} asks you to connect ${connection.tenantName ?? 'your Microsoft 365 tenant'} with the account ${accountName}.`,
      });
    }
    const by: DeskAsker = { kind: 'user', name: `by the link of ${attempt.by}`, address, session: '' };
    const outcome =
      attempt.purpose === 'approval-consent'
        ? await this.#consented(attempt, ask.back ?? { state: '' }, by)
        : await this.#signedIn(attempt, ask.back ?? { state: '' }, by);
    if (!outcome.ok) return outcome;
    const { connection: now, step, sentence } = outcome.value;
    if (step !== 'consent') return done({ step: 'done', sentence });
    const way = await this.#wayToConsent(now, { ...again, purpose: 'approval-consent' });
    return way.ok ? done({ step: 'go', url: way.value.url, sentence }) : way;
  }

  // ---- an own app registration (N01)

  async register(
    ask: {
      readonly accountId: AccountId;
      readonly tenantId: string;
      readonly clientId: string;
      readonly credential: NewCredential;
      readonly features?: readonly ConnectionFeature[] | undefined;
      readonly shareTenant: boolean;
    },
    by: DeskAsker,
  ): Promise<DeskOutcome<StoredConnection>> {
    const { keeper, clock } = this.#parts;
    const refused = this.#mayConnect(ask.accountId, undefined);
    if (refused) return refused;
    if (ask.clientId === this.#parts.platformApp?.clientId)
      return refuse('credential-invalid', "This is the platform's own app: sign in at Microsoft instead.");
    const mine = this.#ofTenant(ask.tenantId).find(({ accountId }) => accountId === ask.accountId);
    if (mine) {
      if (mine.life.state !== 'DISCONNECTED')
        return refuse(
          'tenant-taken',
          'The tenant is connected with this account. Change its registration instead.',
        );
      return await this.replaceRegistration(mine.id, ask, by);
    }
    const taken = this.#tenantTaken(ask.accountId, ask.tenantId, ask.shareTenant);
    if (taken) return taken;
    const made = await this.#credentialOf(ask.accountId, ask.credential);
    if (!made.ok) return made;
    const { facts, secret } = made.value;
    const nowWallMs = clock.wall();
    const written = await keeper.add(
      {
        id: this.#parts.newId(),
        accountId: ask.accountId,
        entraTenantId: ask.tenantId,
        domains: [],
        kind: 'own-app',
        clientId: ask.clientId,
        // Nothing is the present credential before Microsoft took it.
        nextCredential: { ...facts, clientId: ask.clientId },
        features: chosenFeatures(ask.features ?? []),
        roles: [],
        roleUses: {},
        life: newConnectionLife(nowWallMs),
        createdWallMs: nowWallMs,
        version: 1,
      },
      secret,
    );
    if (!written.ok) return refuse('tenant-taken');
    await this.#note(written.connection, 'connection.register', by);
    // Nobody can have registered it yet: it waits, and is tried by itself.
    if (ask.credential.kind === 'make-certificate') return done(written.connection);
    return done((await this.#proveRegistration(written.connection.id, by)) ?? written.connection);
  }

  async replaceRegistration(
    id: ConnectionId,
    ask: { readonly clientId?: string | undefined; readonly credential: NewCredential },
    by: DeskAsker,
  ): Promise<DeskOutcome<StoredConnection>> {
    const { keeper, platformApp } = this.#parts;
    const before = keeper.find(id);
    if (!before) return refuse('not-found');
    const refused = this.#mayConnect(before.accountId, undefined);
    if (refused) return refused;
    const clientId = ask.clientId ?? before.nextCredential?.clientId ?? before.clientId;
    if (clientId === platformApp?.clientId)
      return refuse(
        'credential-invalid',
        "Name the client id of your own app: the present one is the platform's.",
      );
    const made = await this.#credentialOf(before.accountId, ask.credential);
    if (!made.ok) return made;
    const { facts, secret } = made.value;
    const changed = await keeper.change(
      id,
      (connection) => ({ ...connection, nextCredential: { ...facts, clientId } }),
      (connection) => this.#parts.saveSecret(connection, 'next', secret),
    );
    if (!changed) return refuse('not-found');
    this.#parts.probe.forget(changed);
    await this.#note(changed, 'connection.register', by, before);
    if (ask.credential.kind === 'make-certificate') return done(changed);
    return done((await this.#proveRegistration(id, by)) ?? changed);
  }

  // ---- afterwards

  async changeFeatures(
    id: ConnectionId,
    features: readonly ConnectionFeature[],
    by: DeskAsker,
  ): Promise<DeskOutcome<StoredConnection>> {
    const { keeper } = this.#parts;
    const before = keeper.find(id);
    if (!before) return refuse('not-found');
    if (before.life.state === 'DISCONNECTED') return refuse('wrong-state', 'The connection has ended.');
    const changed = await keeper.change(id, (connection) => ({
      ...connection,
      features: chosenFeatures(features),
    }));
    if (!changed) return refuse('not-found');
    await this.#note(changed, 'connection.features', by, before);
    return done(changed);
  }

  async recheck(id: ConnectionId, by: DeskAsker): Promise<DeskOutcome<StoredConnection>> {
    const { keeper } = this.#parts;
    const before = keeper.find(id);
    if (!before) return refuse('not-found');
    if (before.life.state === 'SIGNED_IN') return done(before);
    // Somebody without the right to approve stands behind it: roles that others approved prove nothing (T19).
    if (
      before.life.state === 'CONSENT_INCOMPLETE' &&
      before.kind === 'platform-app' &&
      !before.signedIn?.mayConsent
    )
      return done(before);
    return done((await keeper.check(id, by)) ?? before);
  }

  stops(id: ConnectionId): DeskOutcome<{
    readonly preview: string;
    readonly people: number;
    readonly stops: string[];
    readonly goesOn: string[];
  }> {
    const connection = this.#parts.keeper.find(id);
    if (!connection) return refuse('not-found');
    const people = this.#parts.peopleOf(connection);
    const has = (feature: ConnectionFeature): boolean => connection.features.includes(feature);
    const stops = [
      'Changes of groups, licences and numbers at Microsoft are not seen any more.',
      'Nobody new gets a number or a routing policy, and nothing is taken back.',
      ...(has('presence') ? ['Presence of Teams is not shown.'] : []),
      ...(has('presence-write') ? ['Teams does not show that somebody talks at a phone.'] : []),
      ...(has('webhooks') ? ['Changes in groups are not told at once.'] : []),
      ...(has('call-records') ? ["Microsoft's call records are not fetched."] : []),
      ...(has('mail') ? ['Reports are not sent from your mailbox.'] : []),
      ...(connection.kind === 'own-app' ? ['The secret or certificate is forgotten here.'] : []),
    ];
    const goesOn = [
      `Calls of ${people === 1 ? 'one person who is' : `${people} people who are`} set up go on as they are.`,
      'What was chosen stays for a later connection: groups, features, numbers.',
      'At Microsoft nothing is changed: to end our right to look, delete the enterprise application in Entra.',
    ];
    const preview = this.#parts.digest(
      JSON.stringify([connection.id, connection.life.state, connection.features, stops, people]),
    );
    return done({ preview, people, stops, goesOn });
  }

  async disconnect(
    id: ConnectionId,
    ask: { readonly preview: string; readonly reason?: string | undefined },
    by: DeskAsker,
  ): Promise<DeskOutcome<StoredConnection>> {
    const { keeper, saveSecret } = this.#parts;
    const previewed = this.stops(id);
    if (!previewed.ok) return previewed;
    if (keeper.find(id)?.life.state === 'DISCONNECTED')
      return refuse('wrong-state', 'The connection has ended already.');
    if (previewed.value.preview !== ask.preview) return refuse('preview-outdated');
    await keeper.hear(id, { is: 'disconnected' }, by);
    const forgotten = (connection: StoredConnection): StoredConnection => {
      const { credential: _, nextCredential: __, signedIn: ___, ...rest } = connection;
      return { ...rest, roles: [] };
    };
    await keeper.change(id, forgotten, (connection) => saveSecret(connection, 'present', null));
    const ended = await keeper.change(
      id,
      (connection) => connection,
      (connection) => saveSecret(connection, 'next', null),
    );
    return ended ? done(ended) : refuse('not-found');
  }

  // ---- inside

  #mayConnect(accountId: AccountId, returnTo: string | undefined) {
    const account = this.#parts.account(accountId);
    if (!account) return refuse('not-found');
    if (account.status === 'suspended' || account.teams?.enabled === false)
      return refuse('teams-not-enabled');
    if (returnTo === undefined) return undefined;
    if (!this.#parts.redirectUris().includes(returnTo)) return refuse('return-address-unknown');
    return undefined;
  }

  #wayOf(
    connection: StoredConnection,
    more: Pick<SignInAttempt, 'boundTo' | 'by' | 'redirectUri'> & {
      readonly purpose?: SignInAttempt['purpose'];
    },
  ): Omit<SignInAttempt, 'endsWallMs'> {
    return {
      accountId: connection.accountId,
      connectionId: connection.id,
      purpose: 'sign-in',
      clientId: connection.clientId,
      nonce: '',
      verifier: '',
      features: connection.features,
      // Whoever has a connection with it already shares it already.
      shareTenant: true,
      entraTenantId: connection.entraTenantId,
      ...more,
    };
  }

  async #wayToSignIn(
    way: Omit<SignInAttempt, 'clientId' | 'nonce' | 'verifier' | 'endsWallMs'>,
  ): Promise<DeskOutcome<{ readonly url: string; readonly endsAt: string }>> {
    const { platformApp, attempts, signIn, clock, secretText } = this.#parts;
    if (!platformApp) return refuse('no-app-registration');
    const [state, nonce, verifier] = [secretText(), secretText(), secretText()];
    const { clientId } = platformApp;
    const endsWallMs = clock.wall() + wayMs;
    await attempts.open(state, { ...way, clientId, nonce, verifier, endsWallMs });
    const url = signIn.authorizeUrl({ clientId, redirectUri: way.redirectUri, state, nonce, verifier });
    return done({ url, endsAt: new Date(endsWallMs).toISOString() });
  }

  async #wayToConsent(
    connection: StoredConnection,
    more: Pick<SignInAttempt, 'boundTo' | 'by' | 'redirectUri' | 'purpose'>,
  ): Promise<DeskOutcome<{ readonly url: string; readonly endsAt: string }>> {
    const { platformApp, attempts, signIn, clock, secretText } = this.#parts;
    if (!platformApp) return refuse('no-app-registration');
    const state = secretText();
    const endsWallMs = clock.wall() + wayMs;
    await attempts.open(state, {
      ...this.#wayOf(connection, more),
      clientId: platformApp.clientId,
      endsWallMs,
    });
    const { entraTenantId } = connection;
    const url = signIn.consentUrl({
      clientId: platformApp.clientId,
      redirectUri: more.redirectUri,
      state,
      entraTenantId,
    });
    return done({ url, endsAt: new Date(endsWallMs).toISOString() });
  }

  async #signedIn(
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
    const mine = this.#ofTenant(person.entraTenantId).find((one) => one.accountId === accountId);
    if (!named && mine && mine.life.state !== 'DISCONNECTED' && wasConnected(mine))
      return refuse('tenant-taken', 'The tenant is connected with this account already.');
    const roles = seenRoles(person.wids);
    const mayConsent = roles?.mayConsent ?? false;
    if (!mine) {
      const taken = this.#tenantTaken(accountId, person.entraTenantId, attempt.shareTenant);
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
          }),
      }));
      if (!connection) return refuse('not-found');
    }
    await this.#note(connection, 'connection.sign-in', by);
    if (!mayConsent) {
      const trouble: Trouble = roles === undefined ? 'role-unknown' : 'needs-admin';
      await keeper.hear(connection.id, { is: 'signed-in' }, by);
      const now = (await keeper.hear(connection.id, { is: 'consent-failed', trouble }, by)) ?? connection;
      const sentence =
        trouble === 'needs-admin'
          ? this.#cannotConsent(signedIn)
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

  async #consented(
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
      const number = aadstsNumber(back.error_description);
      const trouble = (number === undefined ? undefined : troubleOfNumber(number)) ?? 'declined';
      await keeper.hear(id, { is: 'consent-failed', trouble }, by);
      await this.#note(keeper.find(id) ?? before, 'connection.consent-refused', by);
      const row = troubleTable[trouble];
      return await state(trouble === 'needs-admin' ? 'ask-admin' : 'again', `${row.say} ${row.next}`);
    }
    if (back.tenant === undefined && back.code !== undefined) {
      // A plain sign-in came back: a grant for one person, which starts nothing for the tenant (B46).
      await keeper.hear(id, { is: 'consent-failed', trouble: 'user-only' }, by);
      return await state('again', `${troubleTable['user-only'].say} ${troubleTable['user-only'].next}`);
    }
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
    if (!before.signedIn?.mayConsent) return refuse('wrong-state', this.#cannotConsent(before.signedIn));
    await this.#note(before, 'connection.consent', by);
    await keeper.hear(id, { is: 'proof-wanted' }, by);
    await keeper.check(id, by);
    const now = keeper.find(id) ?? before;
    return await state(workingStates.has(now.life.state) ? 'done' : 'waiting');
  }

  async #proveRegistration(id: ConnectionId, by: DeskAsker): Promise<StoredConnection | undefined> {
    const { keeper, probe } = this.#parts;
    const connection = keeper.find(id);
    if (!connection) return undefined;
    const proof = await probe.prove(connection, 'next');
    if (proof.is !== 'roles') {
      // What is there goes on: the new one waits until Microsoft takes it, and says meanwhile what is wrong with it.
      if (proof.is === 'refused' && !wasConnected(connection))
        await keeper.hear(id, { is: 'consent-failed', trouble: proof.trouble }, by);
      return keeper.find(id);
    }
    await keeper.promote(id);
    if (!wasConnected(keeper.find(id) ?? connection)) await keeper.hear(id, { is: 'proof-wanted' }, by);
    return await keeper.heardProof(id, proof, by);
  }

  async #credentialOf(
    accountId: AccountId,
    credential: NewCredential,
  ): Promise<DeskOutcome<{ readonly facts: CredentialFacts; readonly secret: CredentialSecret }>> {
    const { certificates, clock, account } = this.#parts;
    switch (credential.kind) {
      case 'secret': {
        const endsWallMs = Date.parse(credential.endsAt);
        if (!(endsWallMs > clock.wall()))
          return refuse('credential-invalid', 'The end date of the secret lies in the past.');
        if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(credential.secret.trim()))
          return refuse(
            'credential-invalid',
            'This looks like the id of a secret. Copy its value; Microsoft shows it once, when it is made.',
          );
        const secret = credential.secret.trim();
        return done({ facts: { kind: 'secret', endsWallMs }, secret: { kind: 'secret', secret } });
      }
      case 'certificate': {
        const { certificate, privateKey } = credential;
        const fault = certificates.fault(certificate, privateKey);
        if (fault !== undefined) return refuse('credential-invalid', fault);
        const endsWallMs = certificates.endsWallMs(certificate);
        return done({
          facts: { kind: 'certificate', certificate, endsWallMs },
          secret: { kind: 'certificate', certificate, privateKey },
        });
      }
      case 'make-certificate': {
        const name = `Tandem for ${account(accountId)?.name ?? 'an account'}`.slice(0, 60);
        const { certificate, privateKey, endsWallMs } = await certificates.make(name, credential.days);
        return done({
          facts: { kind: 'certificate', certificate, endsWallMs },
          secret: { kind: 'certificate', certificate, privateKey },
        });
      }
    }
  }

  #ofTenant(entraTenantId: string): readonly StoredConnection[] {
    return this.#parts.keeper.list().filter((one) => one.entraTenantId === entraTenantId);
  }

  /** Two accounts on one tenant (N04): when it is wanted and said; their enable groups must differ. Never by accident. */
  #tenantTaken(accountId: AccountId, entraTenantId: string, shareTenant: boolean) {
    const others = this.#ofTenant(entraTenantId).filter(
      (one) =>
        one.accountId !== accountId &&
        one.life.state !== 'DISCONNECTED' &&
        one.life.state !== 'NOT_CONNECTED',
    );
    if (others.length === 0 || shareTenant) return undefined;
    return refuse(
      'tenant-taken',
      'Another account of this platform uses this tenant. If both shall use it, each with an enable group of its own, say so when you begin.',
    );
  }

  #cannotConsent(signedIn: StoredConnection['signedIn']): string {
    const who = signedIn
      ? `${signedIn.name} signed in ${signedIn.roles.length === 0 ? 'without a role of Entra' : `as ${signedIn.roles.join(', ')}`}, which may not approve for the whole tenant.`
      : troubleTable['needs-admin'].say;
    return `${who} ${troubleTable['needs-admin'].next}`;
  }

  async #note(
    connection: StoredConnection,
    action: string,
    actor: DeskAsker,
    before?: StoredConnection,
  ): Promise<void> {
    const { session: _, ...by } = actor;
    await this.#parts.audit.note({
      accountId: connection.accountId,
      actor: by,
      action,
      object: {
        kind: 'connection',
        id: connection.id,
        label: connection.tenantName ?? connection.entraTenantId,
      },
      ...(before && { before: auditedConnection(before) }),
      after: auditedConnection(connection),
    });
  }
}

/** What the address of the return says went wrong. Microsoft's own text is for the log; a number is enough to look it up. */
function said(back: MicrosoftBack): string {
  const number = aadstsNumber(back.error_description);
  const trouble = number === undefined ? undefined : troubleOfNumber(number);
  const row = trouble && troubleTable[trouble];
  if (row) return `${row.say} ${row.next}`;
  if (back.error === 'access_denied') return 'The sign-in was cancelled at Microsoft. Nothing was changed.';
  return `Microsoft ended the sign-in${number === undefined ? '' : ` with AADSTS${number}`}. Nothing was changed.`;
}
