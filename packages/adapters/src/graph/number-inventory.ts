import type { AskedPerson } from '@tandem/engine';
import type { GraphClient } from './graph-client.ts';
import { GraphError } from './graph-error.ts';
import type { GraphNumberAssignment } from './graph-types.ts';
import { readAllNumbers, readNumbersOf } from './numbers.ts';

/** What Microsoft's inventory said of one person's number. */
export interface SeenNumber {
  /** Null: Microsoft does not know the number. Undefined: nothing was asked. */
  readonly number: GraphNumberAssignment | null | undefined;
  /** Other numbers that the person has. */
  readonly others: readonly string[];
  readonly readAtWallMs: number;
}

/** More than these were taken away by somebody, not by a page. */
const mostLost = 100;

/** One tenant's numbers: swept whole, or asked for a few people where that is cheaper. */
export class NumberInventory {
  readonly #graph: GraphClient;
  readonly #wall: () => number;
  #byNumber = new Map<string, GraphNumberAssignment>();
  #byTarget = new Map<string, Set<string>>();
  #readAtWallMs: number | undefined;
  /** People who were asked about since the last sweep. */
  readonly #since = new Map<string, number>();
  #pages = 1;
  requests = 0;

  constructor(graph: GraphClient, wall: () => number) {
    this.#graph = graph;
    this.#wall = wall;
  }

  /** Reads what these people need; a GraphError when it could not. */
  async read(
    what: 'all' | 'moving',
    people: readonly AskedPerson[],
    objectIdOf: (one: AskedPerson) => string | undefined,
  ): Promise<GraphError | undefined> {
    const few = people.length * 2 <= 20 * (this.#pages - 1);
    if (what === 'moving' && few && this.#readAtWallMs !== undefined)
      return await this.#ask(people, objectIdOf);
    const before = this.#byNumber;
    const fault = await this.#sweep();
    if (fault) return fault;
    // Pages by offset shift while numbers come and go, so a sweep may miss a row: what seems lost is asked for by name.
    const lost = people.filter((one) => {
      const objectId = objectIdOf(one)?.toLowerCase();
      if (objectId === undefined || one.number === undefined) return false;
      const held = (numbers: ReadonlyMap<string, GraphNumberAssignment>): boolean =>
        numbers.get(one.number ?? '')?.assignmentTargetId?.toLowerCase() === objectId;
      return held(before) && !held(this.#byNumber);
    });
    return lost.length === 0 ? undefined : await this.#ask(lost.slice(0, mostLost), objectIdOf);
  }

  of(person: AskedPerson, objectId: string | undefined): SeenNumber | undefined {
    if (this.#readAtWallMs === undefined) return undefined;
    const { number } = person;
    const held = objectId === undefined ? undefined : this.#byTarget.get(objectId.toLowerCase());
    return {
      number: number === undefined ? undefined : (this.#byNumber.get(number) ?? null),
      others: [...(held ?? [])].filter((one) => one !== number),
      readAtWallMs: Math.max(this.#readAtWallMs, this.#since.get(person.personId) ?? 0),
    };
  }

  async #sweep(): Promise<GraphError | undefined> {
    // The time before the request: what Microsoft does after it is not in the answer.
    const readAtWallMs = this.#wall();
    try {
      const { numbers, requests } = await readAllNumbers(this.#graph);
      this.requests += requests;
      this.#pages = requests;
      this.#byNumber = new Map();
      this.#byTarget = new Map();
      for (const one of numbers) this.#keep(one);
      this.#since.clear();
      this.#readAtWallMs = readAtWallMs;
      return undefined;
    } catch (error) {
      if (error instanceof GraphError) return error;
      throw error;
    }
  }

  async #ask(
    people: readonly AskedPerson[],
    objectIdOf: (one: AskedPerson) => string | undefined,
  ): Promise<GraphError | undefined> {
    const readAtWallMs = this.#wall();
    const numbers = people.flatMap(({ number }) => (number === undefined ? [] : [number as string]));
    const targets = people.flatMap((one) => objectIdOf(one) ?? []);
    const read = await readNumbersOf(this.#graph, numbers, targets);
    if (read instanceof GraphError) return read;
    this.requests += read.requests;
    for (const number of numbers) this.#drop(number);
    for (const target of targets)
      for (const number of [...(this.#byTarget.get(target.toLowerCase()) ?? [])]) this.#drop(number);
    for (const one of read.numbers) this.#keep(one);
    for (const { personId } of people) this.#since.set(personId, readAtWallMs);
    return undefined;
  }

  #keep(one: GraphNumberAssignment): void {
    if (one.telephoneNumber === undefined) return;
    this.#byNumber.set(one.telephoneNumber, one);
    const target = one.assignmentTargetId?.toLowerCase();
    if (target === undefined) return;
    const known = this.#byTarget.get(target);
    if (known) known.add(one.telephoneNumber);
    else this.#byTarget.set(target, new Set([one.telephoneNumber]));
  }

  #drop(number: string): void {
    const known = this.#byNumber.get(number);
    this.#byNumber.delete(number);
    const target = known?.assignmentTargetId?.toLowerCase();
    if (target !== undefined) this.#byTarget.get(target)?.delete(number);
  }
}
