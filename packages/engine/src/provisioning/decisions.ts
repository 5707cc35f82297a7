import type { Link, LinkDrift, PersonId } from '@tandem/domain';
import { decided } from './drift.ts';
import type { Entry } from './entry.ts';
import type { LinkMover } from './link-mover.ts';
import { applyManual, type ManualAction } from './manual-action.ts';
import type { PersonJudge } from './person-judge.ts';
import type { ProvisionerDeps } from './provisioner-deps.ts';

export interface DecisionParts {
  readonly entries: ReadonlyMap<PersonId, Entry>;
  readonly judge: PersonJudge;
  readonly mover: LinkMover;
  readonly deps: Pick<ProvisionerDeps, 'clock' | 'history' | 'onProblem'>;
  /** Whoever decided wants to see what came of it. */
  readonly readNow: () => void;
}

/** What admins and the service desk decide about one person, each with a line in their history. */
export class Decisions {
  readonly #parts: DecisionParts;

  constructor(parts: DecisionParts) {
    this.#parts = parts;
  }

  /** What an admin or the service desk asks. The number of a person is changed in the directory, not here. */
  act(
    personId: PersonId,
    action: ManualAction,
    who: string,
  ): 'done' | 'nothing-to-retry' | 'nothing-to-decide' | 'unknown' {
    const entry = this.#parts.entries.get(personId);
    if (!entry) return 'unknown';
    const nowWallMs = this.#parts.deps.clock.wall();
    const event = action.kind === 'drift' ? `drift-${action.decision} ${action.field}` : action.kind;
    const before = entry.link;
    // Under way already: what moves needs no push, while a decision counts from now on.
    const moves = action.kind === 'retry' || action.kind === 'push';
    const outcome =
      entry.busy && moves
        ? before
        : applyManual(before, action, who, this.#parts.judge.policy(this.#parts.mover.slots.free), nowWallMs);
    if (typeof outcome === 'string') return outcome;
    if (action.kind !== 'recheck')
      this.#parts.deps.history?.(personId, { atWallMs: nowWallMs, trigger: 'manual', by: who, event });
    entry.lookedFor = true;
    if (outcome !== before) {
      this.#decided(entry, outcome);
    }
    this.#parts.readNow();
    return 'done';
  }

  /** A difference in the number was settled in the directory: it is remembered, so that it can be undone. */
  noteDecision(personId: PersonId, drift: LinkDrift, decision: 'repair' | 'accept', who: string): void {
    const entry = this.#parts.entries.get(personId);
    if (!entry) return;
    const now = this.#parts.deps.clock.wall();
    this.#parts.deps.history?.(personId, {
      atWallMs: now,
      trigger: 'manual',
      by: who,
      event: `drift-${decision} ${drift.field}`,
    });
    this.#decided(entry, decided(entry.link, drift, decision, who, now));
  }

  #decided(entry: Entry, link: Link): void {
    const before = entry.link;
    entry.link = link;
    if (!entry.busy) this.#parts.mover.reconcile(entry, before);
    else
      this.#parts.mover
        .save(entry)
        .catch((error: unknown) =>
          this.#parts.deps.onProblem(
            `a decision is not stored yet: ${error instanceof Error ? error.message : String(error)}`,
          ),
        );
  }
}
