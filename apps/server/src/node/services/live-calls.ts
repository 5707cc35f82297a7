import type { CallPhase, LiveCall, LiveCalls } from '@tandem/adapters/http/services.ts';
import { asCallId } from '@tandem/domain';
import type { CallEngine, LiveCall as EngineCall } from '@tandem/engine';

const phases: Readonly<Record<EngineCall['state'], CallPhase>> = {
  opening: 'setting-up',
  trying: 'setting-up',
  soothing: 'setting-up',
  ringing: 'ringing',
  turning: 'ringing',
  announcing: 'setting-up',
  // Answered by us and not yet by a member: whoever looks sees a call that rings.
  waiting: 'ringing',
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
