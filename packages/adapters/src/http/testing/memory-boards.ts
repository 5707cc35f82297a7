import type { Presence } from '@tandem/contract';
import type { PersonId } from '@tandem/domain';
import { evaluateReadiness, type MicrosoftFacts, ownFactsOf } from '@tandem/engine';
import type { ApiClock, PresenceBoard, ReadinessBoard } from '../services.ts';
import { instant } from '../views/shape.ts';
import * as world from './sample-world.ts';

const dayMs = 86_400_000;

/** Microsoft as read a moment ago: everything stands. */
const allGood = (readAtWallMs: number): MicrosoftFacts => ({
  readAtWallMs,
  user: {
    objectId: 'dadadada-0000-4000-8000-000000000142',
    upn: 'someone@acme.example',
    enabled: true,
    guest: false,
    kind: 'user',
  },
  alsoMatches: [],
  inEnableGroup: true,
  licence: { phone: 'usable', callingPlan: false, seenByTeams: true },
  number: {
    holder: { is: 'this-person' },
    type: 'directRouting',
    onPremises: false,
    pending: false,
    voiceEnabled: true,
    readAtWallMs,
  },
  policies: { voiceRouting: { name: null }, calling: { name: null }, dialPlan: { name: null } },
});

/** Dana is ready, Bo has to restart Teams; Microsoft was asked about nobody else. */
export function memoryReadiness(clock: Pick<ApiClock, 'wall'>): ReadinessBoard {
  const seen = new Map<PersonId, { readonly relaunched: boolean }>([
    [world.danaId, { relaunched: true }],
    [world.boId, { relaunched: false }],
  ]);
  return {
    of(account, person) {
      const now = clock.wall();
      const known = seen.get(person.id);
      const acceptedWallMs = now - dayMs / 2;
      const own = ownFactsOf({
        account,
        person,
        tenant: {
          connection: { is: 'connected' },
          domain: { is: 'by-hand' },
          routing: { is: 'by-hand' },
        },
        enableGroup: 'Teams calling',
        ...(known?.relaunched && { clientSeen: { by: 'call', wallMs: now - 60_000 } }),
      });
      const state = !known ? 'BLOCKED' : known.relaunched ? 'READY' : 'AWAITING_RELAUNCH';
      const link = { state, sinceWallMs: acceptedWallMs, ...(known && { acceptedWallMs }) } as const;
      const report = evaluateReadiness({ ...own, link }, known && allGood(now), now);
      return { report, state, ...(known && { checkedAtWallMs: now }) };
    },
  };
}

/** Dana is on a call, Bo is away in Teams; of the others nothing is known. */
export function memoryPresence(clock: Pick<ApiClock, 'wall'>): PresenceBoard {
  const now = clock.wall();
  const shown = new Map<PersonId, Presence>([
    [
      world.danaId,
      {
        label: 'on_call',
        sentence: 'On a call on this platform.',
        source: 'platform-call',
        stale: false,
        since: instant(now - 42_000),
        teams: { availability: 'Busy', activity: 'InACall', readAt: instant(now - 2_000) },
        written: { availability: 'Busy', activity: 'InACall', leaseEndsAt: instant(now + 240_000) },
      },
    ],
    [
      world.boId,
      {
        label: 'away',
        sentence: 'Teams says Away.',
        source: 'teams',
        stale: false,
        teams: { availability: 'Away', activity: 'Away', readAt: instant(now - 9_000) },
      },
    ],
  ]);
  return { of: (personId) => shown.get(personId) };
}
