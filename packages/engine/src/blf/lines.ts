import type { PersonId } from '@tandem/domain';
import type { CallEnd } from '../call/call-end.ts';
import { deviceKey, personKey, queueKey } from './watched.ts';

/** One call as a lamp shows it. */
export interface LineCall {
  /** The same for as long as the call rings or talks here. */
  readonly id: string;
  readonly state: CallEnd['state'];
  readonly direction: CallEnd['direction'];
  /** As in `CallEnd`. */
  readonly remote: string;
}

const none: ReadonlyMap<string, LineCall> = new Map();
const strength = { trying: 0, early: 1, confirmed: 2 } as const satisfies Record<CallEnd['state'], number>;

/** Who of all people, phones and queues rings or talks, by the engine's live calls: known in the same turn. */
export class Lines {
  /** Person or phone to its calls, by their id. */
  readonly #calls = new Map<string, Map<string, LineCall>>();
  /** Call to the persons and phones that it has. */
  readonly #keys = new Map<string, ReadonlySet<string>>();

  of(key: string): Iterable<LineCall> {
    return (this.#calls.get(key) ?? none).values();
  }

  /** @returns the persons and phones for whom something changed */
  update(callId: string, ends: readonly CallEnd[]): readonly string[] {
    const now = new Map<string, Map<string, LineCall>>();
    for (const end of ends) {
      const { direction, state, remote, personId, deviceId, queueId } = end;
      const id = `${callId}.${direction === 'initiator' ? 'a' : 'b'}`;
      for (const key of [
        personId === undefined ? undefined : personKey(personId),
        deviceId === undefined ? undefined : deviceKey(deviceId),
        queueId === undefined ? undefined : queueKey(queueId),
      ]) {
        if (key === undefined) continue;
        const calls = now.get(key) ?? new Map<string, LineCall>();
        now.set(key, calls);
        // A person with several endpoints has one call: what rings most counts.
        const other = calls.get(id);
        if (!other || strength[other.state] < strength[state])
          calls.set(id, { id, state, direction, remote });
      }
    }
    const changed: string[] = [];
    const before = this.#keys.get(callId);
    for (const key of new Set([...(before ?? []), ...now.keys()]))
      if (this.#put(key, callId, now.get(key))) changed.push(key);
    if (now.size === 0) this.#keys.delete(callId);
    else this.#keys.set(callId, new Set(now.keys()));
    return changed;
  }

  clear(): void {
    this.#calls.clear();
    this.#keys.clear();
  }

  #put(key: string, callId: string, now: ReadonlyMap<string, LineCall> | undefined): boolean {
    const calls = this.#calls.get(key) ?? new Map<string, LineCall>();
    let changed = false;
    for (const id of [`${callId}.a`, `${callId}.b`]) {
      const [old, next] = [calls.get(id), now?.get(id)];
      if (old?.state === next?.state && old?.remote === next?.remote) continue;
      changed = true;
      if (next) calls.set(id, next);
      else calls.delete(id);
    }
    if (calls.size === 0) this.#calls.delete(key);
    else this.#calls.set(key, calls);
    return changed;
  }
}

/** People who talked in this call until now. */
export function leftTheCall(
  before: readonly CallEnd[] | undefined,
  now: readonly CallEnd[],
): readonly PersonId[] {
  const talks = (ends: readonly CallEnd[], personId: PersonId): boolean =>
    ends.some((end) => end.personId === personId && end.state === 'confirmed');
  const left = (before ?? []).flatMap(({ personId, state }) =>
    personId !== undefined && state === 'confirmed' && !talks(now, personId) ? [personId] : [],
  );
  return [...new Set(left)];
}
