import { createHash } from 'node:crypto';
import type { PersonProvisioning, ProvisioningChange } from '@tandem/contract';
import type { provisioningRoutes } from '@tandem/contract/areas/provisioning-routes.ts';
import type { Person } from '@tandem/domain';
import type { AuditActor } from '@tandem/engine/ports/audit.ts';
import { writeCsv } from '../../csv/people-csv.ts';
import { actorOf } from '../auth/actor.ts';
import type { Principal } from '../auth/principal.ts';
import { type Caller, type HandlersOf, TextAnswer } from '../handlers.ts';
import { leaverTargetFault } from '../leaver-target.ts';
import type { PersonAction } from '../provisioning-board.ts';
import { Refusal } from '../refusal.ts';
import { narrow, type Scope, seesPerson } from '../scope.ts';
import type { ApiServices, PageOf } from '../services.ts';
import { compact } from '../views/shape.ts';

/** Two things a person in the largest tenants. */
const mostInCsv = 100_000;

type Asked = {
  readonly scope: Scope;
  readonly principal: Principal;
  readonly caller: Caller;
  readonly input: { readonly params: { readonly id: string } };
};

const notFound = (detail?: string): Refusal =>
  new Refusal('not-found', detail === undefined ? {} : { detail });
const actingUser = ({ principal, caller }: Asked): AuditActor => actorOf(principal, caller);
const pageOf = <Item>({ items, nextCursor, total }: PageOf<Item>) =>
  compact({ items: [...items], nextCursor, total });

/** The same only while the same change would take the same number of people away. */
const boundTo = (
  { input }: { readonly input: { readonly params: { readonly id: string }; readonly body: unknown } },
  { leave }: { readonly leave: number },
): string =>
  createHash('sha256')
    .update(JSON.stringify([input.params.id, input.body, leave]))
    .digest('base64url')
    .slice(0, 32);

/** Settings, retries and decisions of provisioning. */
export function provisioningHandlers(services: ApiServices): HandlersOf<typeof provisioningRoutes> {
  const { provisioning: board, directory } = services;

  async function personOf({ scope, input }: Asked): Promise<Person | undefined> {
    const person = await directory.person(scope, input.params.id);
    return person && seesPerson(scope, { accountId: person.accountId, personId: person.id })
      ? person
      : undefined;
  }
  /** Who is named must be there, and fit the rule that stands then. */
  async function leaverFault(
    { scope, input }: Asked,
    change: ProvisioningChange,
  ): Promise<string | undefined> {
    const now = board.read(scope, input.params.id);
    const { leaverForward, leaverRule = now?.settings.leaverRule } = change;
    if (!leaverForward) return undefined;
    const fault = await leaverTargetFault(services, scope, now?.accountId, leaverForward);
    if (fault !== undefined || leaverRule !== 'queue' || leaverForward.kind === 'queue') return fault;
    const named = leaverForward.kind === 'number' ? leaverForward.number : undefined;
    const { items } =
      named === undefined ? { items: [] } : await directory.numbers(scope, { limit: 50, search: named });
    return items.some(({ number, queue }) => number === named && queue)
      ? undefined
      : 'the rule `queue` wants a queue or the number of one; use `manager` for a person or another number';
  }
  async function act(asked: Asked, action: PersonAction): Promise<Refusal | PersonProvisioning> {
    const person = await personOf(asked);
    if (!person) return notFound();
    const outcome = await board.act(person, action, actingUser(asked));
    if (outcome.kind !== 'done')
      return new Refusal(outcome.kind, outcome.detail === undefined ? {} : { detail: outcome.detail });
    // The action may have changed the person: the answer shows them as they are now.
    return board.person((await personOf(asked)) ?? person);
  }

  return {
    'provisioning.list': async ({ scope, input }) => {
      const narrowed = narrow(scope, input.query.account);
      if (!narrowed) return notFound('There is no such account.');
      const all = board.list(narrowed);
      const { limit, cursor } = input.query;
      const after = cursor === undefined ? -1 : all.findIndex((one) => one.connectionId === cursor);
      const items = all.slice(after + 1, after + 1 + limit);
      const more = after + 1 + limit < all.length;
      return compact({
        items,
        nextCursor: more ? items.at(-1)?.connectionId : undefined,
        total: all.length,
      });
    },
    'provisioning.actionItems': async ({ scope, input }) => {
      const narrowed = narrow(scope, input.query.account);
      if (!narrowed) return notFound('There is no such account.');
      return { items: [...board.actionItems(narrowed, input.query.owner)] };
    },
    'provisioning.read': async ({ scope, input }) => board.read(scope, input.params.id) ?? notFound(),
    'provisioning.change': async (asked) => {
      const { scope, input } = asked;
      const fault = await leaverFault(asked, input.body);
      if (fault !== undefined)
        return new Refusal('invalid-request', { errors: [{ path: 'leaverForward', message: fault }] });
      const preview = board.preview(scope, input.params.id, input.body);
      // Taking many people away by a setting is confirmed like a group that was emptied (product-behaviour 1.4).
      if (preview?.needsConfirmation && input.query.preview !== boundTo(asked, preview))
        return new Refusal('preview-outdated', {
          detail: `This takes the numbers of ${preview.leave} people away. Preview it and send the preview along.`,
        });
      return (await board.change(scope, input.params.id, input.body, actingUser(asked))) ?? notFound();
    },
    'provisioning.preview': async (asked) => {
      const preview = board.preview(asked.scope, asked.input.params.id, asked.input.body);
      return preview ? { ...preview, preview: boundTo(asked, preview) } : notFound();
    },
    'provisioning.decideHeld': async (asked) => {
      const { input, scope } = asked;
      const decided = await board.decideHeld(scope, input.params.id, input.body.decision, actingUser(asked));
      if (!decided) return notFound();
      return decided.length === 0 ? new Refusal('nothing-to-decide') : { decided: [...decided] };
    },
    'provisioning.unmatched': async ({ scope, input }) => {
      const found = board.unmatched(scope, input.params.id, input.query);
      return found ? pageOf(found) : notFound();
    },
    'provisioning.inventory': async ({ scope, input, caller }) => {
      const ask = caller.wantsCsv ? { ...input.query, limit: mostInCsv } : input.query;
      const found = board.inventory(scope, input.params.id, ask);
      if (!found) return notFound();
      if (!caller.wantsCsv) return pageOf(found);
      return new TextAnswer(
        writeCsv(
          ['what', 'value', 'whose', 'since', 'undo', 'undoBy', 'command'],
          found.items.map((one) => [
            one.what,
            one.value,
            one.displayName,
            one.since,
            one.undo,
            one.undoBy,
            one.command,
          ]),
        ),
        200,
        'text/csv; charset=utf-8',
      );
    },
    'provisioning.person': async (asked) => {
      const person = await personOf(asked);
      return person ? board.person(person) : notFound();
    },
    'provisioning.history': async (asked) => {
      const person = await personOf(asked);
      if (!person) return notFound();
      return { items: [...(await board.history(person, asked.input.query.limit))] };
    },
    'provisioning.recheck': (asked) => act(asked, { kind: 'recheck' }),
    'provisioning.retry': (asked) => act(asked, { kind: 'retry' }),
    'provisioning.push': (asked) => act(asked, { kind: 'push' }),
    'provisioning.drift': (asked) => act(asked, { kind: 'drift', ...asked.input.body }),
    'provisioning.approve': (asked) => act(asked, { kind: 'approve', ...asked.input.body }),
    'provisioning.choose': (asked) =>
      act(asked, { kind: 'choose', objectId: asked.input.body.entraObjectId }),
    'provisioning.takeOverPreview': async (asked) => {
      const person = await personOf(asked);
      if (!person) return notFound();
      const outcome = board.takeOver(person);
      if (outcome.kind === 'preview') return outcome.preview;
      return new Refusal(outcome.kind, outcome.detail === undefined ? {} : { detail: outcome.detail });
    },
    'provisioning.takeOver': (asked) => act(asked, { kind: 'take-over', ...asked.input.body }),
    'provisioning.confirmWorks': async (asked) => {
      const answer = await act(asked, { kind: 'works', client: asked.input.query.client });
      return answer instanceof Refusal ? answer : undefined;
    },
    'provisioning.override': (asked) => act(asked, { kind: 'override', ...asked.input.body }),
    'provisioning.undo': (asked) => act(asked, { kind: 'undo', ...asked.input.body }),
  };
}
