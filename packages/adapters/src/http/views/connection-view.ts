import { createHash, X509Certificate } from 'node:crypto';
import type { Connection, ConnectionState as ShownState } from '@tandem/contract';
import {
  type ConnectionFeature,
  type ConnectionState,
  connectionFeatures,
  connectionWords,
  type FeatureRow,
  featuresServedBy,
  featureTable,
  judgeConnection,
  presenceRegistrationWords,
  satisfies,
  workingStates,
} from '@tandem/engine';
import type { CredentialFacts, StoredConnection } from '@tandem/engine/ports/connection-store.ts';
import { compact, instant } from './shape.ts';

const shown: Record<ConnectionState, ShownState> = {
  NOT_CONNECTED: 'not-connected',
  SIGNED_IN: 'signed-in',
  CONSENT_PENDING: 'consent-pending',
  CONSENT_INCOMPLETE: 'consent-incomplete',
  CONNECTED: 'connected',
  EXPIRING: 'expiring',
  EXPIRED: 'expired',
  INTERRUPTED: 'interrupted',
  DISCONNECTED: 'disconnected',
};

const dayMs = 86_400_000;

export function toConnection(
  stored: StoredConnection,
  all: readonly StoredConnection[],
  nowWallMs: number,
): Connection {
  const { life, roles, roleUses } = stored;
  const { presence } = stored;
  const report = judgeConnection(stored);
  // Each permission belongs to one registration: the other's token does not carry it for us.
  const carried = (feature: ConnectionFeature) =>
    presence && featuresServedBy('presence', stored.features, true).includes(feature)
      ? presence.roles
      : roles;
  const wordsOfPresence = presenceRegistrationWords(stored);
  const permission = (role: string, granted: boolean) => {
    const used = roleUses[role];
    return compact({ role, granted, lastUsedAt: used === undefined ? undefined : instant(used) });
  };
  const words = connectionWords(stored, nowWallMs);
  return compact({
    id: stored.id,
    accountId: stored.accountId,
    tenant: compact({
      id: stored.entraTenantId,
      name: stored.tenantName,
      domains: [...stored.domains],
    }),
    kind: stored.kind,
    clientId: stored.clientId,
    state: shown[life.state],
    reason: life.reason,
    since: instant(life.sinceWallMs),
    sentence: words.sentence,
    next: words.next,
    turn: words.turn,
    works: workingStates.has(life.state),
    missing: report.missing.map(({ feature, role, why, registration }) => ({
      feature,
      role,
      registration,
      words:
        registration === 'main'
          ? `Permission ${role} is missing: ${why}.`
          : `Permission ${role} of the app registration for presence is missing: ${why}.`,
    })),
    features: connectionFeatures.map((feature) => {
      const row: FeatureRow = featureTable[feature];
      const enabled = row.alwaysOn === true || stored.features.includes(feature);
      return {
        feature,
        title: row.title,
        enabled,
        works: enabled && workingStates.has(life.state) && report.working.has(feature),
        permissions: row.permissions.map((needed) =>
          permission(needed.role, satisfies(needed, carried(feature))),
        ),
      };
    }),
    unneeded: report.unneeded.map((role) => permission(role, true)),
    signedIn: stored.signedIn && {
      name: stored.signedIn.name,
      roles: [...stored.signedIn.roles],
      mayConsent: stored.signedIn.mayConsent,
    },
    connectedBy: stored.connectedBy,
    connectedAt: stored.connectedWallMs === undefined ? undefined : instant(stored.connectedWallMs),
    credential: stored.credential && toCredential(stored.credential, nowWallMs),
    nextCredential: stored.nextCredential && toCredential(stored.nextCredential, nowWallMs),
    presenceRegistration:
      presence &&
      compact({
        clientId: presence.clientId,
        kind: presence.credential ? ('own-app' as const) : ('platform-app' as const),
        works: wordsOfPresence === undefined,
        reason: presence.trouble,
        sentence: wordsOfPresence?.sentence ?? 'Presence goes by this app registration, and by no other.',
        next: wordsOfPresence?.next,
        roles: [...presence.roles],
        unneeded: [...report.unneededForPresence],
        since: instant(presence.sinceWallMs),
        checkedAt: presence.rolesReadWallMs === undefined ? undefined : instant(presence.rolesReadWallMs),
        credential: presence.credential && toCredential(presence.credential, nowWallMs),
      }),
    sharedTenant: all.some(
      (other) =>
        other.id !== stored.id &&
        other.entraTenantId === stored.entraTenantId &&
        other.accountId !== stored.accountId &&
        other.life.state !== 'DISCONNECTED',
    ),
    lastAnswerAt: life.answeredWallMs === undefined ? undefined : instant(life.answeredWallMs),
    checkedAt: stored.rolesReadWallMs === undefined ? undefined : instant(stored.rolesReadWallMs),
  });
}

function toCredential(facts: CredentialFacts, nowWallMs: number) {
  const { endsWallMs, certificate } = facts;
  return compact({
    kind: facts.kind,
    endsAt: endsWallMs === undefined ? undefined : instant(endsWallMs),
    daysLeft: endsWallMs === undefined ? undefined : Math.floor((endsWallMs - nowWallMs) / dayMs),
    certificate,
    thumbprint: certificate === undefined ? undefined : thumbprintOf(certificate),
  });
}

/** SHA-1 in hexadecimal capitals: what Microsoft's portal shows beside a certificate. */
function thumbprintOf(certificate: string): string | undefined {
  try {
    return createHash('sha1').update(new X509Certificate(certificate).raw).digest('hex').toUpperCase();
  } catch {
    return undefined;
  }
}
