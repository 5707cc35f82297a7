import type { PersonId } from '@tandem/domain';
import { type Entry, standsInTeams } from './entry.ts';
import type { MicrosoftFacts } from './facts.ts';
import {
  type HeldRemoval,
  leavesByOwnFacts,
  leavingAtMicrosoft,
  tooMany,
  withoutLeaving,
} from './mass-change.ts';
import type { ProvisionerDeps } from './provisioner-deps.ts';
import type { ProvisioningSettings } from './settings.ts';

/** When a deleted group, a wrong click or an import gone wrong would take many away at once, they wait for a person
 * (product-behaviour 1.4). */
export class RemovalGuard {
  readonly #entries: ReadonlyMap<PersonId, Entry>;
  readonly #deps: Pick<ProvisionerDeps, 'onProblem' | 'notify'>;
  readonly #held = new Map<HeldRemoval['source'], HeldRemoval>();
  /** Let through by an admin, and where they were held: they may go, this once. */
  readonly #letThrough = new Map<PersonId, HeldRemoval['source'] | 'directory'>();

  constructor(entries: ReadonlyMap<PersonId, Entry>, deps: Pick<ProvisionerDeps, 'onProblem' | 'notify'>) {
    this.#entries = entries;
    this.#deps = deps;
  }

  /** What waits for an admin. */
  held(): readonly HeldRemoval[] {
    return [...this.#held.values()];
  }

  /** An admin lets all go that are held. */
  letThrough(): void {
    for (const { people, source } of this.#held.values())
      for (const personId of people) this.#letThrough.set(personId, source);
    this.#held.clear();
    for (const personId of this.#letThrough.keys()) {
      const entry = this.#entries.get(personId);
      if (entry) entry.held = false;
    }
  }

  /** An admin confirmed at the directory that these users may leave: nobody is asked twice. */
  letGo(objectIds: ReadonlySet<string>): void {
    for (const [personId, { link }] of this.#entries)
      if (link.objectId !== undefined && objectIds.has(link.objectId.toLowerCase()))
        this.#letThrough.set(personId, 'directory');
  }

  forget(personId: PersonId): void {
    this.#letThrough.delete(personId);
  }

  /** What Microsoft says, without those who are held. */
  guarded(
    facts: ReadonlyMap<PersonId, MicrosoftFacts>,
    guard: ProvisioningSettings['guard'],
    readAtWallMs: number,
  ): ReadonlyMap<PersonId, MicrosoftFacts> {
    this.#forgetWho((personId, source) => {
      const one = facts.get(personId);
      return source === 'microsoft' && one?.inEnableGroup === true && one.user !== null;
    });
    const { leaving: all, linked } = leavingAtMicrosoft(this.#entries, facts);
    const leaving = all.filter((personId) => !this.#letThrough.has(personId));
    if (!tooMany(leaving.length, linked, guard)) {
      if (facts.size > 0) this.#held.delete('microsoft');
      return facts;
    }
    this.#deps.onProblem(
      `${leaving.length} of ${linked} people would leave at once: held until somebody confirms`,
    );
    this.#hold('microsoft', leaving, linked, readAtWallMs);
    return withoutLeaving(facts, leaving);
  }

  /** The same for what our own store says of those who changed: an import gone wrong must not empty a tenant. */
  holdOwn(changed: readonly Entry[], guard: ProvisioningSettings['guard'], nowWallMs: number): void {
    for (const entry of this.#entries.values())
      if (entry.held && !leavesByOwnFacts(entry)) entry.held = false;
    this.#forgetWho((personId, source) => {
      const entry = this.#entries.get(personId);
      return source === 'own-facts' && entry !== undefined && !leavesByOwnFacts(entry);
    });
    const leaving = changed.filter(
      (entry) => leavesByOwnFacts(entry) && !this.#letThrough.has(entry.link.personId),
    );
    const linked = [...this.#entries.values()].filter(({ link }) => standsInTeams(link)).length;
    if (tooMany(leaving.length, linked, guard)) {
      this.#deps.onProblem(
        `${leaving.length} of ${linked} people would lose Teams at once by our own records: held until somebody confirms`,
      );
      for (const entry of leaving) entry.held = true;
    }
    const all = [...this.#entries].filter(([, { held }]) => held).map(([personId]) => personId);
    if (all.length === 0) this.#held.delete('own-facts');
    else this.#hold('own-facts', all, linked, nowWallMs);
  }

  /** Who has gone, or has come back, is counted like everybody else when it happens again. */
  #forgetWho(cameBack: (personId: PersonId, source: HeldRemoval['source'] | 'directory') => boolean): void {
    for (const [personId, source] of this.#letThrough) {
      const entry = this.#entries.get(personId);
      const gone = !entry || !standsInTeams(entry.link);
      if (gone || cameBack(personId, source)) this.#letThrough.delete(personId);
    }
  }

  #hold(source: HeldRemoval['source'], people: readonly PersonId[], linked: number, nowWallMs: number): void {
    const known = this.#held.get(source);
    const held: HeldRemoval = {
      sinceWallMs: known?.sinceWallMs ?? nowWallMs,
      source,
      people: new Set(people),
      linked,
    };
    this.#held.set(source, held);
    if (!known) this.#deps.notify?.({ kind: 'held', held }, undefined);
  }
}
