import type { ConnectionId } from '@tandem/domain';
import type { StoredConnection } from '../ports/connection-store.ts';
import { ApprovalLink } from './desk-approval-link.ts';
import { ConnectionEnd } from './desk-ending.ts';
import { DeskGround } from './desk-ground.ts';
import { type DeskAsker, type DeskOutcome, type DeskParts, done, refuse } from './desk-parts.ts';
import { OwnRegistration } from './desk-registration.ts';
import { MicrosoftReturns } from './desk-returns.ts';
import { SignInErrand } from './desk-sign-in.ts';
import { type ConnectionFeature, chosenFeatures } from './features.ts';

/**
 * How an account gets its connection with a Microsoft 365 tenant, and how it changes and ends it (features N01-N05, B07-B09,
 * B46; threats T18, T19). A tenant is bound to an account only by an ID token of a person who may approve for that tenant,
 * or by a credential of an app in it; an approval is proved by the roles in a fresh token, never by a redirect.
 */
export class ConnectionDesk {
  readonly #parts: DeskParts;
  readonly #ground: DeskGround;
  readonly #signIn: SignInErrand;
  readonly #approval: ApprovalLink;
  readonly #registration: OwnRegistration;
  readonly #end: ConnectionEnd;

  constructor(parts: DeskParts) {
    this.#parts = parts;
    this.#ground = new DeskGround(parts);
    const returns = new MicrosoftReturns(parts, this.#ground);
    this.#signIn = new SignInErrand(parts, this.#ground, returns);
    this.#approval = new ApprovalLink(parts, this.#ground, returns);
    this.#registration = new OwnRegistration(parts, this.#ground);
    this.#end = new ConnectionEnd(parts);
  }

  signIn(...ask: Parameters<SignInErrand['signIn']>): ReturnType<SignInErrand['signIn']> {
    return this.#signIn.signIn(...ask);
  }

  consent(...ask: Parameters<SignInErrand['consent']>): ReturnType<SignInErrand['consent']> {
    return this.#signIn.consent(...ask);
  }

  complete(...ask: Parameters<SignInErrand['complete']>): ReturnType<SignInErrand['complete']> {
    return this.#signIn.complete(...ask);
  }

  approvalLink(...ask: Parameters<ApprovalLink['make']>): ReturnType<ApprovalLink['make']> {
    return this.#approval.make(...ask);
  }

  approve(...ask: Parameters<ApprovalLink['approve']>): ReturnType<ApprovalLink['approve']> {
    return this.#approval.approve(...ask);
  }

  register(...ask: Parameters<OwnRegistration['register']>): ReturnType<OwnRegistration['register']> {
    return this.#registration.register(...ask);
  }

  replaceRegistration(
    ...ask: Parameters<OwnRegistration['replace']>
  ): ReturnType<OwnRegistration['replace']> {
    return this.#registration.replace(...ask);
  }

  setPresenceRegistration(
    ...ask: Parameters<OwnRegistration['setPresence']>
  ): ReturnType<OwnRegistration['setPresence']> {
    return this.#registration.setPresence(...ask);
  }

  dropPresenceRegistration(
    ...ask: Parameters<OwnRegistration['dropPresence']>
  ): ReturnType<OwnRegistration['dropPresence']> {
    return this.#registration.dropPresence(...ask);
  }

  stops(...ask: Parameters<ConnectionEnd['stops']>): ReturnType<ConnectionEnd['stops']> {
    return this.#end.stops(...ask);
  }

  disconnect(...ask: Parameters<ConnectionEnd['disconnect']>): ReturnType<ConnectionEnd['disconnect']> {
    return this.#end.disconnect(...ask);
  }

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
    await this.#ground.note(changed, 'connection.features', by, before);
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
    await keeper.check(id, by);
    return done((await keeper.checkPresence(id, by)) ?? before);
  }
}
