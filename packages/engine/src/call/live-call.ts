import type { CallId, CallRecord, DeviceId } from '@tandem/domain';
import type { LadderEntry } from '../ports/call-log.ts';
import type { CallState } from './call.machine.ts';
import type { Call } from './call.ts';
import type { CallEnd } from './call-end.ts';
import type { Ladder } from './ladder.ts';
import type { CallParty } from './party.ts';

/** A call as others may see it while it lives. */
export interface LiveCall {
  readonly callId: CallId;
  readonly state: CallState;
  /** The record as it is now. */
  record(): CallRecord;
  /** The ladder so far, keys and credentials redacted. */
  ladder(): readonly LadderEntry[];
  /** People of the platform at the ends of the call; empty unless it is answered and not over (`talking`). */
  parties(): readonly CallParty[];
  /** Who of ours rings or talks now, and at which phone. */
  ends(): readonly CallEnd[];
}

export class CallView implements LiveCall {
  readonly #call: Call;
  readonly #ladder: Ladder;
  readonly #deviceId: DeviceId | undefined;

  constructor(call: Call, ladder: Ladder, deviceId: DeviceId | undefined) {
    this.#call = call;
    this.#ladder = ladder;
    this.#deviceId = deviceId;
  }

  get callId(): CallId {
    return this.#call.record.callId;
  }

  get state(): CallState {
    return this.#call.state;
  }

  record(): CallRecord {
    return this.#call.record.toRecord();
  }

  ladder(): readonly LadderEntry[] {
    return this.#ladder.render();
  }

  parties(): readonly CallParty[] {
    return this.#call.parties;
  }

  ends(): readonly CallEnd[] {
    return this.#call.ends(this.#deviceId);
  }
}
