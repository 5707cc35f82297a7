import type { PersonId } from '@tandem/domain';
import type { Clock } from '../ports/clock.ts';
import type { DecisionFacts } from '../routing/decision.ts';

/** How long whoever called for help is reached by everybody (product-behaviour 4.2 item 1). */
const callbackWindowMs = 60 * 60_000;

/** Who made an emergency call within the last hour: the callback must ring whatever their presence says. */
export class EmergencyCallers {
  readonly #clock: Clock;
  readonly #until = new Map<PersonId, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  note(call: Pick<DecisionFacts, 'emergency' | 'callingPersonId'>): void {
    if (!call.emergency || call.callingPersonId === undefined) return;
    const now = this.#clock.now();
    for (const [personId, until] of this.#until) if (until <= now) this.#until.delete(personId);
    this.#until.set(call.callingPersonId, now + callbackWindowMs);
  }

  awaitsCallback(personId: PersonId): boolean {
    const until = this.#until.get(personId);
    return until !== undefined && until > this.#clock.now();
  }
}
