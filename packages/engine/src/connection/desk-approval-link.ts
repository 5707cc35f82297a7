import type { ConnectionId } from '@tandem/domain';
import type { DeskGround } from './desk-ground.ts';
import {
  type DeskAsker,
  type DeskOutcome,
  type DeskParts,
  done,
  linkMs,
  type MicrosoftBack,
  refuse,
} from './desk-parts.ts';
import type { MicrosoftReturns } from './desk-returns.ts';
import { consentRoles } from './entra-roles.ts';
import { presenceRegistrationWords } from './presence-registration.ts';

/** A link for somebody who may approve and has no sign-in here (B07). */
export class ApprovalLink {
  readonly #parts: DeskParts;
  readonly #ground: DeskGround;
  readonly #returns: MicrosoftReturns;

  constructor(parts: DeskParts, ground: DeskGround, returns: MicrosoftReturns) {
    this.#parts = parts;
    this.#ground = ground;
    this.#returns = returns;
  }

  async make(
    id: ConnectionId,
    returnTo: string,
    by: DeskAsker,
  ): Promise<DeskOutcome<{ readonly url: string; readonly endsAt: string; readonly text: string }>> {
    const { keeper, attempts, clock } = this.#parts;
    const connection = keeper.find(id);
    if (!connection) return refuse('not-found');
    const refused = this.#ground.mayConnect(connection.accountId, returnTo);
    if (refused) return refused;
    if (connection.kind === 'own-app' || connection.life.state === 'DISCONNECTED')
      return refuse('wrong-state', 'There is nothing to approve.');
    const link = this.#parts.secretText();
    const endsWallMs = clock.wall() + linkMs;
    await attempts.open(link, {
      ...this.#ground.wayOf(connection, {
        purpose: 'approval-link',
        boundTo: '',
        by: by.name,
        redirectUri: returnTo,
      }),
      endsWallMs,
    });
    await this.#ground.note(connection, 'connection.ask-approval', by);
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
    if (attempt?.boundTo !== '' || !connection || this.#ground.mayConnect(attempt.accountId, undefined))
      return refuse('sign-in-over');
    const again = { boundTo: '', by: attempt.by, redirectUri: attempt.redirectUri };
    if (attempt.purpose === 'approval-link' && text !== undefined) {
      // The link stays good until its end: whoever gets it may begin, turn back and begin again.
      await attempts.open(text, attempt);
      const way = await this.#ground.wayToSignIn({
        ...this.#ground.wayOf(connection, again),
        purpose: 'approval-sign-in',
      });
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
        ? await this.#returns.consented(attempt, ask.back ?? { state: '' }, by)
        : attempt.purpose === 'approval-presence-consent'
          ? await this.#returns.presenceConsented(attempt, ask.back ?? { state: '' }, by)
          : await this.#returns.signedIn(attempt, ask.back ?? { state: '' }, by);
    if (!outcome.ok) return outcome;
    const { connection: now, step, sentence } = outcome.value;
    // Two registrations are two approvals, one after the other, by the same person.
    const second = attempt.purpose === 'approval-consent' && step !== 'again' && step !== 'ask-admin';
    if (second && now.presence && !now.presence.credential && presenceRegistrationWords(now)) {
      const way = await this.#ground.wayToConsent(now, { ...again, purpose: 'approval-presence-consent' });
      if (way.ok) return done({ step: 'go', url: way.value.url, sentence });
    }
    if (step !== 'consent') return done({ step: 'done', sentence });
    const way = await this.#ground.wayToConsent(now, { ...again, purpose: 'approval-consent' });
    return way.ok ? done({ step: 'go', url: way.value.url, sentence }) : way;
  }
}
