import type { AccelerationView, OwnConnectionView } from '@tandem/contract';
import type { AccountId, Person } from '@tandem/domain';
import { ownStatePrefix } from '@tandem/engine/own-connection/own-connection-desk.ts';
import type { OwnConnectionBoard } from '../own-connection-board.ts';
import * as world from './sample-world.ts';

export const sampleSignInId = '01900000-0000-7000-8000-00000000e001';
const entraTenantId = 'acacacac-0000-4000-8000-000000000001';

/** Own connections in memory: a way that is begun ends well when it comes back in the same session. */
export function memoryOwnConnections(wall: () => number): OwnConnectionBoard {
  const connected = new Map<string, string>();
  const chosen = new Map<AccountId, Pick<AccelerationView, 'ownConnections' | 'accelerate'>>();
  const given = new Set<string>([world.acmeId]);
  const ways = new Map<
    string,
    { readonly session: string; readonly person?: Person; readonly accountId: AccountId }
  >();
  const now = (): string => new Date(wall()).toISOString();
  const way = (entry: { session: string; person?: Person; accountId: AccountId }) => {
    const state = `${ownStatePrefix}${ways.size + 1}`;
    ways.set(state, entry);
    return {
      ok: true,
      value: {
        url: `https://login.example/authorize?state=${state}`,
        endsAt: new Date(wall() + 600_000).toISOString(),
      },
    } as const;
  };
  const settingsOf = (accountId: AccountId) =>
    chosen.get(accountId) ?? { ownConnections: 'fallback' as const, accelerate: false };
  return {
    show(person): OwnConnectionView {
      const account = connected.get(person.id);
      const offered = settingsOf(person.accountId).ownConnections !== 'off';
      if (account === undefined)
        return {
          personId: person.id,
          offered,
          state: 'none',
          inUse: false,
          sentence: 'Your Microsoft account is not connected.',
        };
      return {
        personId: person.id,
        offered,
        state: 'connected',
        account,
        since: now(),
        checkedAt: now(),
        inUse: true,
        sentence: 'Your presence is read and written by your own connection.',
      };
    },
    async begin(person, _ask, by) {
      if (by.personId !== person.id) return { ok: false, code: 'not-found' };
      return way({ session: by.session, person, accountId: person.accountId });
    },
    async complete(back, by) {
      const found = ways.get(back.state);
      ways.delete(back.state);
      if (!found) return { ok: false, code: 'sign-in-over' };
      if (found.session !== by.session) return { ok: false, code: 'other-session' };
      if (found.person) connected.set(found.person.id, found.person.displayName);
      else given.add(found.accountId);
      return {
        ok: true,
        value: {
          use: found.person ? 'own' : 'accelerator',
          accountId: found.accountId,
          sentence: 'Your Microsoft account is connected now.',
        },
      };
    },
    async disconnect(person) {
      connected.delete(person.id);
    },
    acceleration(accountId): AccelerationView {
      const settings = settingsOf(accountId);
      const signIns = given.has(accountId)
        ? [
            {
              id: sampleSignInId,
              account: 'Alex Amber',
              entraTenantId,
              state: 'connected' as const,
              since: now(),
              watched: settings.accelerate ? 3 : 0,
              sentence: 'The sign-in works.',
            },
          ]
        : [];
      const active = settings.accelerate && signIns.length > 0;
      return {
        accountId,
        ...settings,
        state: active ? 'active' : settings.accelerate ? 'no-sign-in' : 'off',
        people: 3,
        watched: active ? 3 : 0,
        sentence: active
          ? 'Microsoft tells of changes of all 3 people.'
          : 'Presence is read every 5 to 30 seconds.',
        signIns,
      };
    },
    async change(accountId, change) {
      const before = settingsOf(accountId);
      chosen.set(accountId, {
        ownConnections: change.ownConnections ?? before.ownConnections,
        accelerate: change.accelerate ?? before.accelerate,
      });
    },
    async beginAccelerator(accountId, _returnTo, by) {
      return by.setsUp(accountId)
        ? way({ session: by.session, accountId })
        : { ok: false, code: 'not-found' };
    },
    async removeAccelerator(accountId) {
      given.delete(accountId);
    },
  };
}
