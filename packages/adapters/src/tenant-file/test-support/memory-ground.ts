import { asAccountId, asPersonId, type E164, type Person } from '@tandem/domain';
import type { TenantGround } from '../board.ts';
import type { PersonWish, Step } from '../plan-file.ts';
import type { NumberUse, StoredRange, StoredWebhook, TenantState } from '../state.ts';

export const accountId = asAccountId('01930000-0000-7000-8000-00000000ac3e');

export const emptyState = (): TenantState => ({
  account: {
    id: accountId,
    name: 'Acme',
    status: 'active',
    sbcHosts: ['sbc1.customers.example.net'],
    mailDomains: ['acme.example'],
    country: 'US',
    areaCode: '202',
    timeZone: 'America/New_York',
    unknownCaller: 'reject',
    carriers: [],
    noAnswerSeconds: 20,
  },
  connections: [
    {
      id: 'connection-acme',
      tenantId: 'acacacac-0000-4000-8000-000000000001',
      settings: {
        mode: 'automatic',
        enableGroups: [{ id: 'group-1', name: 'Voice Users' }],
        graceSeconds: 86_400,
        routingByHand: false,
        policies: {
          voiceRouting: { kind: 'assign', name: 'VRP: "Acme"' },
          calling: { kind: 'by-hand' },
          dialPlan: { kind: 'by-hand' },
        },
        personas: [
          { name: 'Berlin', when: { city: 'Berlin' }, policies: { dialPlan: 'DE' }, tag: 'no' },
          { name: 'Else', when: {}, policies: {} },
        ],
        drift: { number: 'ask', voice: 'repair', voiceRouting: 'repair', calling: 'ask', dialPlan: 'ask' },
        leaverRule: 'announcement',
        guard: { least: 10, most: 50, percent: 20 },
        licences: { assign: 'by-hand', total: null },
        messages: { toPerson: true },
      },
    },
  ],
  ranges: [],
  people: [],
  webhooks: [],
  numbers: new Map(),
});

type StepOutcome =
  | { readonly ok: true; readonly words?: string }
  | { readonly ok: false; readonly words: string };

/** An account in memory with the rules that the database keeps: a number and an extension are one person's at a time. */
export function memoryGround(start: TenantState, consequence?: () => string) {
  let { account } = start;
  const connections = start.connections.map((one) => ({ ...one }));
  const ranges = new Map<string, StoredRange>(start.ranges.map((one) => [one.id, one]));
  const webhooks = new Map<string, StoredWebhook>(start.webhooks.map((one) => [one.id, one]));
  const people = new Map<string, Person>(start.people.map((one) => [one.id, one]));
  const held = new Map<E164, NumberUse>([...start.numbers].filter(([, use]) => use.by !== 'person'));
  const made: Step['do'][] = [];
  let ids = 0;
  const newId = (): string => `made-${++ids}`;

  const ownerOf = (number: E164): Person | undefined =>
    [...people.values()].find((one) => one.numbers.includes(number));
  const numbersIn = ({ first, last }: StoredRange): E164[] => {
    const from = Number(first.slice(1));
    return Array.from({ length: Number(last.slice(1)) - from + 1 }, (_, i) => `+${from + i}` as E164);
  };
  const nextFree = (): E164 | undefined =>
    [...ranges.values()].flatMap(numbersIn).find((number) => !ownerOf(number) && !held.has(number));

  function put(person: Person, { mail, extension, numbers, ...rest }: PersonWish): StepOutcome {
    const main = numbers === 'next' ? nextFree() : undefined;
    if (numbers === 'next' && main === undefined) return { ok: false, words: 'no free number' };
    const wanted = numbers === 'next' ? [main as E164] : (numbers ?? person.numbers);
    for (const number of wanted) {
      const owner = ownerOf(number);
      if ((owner && owner.id !== person.id) || held.has(number))
        return { ok: false, words: `taken: ${number}` };
    }
    if (typeof extension === 'string')
      for (const one of people.values())
        if (one.id !== person.id && one.extension === extension)
          return { ok: false, words: `taken: ${extension}` };
    const { mail: oldMail, extension: oldExtension, ...base } = person;
    const newMail = mail === undefined ? oldMail : (mail ?? undefined);
    const newExtension = extension === undefined ? oldExtension : (extension ?? undefined);
    people.set(person.id, {
      ...base,
      ...rest,
      numbers: wanted,
      ...(newMail !== undefined && { mail: newMail }),
      ...(newExtension !== undefined && { extension: newExtension }),
    });
    return { ok: true };
  }

  const ground: TenantGround = {
    async read(id) {
      if (id !== accountId) return undefined;
      const numbers = new Map(held);
      for (const person of people.values())
        for (const number of person.numbers) numbers.set(number, { by: 'person', personId: person.id });
      return {
        account,
        connections,
        ranges: [...ranges.values()].map((range) => {
          const all = numbersIn(range);
          return { ...range, size: all.length, free: all.filter((number) => !numbers.has(number)).length };
        }),
        people: [...people.values()],
        webhooks: [...webhooks.values()],
        numbers,
      };
    },
    async make(_accountId, steps) {
      const before = [
        account,
        [...connections],
        new Map(ranges),
        new Map(webhooks),
        new Map(people),
        new Map(held),
      ] as const;
      // Numbers that change hands are let go of before the first person gets any.
      for (const step of steps) {
        if (step.do !== 'change-person') continue;
        const now = people.get(step.person.id) as Person;
        const { extension, ...rest } = now;
        people.set(now.id, {
          ...rest,
          ...(step.wish.extension === undefined && extension !== undefined && { extension }),
          ...(Array.isArray(step.wish.numbers) && { numbers: [] }),
        });
      }
      const outcomes = steps.map((step) => [step, makeOne(step)] as const);
      const refusals = new Map(
        outcomes.flatMap(([step, one]) => (one.ok ? [] : [[step, one.words] as const])),
      );
      if (refusals.size === 0) {
        made.push(...steps.map((step) => step.do));
        const words = outcomes.flatMap(([step, one]) =>
          one.words === undefined ? [] : [[step, one.words] as const],
        );
        return { kind: 'made', words: new Map(words) };
      }
      account = before[0];
      connections.splice(0, connections.length, ...before[1]);
      for (const [now, was] of [
        [ranges, before[2]],
        [webhooks, before[3]],
        [people, before[4]],
        [held, before[5]],
      ] as readonly [Map<unknown, unknown>, Map<unknown, unknown>][]) {
        now.clear();
        for (const [key, value] of was) now.set(key, value);
      }
      return { kind: 'refused', refusals };
    },
    consequence: (_accountId, step) => (step.do === 'change-provisioning' ? consequence?.() : undefined),
    settled: async () => undefined,
  };
  function makeOne(step: Step): StepOutcome {
    switch (step.do) {
      case 'change-account':
        account = { ...account, ...step.change };
        return { ok: true };
      case 'change-provisioning': {
        const at = connections.findIndex(({ id }) => id === step.connectionId);
        const one = connections[at];
        if (!one) return { ok: false, words: 'not connected' };
        connections[at] = { ...one, settings: { ...one.settings, ...(step.change as object) } };
        return { ok: true };
      }
      case 'create-range': {
        const { name, first, last } = step;
        const id = newId();
        ranges.set(id, { id, name, first, last, size: 0, free: 0 });
        return { ok: true };
      }
      case 'remove-range':
        return ranges.delete(step.id) ? { ok: true } : { ok: false, words: 'gone' };
      case 'create-person':
        return put(
          {
            id: asPersonId(newId()),
            accountId,
            upn: step.upn,
            displayName: '',
            numbers: [],
            active: true,
            teamsToggle: true,
            platformLicence: true,
          },
          step.wish,
        );
      case 'change-person':
        return put(people.get(step.person.id) as Person, step.wish);
      case 'remove-person':
        for (const number of step.person.numbers) held.set(number, { by: 'hold', say: `${number} rests.` });
        return people.delete(step.person.id) ? { ok: true } : { ok: false, words: 'gone' };
      case 'create-webhook': {
        const id = newId();
        webhooks.set(id, { id, ...step.wanted });
        return { ok: true, words: 'whsec_once' };
      }
      case 'change-webhook':
        webhooks.set(step.id, { ...(webhooks.get(step.id) as StoredWebhook), ...step.change });
        return { ok: true };
      case 'remove-webhook':
        return webhooks.delete(step.id) ? { ok: true } : { ok: false, words: 'gone' };
    }
  }
  return { ground, made, people };
}
