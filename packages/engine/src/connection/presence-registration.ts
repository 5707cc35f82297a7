import type { CredentialFacts } from '../ports/connection-store.ts';
import type { Proof } from '../ports/microsoft-connection.ts';
import { reminderDays } from './connection-life.ts';
import { type ConnectionFeature, judgeConnection } from './features.ts';
import { type Trouble, troubleTable } from './trouble.ts';

/** A second app registration, for presence alone, as it is kept: its tokens carry no other permission (G23). */
export interface PresenceRegistration {
  readonly clientId: string;
  /** Of a customer's own one; the platform's is the operator's matter. */
  readonly credential?: CredentialFacts;
  /** Of the last fresh token; empty: nothing was approved, or Microsoft refuses the app now. */
  readonly roles: readonly string[];
  readonly rolesReadWallMs?: number;
  /** Everything that presence needs was in a token once: who owns it is told when that ends. */
  readonly proven?: true;
  /** Why Microsoft gives no token. */
  readonly trouble?: Trouble;
  /** Since when it stands as it does. */
  readonly sinceWallMs: number;
  /** Days before the end of the credential for which the last reminder went out. */
  readonly reminded?: number;
}

export interface PresenceRegistrationStep {
  readonly presence: PresenceRegistration;
  /** Others are to know: it is stored, and whoever looks at the connection hears of it. */
  readonly changed: boolean;
  readonly tells: readonly ('presence-lost' | 'presence-resumed' | 'presence-reminder')[];
}

const dayMs = 86_400_000;

export const newPresenceRegistration = (
  clientId: string,
  nowWallMs: number,
  credential?: CredentialFacts,
): PresenceRegistration => ({
  clientId,
  roles: [],
  sinceWallMs: nowWallMs,
  ...(credential && { credential }),
});

/** What a fresh token of this registration says of it. Silence says nothing. */
export function hearPresenceProof(
  presence: PresenceRegistration,
  proof: Proof,
  features: readonly ConnectionFeature[],
  nowWallMs: number,
): PresenceRegistrationStep {
  const { trouble, ...untroubled } = presence;
  const lacking = (roles: readonly string[]) => missingOfPresence({ features, presence: { roles } });
  const lacked = trouble !== undefined || lacking(presence.roles).length > 0;
  switch (proof.is) {
    case 'silent':
      return { presence, changed: false, tells: [] };
    case 'roles': {
      const same = trouble === undefined && presence.roles.join() === proof.roles.join();
      const lacks = lacking(proof.roles).length > 0;
      return {
        presence: {
          ...untroubled,
          roles: proof.roles,
          rolesReadWallMs: nowWallMs,
          ...(!lacks && { proven: true }),
          ...(!same && { sinceWallMs: nowWallMs }),
        },
        changed: !same,
        tells: !presence.proven || lacks === lacked ? [] : lacks ? ['presence-lost'] : ['presence-resumed'],
      };
    }
    case 'refused': {
      if (trouble === proof.trouble) return { presence, changed: false, tells: [] };
      return {
        presence: { ...presence, roles: [], trouble: proof.trouble, sinceWallMs: nowWallMs },
        changed: true,
        // Who never had it lost nothing: Microsoft copies an approval for minutes.
        tells: presence.proven && !lacked ? ['presence-lost'] : [],
      };
    }
  }
}

/** What presence needs of its own registration, and what was not granted to it. */
export const missingOfPresence = (connection: {
  readonly features: readonly ConnectionFeature[];
  readonly presence?: { readonly roles: readonly string[] };
}): readonly string[] =>
  judgeConnection({ ...connection, roles: [] })
    .missing.filter(({ registration }) => registration === 'presence')
    .map(({ role }) => role);

/** Reminders of the end of its credential, on the days of every other credential (N02). */
export function remindOfPresence(
  presence: PresenceRegistration,
  nowWallMs: number,
): PresenceRegistrationStep {
  const still: PresenceRegistrationStep = { presence, changed: false, tells: [] };
  const ends = presence.credential?.endsWallMs;
  if (ends === undefined) return still;
  const days = (ends - nowWallMs) / dayMs;
  if (days > reminderDays[0]) return still;
  const day = days <= 0 ? 0 : (reminderDays.findLast((one) => days <= one) ?? reminderDays[0]);
  if (presence.reminded !== undefined && presence.reminded <= day) return still;
  return { presence: { ...presence, reminded: day }, changed: true, tells: ['presence-reminder'] };
}

/** How it stands, in words; undefined: nothing is to be said. */
export function presenceRegistrationWords(connection: {
  readonly features: readonly ConnectionFeature[];
  readonly presence?: PresenceRegistration;
}): { readonly sentence: string; readonly next: string } | undefined {
  const { presence } = connection;
  if (presence === undefined) return undefined;
  if (presence.trouble !== undefined) {
    const { say, next } = troubleTable[presence.trouble];
    return { sentence: `The app registration for presence: ${say}`, next };
  }
  const missing = missingOfPresence(connection);
  if (missing.length === 0) return undefined;
  return {
    sentence: missing
      .map((role) => `Permission ${role} of the app registration for presence is missing.`)
      .join(' '),
    next: presence.credential
      ? 'Grant admin consent to the app registration for presence in Entra, then look again.'
      : 'An administrator approves the app registration for presence under Connection.',
  };
}
