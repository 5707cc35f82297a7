export * from './call/call.machine.ts';
export type { CallEnd } from './call/call-end.ts';
export * from './call/call-failure.ts';
export * from './call/engine.ts';
export * from './call/party.ts';
export * from './call/reason.ts';
export * from './call/verdicts.ts';
export * from './connection/connection.machine.ts';
export * from './connection/connection-desk.ts';
export * from './connection/connection-keeper.ts';
export * from './connection/connection-life.ts';
export type {
  DeskAsker,
  DeskOutcome,
  DeskParts,
  DeskRefusal,
  DeskReturned,
  MicrosoftBack,
  NewCredential,
} from './connection/desk-parts.ts';
export * from './connection/entra-roles.ts';
export * from './connection/features.ts';
export * from './connection/trouble.ts';
export * from './connection/words.ts';
export * from './directory-sync/match-identity.ts';
export * from './directory-sync/shared-addresses.ts';
export type { PeerView } from './health/peer-book.ts';
export type { PeerState } from './health/peer-health.machine.ts';
export * from './ports/audit.ts';
export * from './ports/call-log.ts';
export * from './ports/clock.ts';
export type * from './ports/connection-store.ts';
export type * from './ports/directory-view.ts';
export * from './ports/ids.ts';
export * from './ports/link-store.ts';
export * from './ports/mailer.ts';
export * from './ports/media-port.ts';
export * from './ports/microsoft.ts';
export type * from './ports/microsoft-connection.ts';
export * from './ports/phone-auth.ts';
export * from './ports/presence-gate.ts';
export * from './ports/presence-policies.ts';
export type * from './ports/presence-watch.ts';
export * from './ports/probe-memory.ts';
export * from './ports/provisioning-history.ts';
export * from './ports/registrations.ts';
export * from './ports/snapshot.ts';
export * from './ports/teams-access.ts';
export * from './presence/call-presence.ts';
export * from './presence/manual-presence.ts';
export * from './presence/polling-plan.ts';
export type * from './presence/ports.ts';
export type { PresencePair } from './presence/preferred-write.ts';
export * from './presence/presence-reader.ts';
export * from './presence/presence-writer.ts';
export * from './presence/shown-presence.ts';
export * from './presence/teams-view.ts';
export * from './presence/tenant-pauses.ts';
export * from './presence/wish.ts';
export * from './provisioning/account-provisioner.ts';
export * from './provisioning/call-outcome.ts';
export * from './provisioning/decide-events.ts';
export * from './provisioning/entry.ts';
export * from './provisioning/evaluate-readiness.ts';
export * from './provisioning/facts.ts';
export * from './provisioning/fix-links.ts';
export * from './provisioning/link.machine.ts';
export * from './provisioning/manual-action.ts';
export * from './provisioning/mass-change.ts';
export * from './provisioning/overview.ts';
export * from './provisioning/own-facts.ts';
export * from './provisioning/policies.ts';
export * from './provisioning/preview.ts';
export * from './provisioning/provisioner-deps.ts';
export { readEveryMs } from './provisioning/reading-pace.ts';
export * from './provisioning/reconcile-link.ts';
export * from './provisioning/settings.ts';
export * from './provisioning/write-outcome.ts';
export * from './routing/call-facts.ts';
export * from './routing/decide-from-teams.ts';
export * from './routing/decide-inbound.ts';
export * from './routing/decision.ts';
export * from './routing/source.ts';
export * from './settings.ts';
