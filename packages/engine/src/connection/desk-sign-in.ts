import type { AccountId, ConnectionId } from '@tandem/domain';
import type { DeskGround } from './desk-ground.ts';
import {
  type DeskAsker,
  type DeskOutcome,
  type DeskParts,
  type DeskReturned,
  type MicrosoftBack,
  refuse,
} from './desk-parts.ts';
import type { MicrosoftReturns } from './desk-returns.ts';
import { type ConnectionFeature, chosenFeatures, type Registration } from './features.ts';

/** An administrator signs in at Microsoft, approves, and comes back: in one session of ours (T18, T19). */
export class SignInErrand {
  readonly #parts: DeskParts;
  readonly #ground: DeskGround;
  readonly #returns: MicrosoftReturns;

  constructor(parts: DeskParts, ground: DeskGround, returns: MicrosoftReturns) {
    this.#parts = parts;
    this.#ground = ground;
    this.#returns = returns;
  }

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
    const refused = this.#ground.mayConnect(ask.accountId, ask.returnTo);
    if (refused) return refused;
    const known = ask.connectionId === undefined ? undefined : this.#parts.keeper.find(ask.connectionId);
    return await this.#ground.wayToSignIn({
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

  async consent(
    id: ConnectionId,
    returnTo: string,
    by: DeskAsker,
    registration: Registration = 'main',
  ): Promise<DeskOutcome<{ readonly url: string; readonly endsAt: string }>> {
    const connection = this.#parts.keeper.find(id);
    if (!connection) return refuse('not-found');
    const refused = this.#ground.mayConnect(connection.accountId, returnTo);
    if (refused) return refused;
    if (registration === 'main' && connection.kind === 'own-app')
      return refuse(
        'wrong-state',
        'An own app registration is approved in Entra, under its API permissions.',
      );
    const { signedIn, life } = connection;
    if (life.state === 'DISCONNECTED' || life.state === 'NOT_CONNECTED' || !signedIn)
      return refuse('wrong-state', 'Sign in at Microsoft first.');
    if (!signedIn.mayConsent) return refuse('wrong-state', this.#ground.cannotConsent(signedIn));
    return await this.#ground.wayToConsent(connection, {
      purpose: registration === 'main' ? 'consent' : 'presence-consent',
      boundTo: by.session,
      by: by.name,
      redirectUri: returnTo,
    });
  }

  async complete(
    back: MicrosoftBack,
    by: DeskAsker,
    sees: (accountId: AccountId) => boolean,
  ): Promise<DeskOutcome<DeskReturned>> {
    const attempt = await this.#parts.attempts.take(back.state, this.#parts.clock.wall());
    if (!attempt || attempt.boundTo === '') return refuse('sign-in-over');
    // A sign-in that somebody gave for themselves binds no tenant.
    if (attempt.purpose === 'own-connection' || attempt.purpose === 'accelerator')
      return refuse('sign-in-over');
    // Whoever was sent here with somebody else's state has begun nothing (T19).
    if (attempt.boundTo !== by.session || !sees(attempt.accountId)) return refuse('other-session');
    const refused = this.#ground.mayConnect(attempt.accountId, undefined);
    if (refused) return refused;
    if (attempt.purpose === 'presence-consent')
      return await this.#returns.presenceConsented(attempt, back, by);
    return attempt.purpose === 'consent'
      ? await this.#returns.consented(attempt, back, by)
      : await this.#returns.signedIn(attempt, back, by);
  }
}
