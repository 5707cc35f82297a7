import type { GraphClient } from './graph-client.ts';
import { GraphError } from './graph-error.ts';
import { type GraphUserConfiguration, hasId } from './graph-types.ts';
import { type Reading, readUserConfigurations } from './read-directory.ts';

/** Teams' own view of a settled person is asked for again after this long, a few at a time. */
const configurationAgeMs = 25_000;
const mostAsked = 200;
const pageSize = 999;

/** Teams' own view of people: a few by name, 20 to a request, or everybody by pages where that is cheaper. */
export class UserConfigurations {
  readonly #graph: GraphClient;
  readonly #wall: () => number;
  readonly #known = new Map<
    string,
    { readonly reading: Reading<GraphUserConfiguration>; readonly readAtWallMs: number }
  >();
  requests = 0;

  constructor(graph: GraphClient, wall: () => number) {
    this.#graph = graph;
    this.#wall = wall;
  }

  /** `wanted`: by object id, whether it is urgent. `users`: how many the tenant has. */
  async read(wanted: ReadonlyMap<string, boolean>, users: number): Promise<GraphError | undefined> {
    const now = this.#wall();
    const due = [...wanted]
      .map(([objectId, urgent]) => ({
        objectId,
        age: now - (this.#known.get(objectId)?.readAtWallMs ?? 0),
        urgent,
      }))
      .filter(({ age, urgent }) => urgent || age > configurationAgeMs);
    if (due.length === 0) return undefined;
    if (Math.ceil(due.length / 20) > Math.ceil(users / pageSize)) {
      const failed = await this.#sweep(wanted);
      // A tenant that does not list them is asked one by one.
      if (failed?.code !== 'graph-refused') return failed;
    }
    due.sort((a, b) => Number(b.urgent) - Number(a.urgent) || b.age - a.age);
    return await this.#ask(due.slice(0, mostAsked).map(({ objectId }) => objectId));
  }

  of(
    objectId: string,
  ): { readonly reading: Reading<GraphUserConfiguration>; readonly readAtWallMs: number } | undefined {
    return this.#known.get(objectId);
  }

  /** Those who are asked about no more are forgotten. */
  keepOnly(wanted: ReadonlyMap<string, boolean>): void {
    for (const objectId of this.#known.keys()) if (!wanted.has(objectId)) this.#known.delete(objectId);
  }

  async #ask(objectIds: readonly string[]): Promise<GraphError | undefined> {
    const readAtWallMs = this.#wall();
    const read = await readUserConfigurations(this.#graph, objectIds);
    this.requests += Math.ceil(objectIds.length / 20);
    let failed: GraphError | undefined;
    for (const [objectId, reading] of read) {
      // What was read before is older, not wrong: it stays while Microsoft does not answer.
      if (reading instanceof GraphError) failed ??= reading;
      else this.#known.set(objectId, { reading, readAtWallMs });
    }
    return failed;
  }

  async #sweep(wanted: ReadonlyMap<string, boolean>): Promise<GraphError | undefined> {
    const readAtWallMs = this.#wall();
    const found = new Map<string, GraphUserConfiguration>();
    try {
      const call = { query: { $top: pageSize }, headers: { Prefer: 'include-unknown-enum-members' } };
      for await (const page of this.#graph.pages('userConfigurations', call)) {
        this.requests++;
        for (const one of page)
          if (hasId(one)) found.set(one.id.toLowerCase(), one as GraphUserConfiguration);
      }
    } catch (error) {
      if (error instanceof GraphError) return error;
      throw error;
    }
    for (const objectId of wanted.keys())
      this.#known.set(objectId, { reading: found.get(objectId.toLowerCase()) ?? null, readAtWallMs });
    return undefined;
  }
}
