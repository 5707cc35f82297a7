import { asCallId, type PersonId } from '@tandem/domain';
import { printWav, ToneSource } from '@tandem/media';
import type { KeptMessage, VoicemailSettings } from '../../postgres/voicemail-store.ts';
import { readGreeting } from '../../voicemail/greeting.ts';
import type { ApiClock } from '../services.ts';
import type { VoicemailBoard } from '../voicemail-board.ts';
import * as world from './sample-world.ts';

/** What Bo left for Dana. */
export const danasMessageId = '01900000-0000-7000-8000-00000000d001';

/** A second of somebody's voice, as base64. */
export const sampleGreeting = printWav({ rate: 8000, samples: new ToneSource(300).read(8000) }).toString(
  'base64',
);

/** Mailboxes in memory: Acme's account chose the platform, and Dana has three messages. */
export function memoryVoicemail(clock: ApiClock, gate: () => void): VoicemailBoard {
  const settings = new Map<string, VoicemailSettings>([[world.acmeId, { owner: 'platform' }]]);
  const message = (last: string, more: Partial<KeptMessage>, minutesAgo: number): KeptMessage => ({
    id: `${danasMessageId.slice(0, -1)}${last}`,
    accountId: world.acmeId,
    personId: world.danaId,
    callId: asCallId(world.finishedCalls(clock.wall())[0]?.callId ?? 'call'),
    from: '',
    atWallMs: clock.wall() - minutesAgo * 60_000,
    lengthMs: 2_000,
    ...more,
  });
  let messages: KeptMessage[] = [
    message('1', { from: '1002', callerName: 'Bo Larsen', callingPersonId: world.boId }, 12),
    message('2', { from: '+12025550199', callerName: 'Pat Example', lengthMs: 61_000 }, 190),
    message('3', { from: 'anonymous', lengthMs: 9_000, heardAtWallMs: clock.wall() - 1_000_000 }, 2_000),
  ];
  const announcements = new Map<string, number>();
  const of = (personId: PersonId): KeptMessage[] => messages.filter((one) => one.personId === personId);
  const countsOf = (some: readonly KeptMessage[]) => ({
    messages: some.length,
    unheard: some.filter(({ heardAtWallMs }) => heardAtWallMs === undefined).length,
  });
  const settingsOf = (id: string): VoicemailSettings => settings.get(id) ?? {};
  const put = (id: string, change: { readonly [K in keyof VoicemailSettings]?: unknown }): void => {
    const kept = Object.entries({ ...settingsOf(id), ...change }).filter(
      ([, value]) => value !== undefined && value !== null,
    );
    settings.set(id, Object.fromEntries(kept));
  };
  return {
    async list(_accountId, personId, { limit, cursor }) {
      gate();
      const all = of(personId);
      const from = cursor === undefined ? 0 : all.findIndex(({ id }) => id === cursor);
      const next = all[from + limit];
      return { items: all.slice(from, from + limit), ...(next && { nextCursor: next.id }) };
    },
    async sound(_accountId, personId, id) {
      gate();
      const found = of(personId).find((one) => one.id === id);
      const samples = (found?.lengthMs ?? 0) * 8;
      return found && printWav({ rate: 8000, samples: new ToneSource(440).read(samples) });
    },
    async setHeard(_accountId, personId, id, heard) {
      gate();
      messages = messages.map((one) => {
        if (one.id !== id || one.personId !== personId) return one;
        const { heardAtWallMs = clock.wall(), ...rest } = one;
        return heard ? { ...rest, heardAtWallMs } : rest;
      });
      return of(personId).find((one) => one.id === id);
    },
    async remove(_accountId, personId, id) {
      gate();
      const there = of(personId).some((one) => one.id === id);
      // The first one stays: the matrix of routes and roles asks for it again and again.
      if (there && id !== danasMessageId) messages = messages.filter((one) => one.id !== id);
      return there;
    },
    async ofPerson(accountId, personId) {
      gate();
      return {
        own: settingsOf(personId),
        account: settingsOf(accountId),
        counts: countsOf(of(personId)),
      };
    },
    async ofAccount(accountId) {
      gate();
      const theirs = messages.filter((one) => one.accountId === accountId);
      const announcementMs = announcements.get(accountId);
      return {
        account: settingsOf(accountId),
        counts: countsOf(theirs),
        ...(announcementMs !== undefined && { announcementMs }),
      };
    },
    async choose(accountId, personId, change) {
      gate();
      put(personId ?? accountId, change);
      return true;
    },
    async announce(accountId, file) {
      gate();
      const read = file && readGreeting(file);
      if (read && !read.ok) return read;
      if (read) announcements.set(accountId, read.lengthMs);
      else announcements.delete(accountId);
      return { ok: true };
    },
    async greet(accountId, personId, file) {
      gate();
      const read = file && readGreeting(file);
      if (read && !read.ok) return read;
      put(personId ?? accountId, { greetingMs: read?.lengthMs });
      return { ok: true };
    },
  };
}
