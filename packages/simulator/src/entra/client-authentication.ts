import { timingSafeEqual } from 'node:crypto';
import type { AppRegistration } from './app-registration.ts';
import { judgeAssertion } from './assertion.ts';
import type { EntraFailure } from './entra-error.ts';
import type { EntraWorld, Refusal } from './entra-world.ts';

/** How an app proves to the token endpoint that it is itself (graph 1.4, checks A8 and A9). */

export interface ClientCredentials {
  readonly form: URLSearchParams;
  readonly basic: { readonly id: string; readonly secret: string } | undefined;
  /** Every way to spell the token endpoint of this request. */
  readonly audiences: readonly string[];
}

export type Proof =
  | { readonly ok: true; readonly by: 'secret' | 'certificate' | 'nothing' }
  | ({ readonly ok: false } & Refusal);

export class ClientAuthentication {
  readonly #world: EntraWorld;
  readonly #usedAssertions = new Map<string, number>();

  constructor(world: EntraWorld) {
    this.#world = world;
  }

  /** `isPublic`: the client lives where no secret can be kept. */
  judge(app: AppRegistration, { form, basic, audiences }: ClientCredentials, isPublic = false): Proof {
    const assertion = form.get('client_assertion');
    const secret = form.get('client_secret') ?? basic?.secret;
    if (isPublic)
      return assertion === null && secret === undefined
        ? { ok: true, by: 'nothing' }
        : { ok: false, check: 'A8', failure: { code: 700025 } };
    if (assertion !== null) {
      const wrong: EntraFailure | undefined =
        form.get('client_assertion_type') === 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
          ? judgeAssertion(assertion, {
              app,
              audiences,
              now: this.#world.realNow(),
              used: this.#usedAssertions,
              once: this.#world.consents.settings.assertionsOnce,
            })
          : { code: 50012, detail: 'client_assertion_type is not known.' };
      return wrong ? { ok: false, check: 'A9', failure: wrong } : { ok: true, by: 'certificate' };
    }
    const wrong = judgeSecret(app, secret, this.#world.now());
    return wrong ? { ok: false, check: 'A8', failure: wrong } : { ok: true, by: 'secret' };
  }
}

function judgeSecret(app: AppRegistration, given: string | undefined, now: number): EntraFailure | undefined {
  if (given === undefined || given === '') return { code: 7000218 };
  const found = app.secrets.find(({ value }) => {
    const [a, b] = [Buffer.from(value), Buffer.from(given)];
    return a.length === b.length && timingSafeEqual(a, b);
  });
  if (!found) return { code: 7000215 };
  return found.expiresAt < now ? { code: 7000222 } : undefined;
}

/** RFC 6749 2.3.1: both parts are form-encoded. */
export function basicCredentials(header: string | undefined): ClientCredentials['basic'] {
  const encoded = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const [id, secret] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  try {
    return id && secret ? { id: decodeURIComponent(id), secret: decodeURIComponent(secret) } : undefined;
  } catch {
    return undefined;
  }
}
