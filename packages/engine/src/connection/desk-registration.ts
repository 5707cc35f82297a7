import type { AccountId, ConnectionId } from '@tandem/domain';
import type { CredentialFacts, CredentialSecret, StoredConnection } from '../ports/connection-store.ts';
import { wasConnected } from './connection-keeper.ts';
import { newConnectionLife } from './connection-life.ts';
import type { DeskGround } from './desk-ground.ts';
import {
  type DeskAsker,
  type DeskOutcome,
  type DeskParts,
  done,
  type NewCredential,
  refuse,
} from './desk-parts.ts';
import { type ConnectionFeature, chosenFeatures } from './features.ts';
import { newPresenceRegistration } from './presence-registration.ts';
import { troubleTable } from './trouble.ts';

/** A customer's own app registration: it proves itself by its credential (N01). */
export class OwnRegistration {
  readonly #parts: DeskParts;
  readonly #ground: DeskGround;

  constructor(parts: DeskParts, ground: DeskGround) {
    this.#parts = parts;
    this.#ground = ground;
  }

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
    const refused = this.#ground.mayConnect(ask.accountId, undefined);
    if (refused) return refused;
    if (ask.clientId === this.#parts.platformApp?.clientId)
      return refuse('credential-invalid', "This is the platform's own app: sign in at Microsoft instead.");
    const mine = this.#ground.ofTenant(ask.tenantId).find(({ accountId }) => accountId === ask.accountId);
    if (mine) {
      if (mine.life.state !== 'DISCONNECTED')
        return refuse(
          'tenant-taken',
          'The tenant is connected with this account. Change its registration instead.',
        );
    }
    const taken = this.#ground.tenantTaken(ask.accountId, ask.tenantId, ask.shareTenant);
    if (taken) return taken;
    if (mine) return await this.replace(mine.id, ask, by);
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
    await this.#ground.note(written.connection, 'connection.register', by);
    // Nobody can have registered it yet: it waits, and is tried by itself.
    if (ask.credential.kind === 'make-certificate') return done(written.connection);
    return done((await this.#prove(written.connection.id, by)) ?? written.connection);
  }

  async replace(
    id: ConnectionId,
    ask: {
      readonly clientId?: string | undefined;
      readonly credential: NewCredential;
      /** Of a connection that begins anew. */
      readonly features?: readonly ConnectionFeature[] | undefined;
    },
    by: DeskAsker,
  ): Promise<DeskOutcome<StoredConnection>> {
    const { keeper, platformApp, clock } = this.#parts;
    const before = keeper.find(id);
    if (!before) return refuse('not-found');
    const refused = this.#ground.mayConnect(before.accountId, undefined);
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
      (connection) => ({
        ...connection,
        ...(connection.life.state === 'DISCONNECTED' && {
          // Ended once: it begins anew, or nobody would look whether Microsoft takes the credential by now.
          kind: 'own-app',
          clientId,
          life: newConnectionLife(clock.wall()),
          ...(ask.features && { features: chosenFeatures(ask.features) }),
        }),
        nextCredential: { ...facts, clientId },
      }),
      (connection) => this.#parts.saveSecret(connection, 'next', secret),
    );
    if (!changed) return refuse('not-found');
    this.#parts.probe.forget(changed);
    await this.#ground.note(changed, 'connection.register', by, before);
    if (ask.credential.kind === 'make-certificate') return done(changed);
    return done((await this.#prove(id, by)) ?? changed);
  }

  /**
   * A second app registration of the customer, for presence alone. It is taken once Microsoft gave a token for it: until then
   * presence goes on as before, and a typing error breaks nothing.
   */
  async setPresence(
    id: ConnectionId,
    ask: { readonly clientId: string; readonly credential: NewCredential },
    by: DeskAsker,
  ): Promise<DeskOutcome<StoredConnection>> {
    const { keeper, platformApp, presenceApp, probe, clock, saveSecret } = this.#parts;
    const before = keeper.find(id);
    if (!before) return refuse('not-found');
    const refused = this.#ground.mayConnect(before.accountId, undefined);
    if (refused) return refused;
    if (before.life.state === 'DISCONNECTED') return refuse('wrong-state', 'The connection has ended.');
    const { clientId, credential } = ask;
    if ([platformApp?.clientId, presenceApp?.clientId].includes(clientId))
      return refuse('credential-invalid', "This is an app of the platform's: name one of your own.");
    if (clientId === before.clientId || clientId === before.nextCredential?.clientId)
      return refuse(
        'credential-invalid',
        'This app does everything else already: the one for presence has to be another, or its token would carry both.',
      );
    const made = await this.#credentialOf(before.accountId, credential);
    if (!made.ok) return made;
    const { facts, secret } = made.value;
    const proof = await probe.proveSecret({ clientId, entraTenantId: before.entraTenantId }, secret);
    if (proof.is === 'silent') return refuse('microsoft-unavailable');
    if (proof.is === 'refused') {
      const { say, next } = troubleTable[proof.trouble];
      return refuse('credential-invalid', `${say} ${next}`);
    }
    const changed = await keeper.change(
      id,
      (connection) => ({
        ...connection,
        presence: newPresenceRegistration(clientId, clock.wall(), facts),
      }),
      (connection) => saveSecret(connection, 'presence', secret),
    );
    if (!changed) return refuse('not-found');
    probe.forget(changed);
    await this.#ground.note(changed, 'connection.register', by, before);
    return done((await keeper.heardPresenceProof(id, proof, by)) ?? changed);
  }

  /** One registration does everything again, or the platform's for presence where it has one. */
  async dropPresence(id: ConnectionId, by: DeskAsker): Promise<DeskOutcome<StoredConnection>> {
    const { keeper, presenceApp, probe, clock, saveSecret } = this.#parts;
    const before = keeper.find(id);
    if (!before) return refuse('not-found');
    if (!before.presence?.credential)
      return refuse('wrong-state', 'This connection has no app registration of your own for presence.');
    const changed = await keeper.change(
      id,
      ({ presence: _, ...rest }) => ({
        ...rest,
        ...(presenceApp &&
          rest.kind === 'platform-app' && {
            presence: newPresenceRegistration(presenceApp.clientId, clock.wall()),
          }),
      }),
      (connection) => saveSecret(connection, 'presence', null),
    );
    if (!changed) return refuse('not-found');
    probe.forget(before);
    await this.#ground.note(changed, 'connection.register', by, before);
    return done(changed);
  }

  async #prove(id: ConnectionId, by: DeskAsker): Promise<StoredConnection | undefined> {
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
}
