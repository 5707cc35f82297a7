import type { Person, Presence, PresenceSync } from '@tandem/contract';
import type { Stage } from './stage.ts';

/** Dana as the stories about presence see her: her state here, her state in Teams, her desk phone. */
export interface PresenceStage {
  readonly personId: string;
  /** Awaited: she shows this here. */
  shows(label: Presence['label']): Promise<Presence>;
  /** Awaited: Teams shows this of her, `Busy/InACall`. */
  teamsShows(pair: string): Promise<string>;
  /** What Teams shows of her now. */
  inTeams(): Promise<string>;
  /** As if she chose it in Teams, or Teams by itself; `null`: as it comes. */
  inTeamsSheIs(pair: { readonly availability: string; readonly activity: string } | null): Promise<void>;
  /** What she pins in Teams by hand; `null` takes it off. */
  pins(pair: { readonly availability: string; readonly activity: string } | null): Promise<void>;
  desk<T>(method: 'PATCH' | 'POST', action: string, body?: unknown): Promise<T>;
  /** Presence writes that Microsoft has had from us until now. */
  writes(): Promise<number>;
}

const upn = 'dana@acme.example';
const phone = 'dana-desk';

export async function presenceStage(stage: Stage): Promise<PresenceStage> {
  const personId = await stage.until('Dana is one of the people', async () => {
    const { items } = await stage.apiJson<{ items: readonly Person[] }>('/people?search=dana');
    return items.find((one) => one.upn === upn)?.id;
  });
  const inTeams = async (): Promise<string> => {
    const { presence } = await stage.twin<{ presence: { availability: string; activity: string } }>(
      'GET',
      `/users/${upn}`,
    );
    return `${presence.availability}/${presence.activity}`;
  };
  const world: PresenceStage = {
    personId,
    shows: (label) =>
      stage.until(`Dana shows ${label}`, async () => {
        const shown = await stage.apiJson<Presence>(`/people/${personId}/presence`);
        return shown.label === label ? shown : undefined;
      }),
    teamsShows: (pair) =>
      stage.until(`Teams shows Dana as ${pair}`, async () => {
        const now = await inTeams();
        return now === pair ? now : undefined;
      }),
    inTeams,
    async inTeamsSheIs(presence) {
      await stage.twin('PATCH', `/users/${upn}`, { presence });
    },
    async pins(preferredPresence) {
      await stage.twin('PATCH', `/users/${upn}`, { preferredPresence });
    },
    desk: (method, action, body) => stage.twin(method, `/phones/${phone}${action}`, body),
    async writes() {
      const { entries } = await stage.twin<{ entries: readonly { summary: string }[] }>(
        'GET',
        '/audit?kind=http&limit=5000',
      );
      return entries.filter(({ summary }) => /(?:set|clear)(?:UserPreferred)?Presence/.test(summary)).length;
    },
  };
  await world.desk('PATCH', '', { registered: true, answers: { kind: 'answer', afterMs: 0 } });
  await world.shows('available');
  return world;
}

/** The account's presence as an administrator sets it up. */
export async function setUpPresence(
  stage: Stage,
  change: Partial<PresenceSync['settings']>,
): Promise<PresenceSync> {
  const { items } = await stage.apiJson<{ items: readonly { id: string; name: string }[] }>('/accounts');
  const acme = items.find(({ name }) => name === 'Acme')?.id;
  const stands = await stage.apiJson<PresenceSync>(`/accounts/${acme}/presence-sync`);
  return await stage.change('PUT', `/accounts/${acme}/presence-sync`, {
    version: stands.version,
    settings: { ...stands.settings, ...change },
  });
}

/** A call that must not ring her. */
export const refusedWords = (result: {
  readonly connected: boolean;
  readonly status?: number | null;
  readonly reason?: string;
}): string =>
  result.connected
    ? 'it rang and was answered'
    : `refused with ${result.status ?? 'nothing'}: ${result.reason ?? ''}`;
