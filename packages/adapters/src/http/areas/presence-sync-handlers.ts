import { createHash } from 'node:crypto';
import type { presenceSyncRoutes } from '@tandem/contract/areas/presence-sync-routes.ts';
import { type AccountId, asPersonId, type Person } from '@tandem/domain';
import type { PresencePreview, SettingsOutcome } from '@tandem/engine/presence-sync/presence-desk.ts';
import type { StoredRun } from '@tandem/engine/presence-sync/run.ts';
import { actorOf } from '../auth/actor.ts';
import type { HandlersOf } from '../handlers.ts';
import { Refusal } from '../refusal.ts';
import { narrow, type Scope, seesAccount, seesPerson } from '../scope.ts';
import type { ApiServices } from '../services.ts';
import {
  needsConfirmation,
  toPresenceMismatch,
  toPresenceRun,
  toPresenceSync,
  toPreview,
  toRunResult,
  toSyncPerson,
} from '../views/presence-sync-view.ts';
import { compact } from '../views/shape.ts';

const notFound = (): Refusal => new Refusal('not-found');

/** The same only while the same change would begin and end as many people. */
const boundTo = (
  accountId: AccountId,
  { mode, direction }: { readonly mode: string; readonly direction: string },
  { begins, ends }: PresencePreview,
): string =>
  createHash('sha256')
    .update(JSON.stringify([accountId, mode, direction, begins, ends]))
    .digest('base64url')
    .slice(0, 32);

/** Rows of a list that stands in memory. */
function slice<Item>(
  all: readonly Item[],
  { limit, cursor }: { limit: number; cursor?: string | undefined },
) {
  const start = cursor === undefined ? 0 : Number.parseInt(cursor, 36) || 0;
  const items = all.slice(start, start + limit);
  const end = start + items.length;
  return { items, total: all.length, nextCursor: end < all.length ? end.toString(36) : undefined };
}

/** Setup of presence: settings, people, matches, runs. */
export function presenceSyncHandlers(services: ApiServices): HandlersOf<typeof presenceSyncRoutes> {
  const { presenceSync: board, directory, clock } = services;
  const { desk } = board;

  async function accountOf(scope: Scope, id: string): Promise<AccountId | undefined> {
    const narrowed = narrow(scope, id);
    return narrowed && (await directory.accounts(narrowed, { limit: 1 })).items[0]?.id;
  }
  async function personOf(scope: Scope, id: string): Promise<Person | undefined> {
    const person = await directory.person(scope, id);
    return person && seesPerson(scope, { accountId: person.accountId, personId: person.id })
      ? person
      : undefined;
  }
  async function runOf(scope: Scope, id: string): Promise<StoredRun | undefined> {
    const run = await desk.findRun(id);
    return run && scope.kind !== 'person' && seesAccount(scope, run.accountId) ? run : undefined;
  }
  const settled = async (accountId: AccountId, outcome: SettingsOutcome) =>
    outcome.is === 'done'
      ? await toPresenceSync(board, accountId, clock.wall())
      : new Refusal(outcome.is, { detail: outcome.say });

  return {
    'presenceSync.read': async ({ scope, input }) => {
      const accountId = await accountOf(scope, input.params.id);
      return accountId ? await toPresenceSync(board, accountId, clock.wall()) : notFound();
    },
    'presenceSync.change': async ({ scope, input, principal, caller }) => {
      const accountId = await accountOf(scope, input.params.id);
      if (!accountId) return notFound();
      const { version, settings } = input.body;
      const present = desk.settingsOf(accountId);
      if (present.version === version && settings.mode !== present.settings.mode) {
        const preview = await desk.preview(accountId, settings);
        if (needsConfirmation(preview) && input.query.preview !== boundTo(accountId, settings, preview))
          return new Refusal('preview-outdated', {
            detail: `Sync would begin for ${preview.begins} people and end for ${preview.ends}. Preview it and send the preview along.`,
          });
      }
      return await settled(
        accountId,
        await desk.change(accountId, version, settings, actorOf(principal, caller)),
      );
    },
    'presenceSync.resetRules': async ({ scope, input, principal, caller }) => {
      const accountId = await accountOf(scope, input.params.id);
      if (!accountId) return notFound();
      const by = actorOf(principal, caller);
      return await settled(accountId, await desk.resetRules(accountId, input.body.version, by));
    },
    'presenceSync.preview': async ({ scope, input }) => {
      const accountId = await accountOf(scope, input.params.id);
      if (!accountId) return notFound();
      const preview = await desk.preview(accountId, input.body);
      return toPreview(preview, boundTo(accountId, input.body, preview));
    },
    'presenceSync.people': async ({ scope, input }) => {
      const accountId = await accountOf(scope, input.params.id);
      if (!accountId) return notFound();
      const { items, ...page } = slice(desk.people(accountId, input.query), input.query);
      return compact({ items: items.map(toSyncPerson), ...page });
    },
    'presenceSync.choosePeople': async ({ scope, input, principal, caller }) => {
      const accountId = await accountOf(scope, input.params.id);
      if (!accountId) return notFound();
      const wanted = new Set(input.body.people.map(asPersonId));
      const people = desk
        .people(accountId, {})
        .map(({ person }) => person)
        .filter(({ id }) => wanted.has(id));
      const known = new Set<string>(people.map(({ id }) => id));
      const { changed, run } = await desk.choose(
        accountId,
        people,
        input.body.action,
        actorOf(principal, caller),
      );
      return compact({
        changed,
        unchanged: people.length - changed,
        unknown: [...wanted].filter((id) => !known.has(id)),
        run: run && toPresenceRun(run),
      });
    },
    'presenceSync.person': async ({ scope, input }) => {
      const person = await personOf(scope, input.params.id);
      return person ? toSyncPerson(desk.show(person)) : notFound();
    },
    'presenceSync.choose': async ({ scope, input, principal, caller }) => {
      const person = await personOf(scope, input.params.id);
      if (!person) return notFound();
      await desk.choose(person.accountId, [person], input.body.action, actorOf(principal, caller));
      return toSyncPerson(desk.show(person));
    },
    'presenceSync.link': async ({ scope, input, principal, caller }) => {
      const person = await personOf(scope, input.params.id);
      if (!person) return notFound();
      const outcome = await desk.link(person, input.body.objectId, actorOf(principal, caller));
      return outcome.is === 'done'
        ? toSyncPerson(desk.show(person))
        : new Refusal(outcome.is, { detail: outcome.say });
    },
    'presenceSync.unlink': async ({ scope, input, principal, caller }) => {
      const person = await personOf(scope, input.params.id);
      if (!person) return notFound();
      await desk.unlink(person, actorOf(principal, caller));
      return toSyncPerson(desk.show(person));
    },
    'presenceSync.mismatches': async ({ scope, input }) => {
      const accountId = await accountOf(scope, input.params.id);
      if (!accountId) return notFound();
      const { kind } = input.query;
      const { items, ...page } = slice(
        (await desk.mismatches(accountId)).filter((one) => kind === undefined || one.kind === kind),
        input.query,
      );
      return compact({ items: items.map(toPresenceMismatch), ...page });
    },
    'presenceSync.runs': async ({ scope, input }) => {
      const accountId = await accountOf(scope, input.params.id);
      if (!accountId) return notFound();
      const { limit, cursor } = input.query;
      const found = await desk.runs(accountId, { limit: limit + 1, before: cursor });
      const items = found.slice(0, limit);
      return compact({
        items: items.map(toPresenceRun),
        nextCursor: found.length > limit ? items.at(-1)?.id : undefined,
      });
    },
    'presenceSync.startRun': async ({ scope, input, principal, caller }) => {
      const accountId = await accountOf(scope, input.params.id);
      if (!accountId) return notFound();
      const run = await desk.startRun(accountId, actorOf(principal, caller));
      return 'is' in run ? new Refusal(run.is, { detail: run.say }) : toPresenceRun(run);
    },
    'presenceSync.run': async ({ scope, input }) => {
      const run = await runOf(scope, input.params.id);
      return run ? toPresenceRun(run) : notFound();
    },
    'presenceSync.results': async ({ scope, input }) => {
      const run = await runOf(scope, input.params.id);
      if (!run) return notFound();
      const { limit, cursor, outcome } = input.query;
      const offset = cursor === undefined ? 0 : Number.parseInt(cursor, 36) || 0;
      const found = await desk.results(run, { limit: limit + 1, offset, outcome });
      return compact({
        items: found.slice(0, limit).map(toRunResult),
        nextCursor: found.length > limit ? (offset + limit).toString(36) : undefined,
      });
    },
  };
}
