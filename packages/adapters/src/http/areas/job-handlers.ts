import type { jobRoutes } from '@tandem/contract/areas/job-routes.ts';
import { asAccountId } from '@tandem/domain';
import { writeCsv } from '../../csv/people-csv.ts';
import type { JobItem } from '../../postgres/job-store.ts';
import { actorOf } from '../auth/actor.ts';
import type { HandlersOf } from '../handlers.ts';
import { TextAnswer } from '../handlers.ts';
import type { JobOutcome, ShownJob } from '../job-board.ts';
import { Refusal } from '../refusal.ts';
import { narrow } from '../scope.ts';
import type { ApiServices } from '../services.ts';
import { compact, instant } from '../views/shape.ts';

const noAccount = () => new Refusal('not-found', { detail: 'There is no such account.' });
const mostInCsv = 25_000;

/** Bulk jobs with preview, progress and undo. */
export function jobHandlers({ jobs: board }: ApiServices): HandlersOf<typeof jobRoutes> {
  return {
    'jobs.list': async ({ scope, input }) => {
      const { account, limit, cursor } = input.query;
      const narrowed = narrow(scope, account);
      if (!narrowed) return noAccount();
      const found = await board.list(narrowed, {
        limit: limit + 1,
        ...(cursor !== undefined && { before: cursor }),
      });
      const items = found.slice(0, limit);
      return compact({
        items: items.map(viewOf),
        nextCursor: found.length > limit ? items.at(-1)?.id : undefined,
      });
    },
    'jobs.create': async ({ scope, input, principal, caller }) => {
      if (!narrow(scope, input.body.account)) return noAccount();
      return answerOf(
        await board.create(asAccountId(input.body.account), input.body, actorOf(principal, caller)),
      );
    },
    'jobs.read': async ({ scope, input }) => {
      const found = await board.read(scope, input.params.id);
      return found ? viewOf(found) : new Refusal('not-found');
    },
    'jobs.items': async ({ scope, input, caller }) => {
      const { limit, cursor, state } = input.query;
      const after = cursor === undefined ? undefined : Number(cursor);
      if (after !== undefined && !Number.isSafeInteger(after))
        return new Refusal('invalid-request', {
          errors: [{ path: 'cursor', message: 'not a cursor of this list' }],
        });
      const most = caller.wantsCsv ? mostInCsv : limit + 1;
      const found = await board.items(scope, input.params.id, {
        limit: most,
        ...(after !== undefined && { after }),
        ...(state !== undefined && { state }),
      });
      if (!found) return new Refusal('not-found');
      if (caller.wantsCsv)
        return new TextAnswer(
          writeCsv(
            ['position', 'who', 'state', 'code', 'words'],
            found.map((item) => [item.position, item.label, item.state, item.code, item.words]),
          ),
          200,
          'text/csv; charset=utf-8',
        );
      const items = found.slice(0, limit);
      const last = items.at(-1);
      return compact({
        items: items.map(itemView),
        nextCursor: found.length > limit && last ? String(last.position) : undefined,
      });
    },
    'jobs.start': async ({ scope, input, principal, caller }) =>
      answerOf(await board.start(scope, input.params.id, input.body.preview, actorOf(principal, caller))),
    'jobs.pause': async ({ scope, input, principal, caller }) =>
      answerOf(await board.pause(scope, input.params.id, actorOf(principal, caller))),
    'jobs.resume': async ({ scope, input, principal, caller }) =>
      answerOf(await board.resume(scope, input.params.id, actorOf(principal, caller))),
    'jobs.cancel': async ({ scope, input, principal, caller }) =>
      answerOf(await board.cancel(scope, input.params.id, actorOf(principal, caller))),
    'jobs.undo': async ({ scope, input, principal, caller }) =>
      answerOf(await board.undo(scope, input.params.id, actorOf(principal, caller))),
    'people.csv': async ({ scope, input }) => {
      const narrowed = narrow(scope, input.query.account);
      if (!narrowed) return noAccount();
      return new TextAnswer(await board.peopleCsv(narrowed), 200, 'text/csv; charset=utf-8');
    },
  };
}

function answerOf(outcome: JobOutcome) {
  switch (outcome.kind) {
    case 'done':
      return viewOf(outcome.job);
    case 'unknown':
      return new Refusal('not-found');
    case 'preview-outdated':
      return new Refusal('preview-outdated');
    case 'wrong-state':
    case 'csv-unreadable':
      return new Refusal(outcome.kind, { detail: outcome.say });
  }
}

function viewOf(job: ShownJob) {
  const { counts } = job;
  const total = Object.values(counts).reduce((sum, one) => sum + one, 0);
  return compact({
    id: job.id,
    accountId: job.accountId as string,
    kind: job.kind,
    title: job.title,
    state: job.state,
    preview: job.state === 'previewed' ? job.preview : undefined,
    counts: {
      items: total,
      done: counts.done,
      unchanged: counts.unchanged,
      leftOut: counts['left-out'],
      refused: counts.refused,
      cancelled: counts.cancelled,
      waiting: counts.waiting,
    },
    createdBy: job.createdBy.name,
    createdAt: instant(job.createdWallMs),
    startedAt: job.startedWallMs === undefined ? undefined : instant(job.startedWallMs),
    finishedAt: job.finishedWallMs === undefined ? undefined : instant(job.finishedWallMs),
    secondsLeft: job.secondsLeft,
    undoOf: job.undoOf,
    undoneBy: job.undoneBy,
    canUndo: job.canUndo,
  });
}

function itemView(item: JobItem) {
  return compact({
    position: item.position,
    personId: item.personId as string | undefined,
    label: item.label,
    state: item.state,
    code: item.code,
    words: item.words,
    before: item.before && { ...item.before },
    after: item.after && { ...item.after },
    finishedAt: item.finishedWallMs === undefined ? undefined : instant(item.finishedWallMs),
  });
}
