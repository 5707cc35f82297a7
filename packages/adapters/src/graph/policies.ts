import type { PolicyField } from '@tandem/domain';
import type { PolicyWrite, WriteOutcome } from '@tandem/engine';
import type { GraphClient } from './graph-client.ts';
import { GraphError } from './graph-error.ts';
import { outcomeOf } from './numbers.ts';
import { requestIdsOf } from './request-ids.ts';

/** Microsoft's names of the kinds (microsoft-graph 5.3, 5.6). */
export const policyTypes: Readonly<Record<PolicyField, string>> = {
  voiceRouting: 'OnlineVoiceRoutingPolicy',
  calling: 'TeamsCallingPolicy',
  dialPlan: 'TenantDialPlan',
};
const words: Readonly<Record<PolicyField, string>> = {
  voiceRouting: 'voice routing policy',
  calling: 'calling policy',
  dialPlan: 'dial plan',
};

/** One person and what to set; all of it or none counts. */
export interface PersonPolicies {
  readonly objectId: string;
  readonly writes: readonly PolicyWrite[];
}

interface Step {
  readonly person: number;
  readonly field: PolicyField;
  readonly assign: boolean;
  readonly value: Readonly<Record<string, string>>;
}

/** Microsoft names no maximum; 20 are taken (microsoft-graph 5.3). */
const mostInCall = 20;
const knownMs = 3_600_000;
const unknownMs = 60_000;
/** So many people in a row for whom a kind of policy is refused: the tenant does not take it this way. */
const refusalsToBelieve = 3;

/** Policies of one tenant: ids by name, and who has which. */
export class PolicyOffice {
  readonly #graph: GraphClient;
  readonly #wall: () => number;
  readonly #ids = new Map<string, { readonly id: string | null; readonly readAtWallMs: number }>();
  readonly #refusals = new Map<PolicyField, { count: number; untilWallMs: number }>();
  requests = 0;

  constructor(graph: GraphClient, wall: () => number) {
    this.#graph = graph;
    this.#wall = wall;
  }

  /** Null: the tenant has no policy of this name. Throws GraphError. */
  async idOf(field: PolicyField, name: string): Promise<string | null> {
    const key = `${field} ${name.toLowerCase()}`;
    const known = this.#ids.get(key);
    const age = this.#wall() - (known?.readAtWallMs ?? 0);
    if (known && age < (known.id === null ? unknownMs : knownMs)) return known.id;
    this.requests++;
    const params = { type: policyTypes[field], name: name.replaceAll("'", "''") };
    const found = await this.#graph.call('policyId', { params }).catch((error: unknown) => {
      if (error instanceof GraphError && error.code === 'graph-not-found') return undefined;
      throw error;
    });
    const { value } = (found?.body ?? {}) as { value?: unknown };
    const list = Array.isArray(value) ? (value as { name?: unknown; policyId?: unknown }[]) : [];
    const same = list.find((one) => String(one.name).toLowerCase() === name.toLowerCase());
    const id = typeof same?.policyId === 'string' ? same.policyId : null;
    this.#ids.set(key, { id, readAtWallMs: this.#wall() });
    return id;
  }

  /** The first of these that the tenant does not have, in words; undefined: all are there. Throws GraphError. */
  async missing(
    wanted: readonly { readonly field: PolicyField; readonly name: string }[],
  ): Promise<string | undefined> {
    for (const { field, name } of wanted)
      if ((await this.idOf(field, name)) === null) return `${words[field]} ${name}`;
    return undefined;
  }

  /** Sets policies of many people, 20 to a call and 20 calls to a request. Never throws for what Graph says. */
  async assign(people: readonly PersonPolicies[]): Promise<readonly WriteOutcome[]> {
    const outcomes = new Map<number, WriteOutcome>();
    /** By whom: the last good answer that was about them. */
    const answered = new Map<number, unknown>();
    const steps: Step[] = [];
    for (const [person, { objectId, writes }] of people.entries()) {
      const made = await this.#steps(person, objectId, writes);
      if (Array.isArray(made)) steps.push(...made);
      else outcomes.set(person, made as WriteOutcome);
    }
    for (const assign of [true, false])
      await this.#send(
        steps.filter((step) => step.assign === assign && !outcomes.has(step.person)),
        outcomes,
        answered,
      );
    return people.map(
      ({ writes }, person) =>
        outcomes.get(person) ?? { kind: 'policies', writes, ...requestIdsOf(answered.get(person)) },
    );
  }

  async #steps(
    person: number,
    userId: string,
    writes: readonly PolicyWrite[],
  ): Promise<readonly Step[] | WriteOutcome> {
    const steps: Step[] = [];
    for (const { field, name } of writes) {
      if (this.#isRefused(field)) return byPowerShell(field);
      const value = {
        '@odata.type': '#microsoft.graph.teamsAdministration.teamsPolicyUserAssignment',
        userId,
        policyType: policyTypes[field],
      };
      if (name === null) {
        steps.push({ person, field, assign: false, value });
        continue;
      }
      try {
        const policyId = await this.idOf(field, name);
        if (policyId === null)
          return {
            kind: 'refused',
            code: 'PRV-502',
            reason: `the tenant has no ${words[field]} ${name}`,
          };
        steps.push({ person, field, assign: true, value: { ...value, policyId } });
      } catch (error) {
        return asPolicyOutcome(error, field);
      }
    }
    return steps;
  }

  /** What is refused as a whole is asked in halves, so that one bad person does not hide nineteen others. */
  async #send(
    steps: readonly Step[],
    outcomes: Map<number, WriteOutcome>,
    answered: Map<number, unknown>,
    probe = true,
  ): Promise<void> {
    let open: (readonly Step[])[] = [];
    for (let at = 0; at < steps.length; at += mostInCall) open.push(steps.slice(at, at + mostInCall));
    while (open.length > 0) {
      const again: (readonly Step[])[] = [];
      const answers = await this.#call(open);
      const isRefusal = (answer: unknown): boolean =>
        answer instanceof GraphError && answer.code === 'graph-refused';
      const people = open.flat();
      if (probe && people.length > refusalsToBelieve && answers.every(isRefusal)) {
        // Nobody got theirs: three are asked one by one before anybody else is split.
        const [probes, rest] = [people.slice(0, refusalsToBelieve), people.slice(refusalsToBelieve)];
        for (const probe of probes) await this.#send([probe], outcomes, answered);
        await this.#send(
          rest.filter((step) => !this.#settle(step, outcomes)),
          outcomes,
          answered,
        );
        return;
      }
      for (const [i, part] of open.entries()) {
        const answer = answers[i];
        if (answer !== undefined && !(answer instanceof GraphError)) {
          for (const { field, person } of part) {
            this.#refusals.delete(field);
            answered.set(person, answer);
          }
          continue;
        }
        const final = answer?.code === 'graph-refused' || answer?.code === 'graph-not-found';
        if (final && part.length > 1) {
          const half = Math.ceil(part.length / 2);
          again.push(part.slice(0, half), part.slice(half));
          continue;
        }
        for (const { person, field } of part) {
          const outcome = asPolicyOutcome(answer, field);
          if (answer?.code === 'graph-refused') this.#noteRefusal(field);
          outcomes.set(person, outcome);
        }
      }
      // A kind that the tenant does not take at all is not asked for everybody.
      open = again.flatMap((part) => {
        const left = part.filter((step) => !this.#settle(step, outcomes));
        return left.length === 0 ? [] : [left];
      });
    }
  }

  /** True: the tenant does not take the kind, so the person is told without being asked about. */
  #settle({ person, field }: Step, outcomes: Map<number, WriteOutcome>): boolean {
    if (!this.#isRefused(field)) return false;
    outcomes.set(person, byPowerShell(field));
    return true;
  }

  async #call(parts: readonly (readonly Step[])[]): Promise<readonly unknown[]> {
    const items = parts.map((part) => ({
      operation: part[0]?.assign === true ? ('assignPolicies' as const) : ('unassignPolicies' as const),
      body: { value: part.map(({ value }) => value) },
    }));
    this.requests += Math.ceil(items.length / 20);
    const [only] = items;
    if (items.length > 1 || !only) return await this.#graph.batch(items);
    const { operation, body } = only;
    return [await this.#graph.call(operation, { body }).catch(asGraphError)];
  }

  #noteRefusal(field: PolicyField): void {
    const count = (this.#refusals.get(field)?.count ?? 0) + 1;
    this.#refusals.set(field, {
      count,
      untilWallMs: count >= refusalsToBelieve ? this.#wall() + knownMs : 0,
    });
  }

  #isRefused(field: PolicyField): boolean {
    return (this.#refusals.get(field)?.untilWallMs ?? 0) > this.#wall();
  }
}

function asGraphError(error: unknown): GraphError {
  if (error instanceof GraphError) return error;
  throw error;
}

/** microsoft-graph 5.3: a 4xx means that this tenant takes the kind by PowerShell only. */
const byPowerShell = (field: PolicyField): WriteOutcome => ({
  kind: 'refused',
  code: 'PRV-502',
  reason: `this tenant does not take the ${words[field]} through Graph; grant it to a group by Teams PowerShell and choose "by group" here`,
});

function asPolicyOutcome(error: unknown, field: PolicyField): WriteOutcome {
  const asked = requestIdsOf(error);
  if (error instanceof GraphError && error.code === 'graph-not-found')
    return {
      kind: 'refused',
      code: 'PRV-502',
      reason: `Teams does not know the person or the ${words[field]} (yet)`,
      ...asked,
    };
  const outcome = outcomeOf(error);
  return outcome.kind === 'refused' ? { ...byPowerShell(field), ...asked } : outcome;
}
