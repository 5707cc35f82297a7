import type { Scope } from '@tandem/adapters/http/scope.ts';
import { seesPerson } from '@tandem/adapters/http/scope.ts';
import type { CallPhase, FinishedCalls, LiveCall, LiveCalls } from '@tandem/adapters/http/services.ts';
import type { LadderStore } from '@tandem/adapters/journal/ladder-store.ts';
import type { Stores } from '@tandem/adapters/postgres/stores.ts';
import { asCallId, type CallRecord } from '@tandem/domain';
import type { CallEngine, LiveCall as EngineCall } from '@tandem/engine';

const phases: Readonly<Record<EngineCall['state'], CallPhase>> = {
  opening: 'setting-up',
  trying: 'setting-up',
  soothing: 'setting-up',
  ringing: 'ringing',
  answering: 'ringing',
  talking: 'talking',
  ending: 'ending',
  over: 'ending',
};

export const phaseOf = (state: EngineCall['state']): CallPhase => phases[state];

export function createLiveCalls(engine: CallEngine): LiveCalls {
  const shown = (call: EngineCall): LiveCall => ({ record: call.record(), phase: phaseOf(call.state) });
  const find = (id: string): EngineCall | undefined =>
    engine.activeCalls().find(({ callId }) => callId === id);
  return {
    list: () => engine.activeCalls().map(shown),
    find(id) {
      const call = find(id);
      return call && shown(call);
    },
    ladder: (id) => find(id)?.ladder() ?? [],
    hangUp: async (id) => engine.hangUp(asCallId(id)),
  };
}

/** Newest first, paged by the time and id of the last one shown. */
export function createFinishedCalls(stores: Stores, ladders: LadderStore): FinishedCalls {
  const record = async (scope: Scope, id: string): Promise<CallRecord | undefined> => {
    const callId = asCallId(id);
    const found =
      scope.kind === 'platform'
        ? await stores.calls.getCallForPlatform(callId)
        : await stores.calls.get(scope.accountId, callId);
    return found && seesPerson(scope, found) ? found : undefined;
  };
  return {
    record,
    async ladder(scope, id) {
      if (!(await record(scope, id))) return undefined;
      const callId = asCallId(id);
      return scope.kind === 'platform'
        ? await ladders.readForPlatform(callId)
        : await ladders.read(scope.accountId, callId);
    },
    async list(scope, ask) {
      const query = {
        limit: ask.limit,
        ...(ask.number !== undefined && { number: ask.number.replace(/[\s().+-]/g, '') }),
        ...(ask.result !== undefined && { result: ask.result }),
        ...(ask.direction !== undefined && { direction: ask.direction }),
        ...(ask.sipCallId !== undefined && { sipCallId: ask.sipCallId }),
        ...(ask.fromWallMs !== undefined && { from: ask.fromWallMs }),
        ...(ask.beforeWallMs !== undefined && { until: ask.beforeWallMs }),
        ...personOf(scope, ask.personId),
        ...before(ask.cursor),
      };
      const { records } =
        scope.kind === 'platform'
          ? await stores.calls.listAllCallsForPlatform(query)
          : await stores.calls.list(scope.accountId, query);
      const last = records.at(-1);
      return {
        items: records,
        ...(last && records.length === ask.limit && { nextCursor: `${last.invitedAt}.${last.callId}` }),
      };
    },
  };
}

/** A user sees the calls of that user's person and nothing else, whatever is asked. */
function personOf(scope: Scope, asked: string | undefined): { readonly personId?: string } {
  if (scope.kind === 'person') return { personId: scope.personId };
  return asked === undefined ? {} : { personId: asked };
}

function before(cursor: string | undefined) {
  const match = cursor === undefined ? null : /^([0-9]{1,15})\.(.+)$/.exec(cursor);
  return match ? { before: { invitedAt: Number(match[1]), callId: asCallId(match[2] ?? '') } } : {};
}
