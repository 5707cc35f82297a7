import type { ProvisioningSettings } from '@tandem/contract';
import {
  asAccountId,
  asCarrierId,
  asDeviceId,
  asPersonId,
  asQueueId,
  type Device,
  type E164,
  type Person,
  type PersonId,
  type Queue,
  queueDefaults,
  voicemailDefaults,
} from '@tandem/domain';
import { noExceptions } from '@tandem/engine';
import { defaultPresenceSettings } from '@tandem/engine/presence-sync/settings.ts';
import type { TenantGround } from '../board.ts';
import type { FileTarget } from '../common-shape.ts';
import type { CarrierWish } from '../plan-carriers.ts';
import type { PersonWish, Step } from '../plan-file.ts';
import type { PhoneWish, QueueWish } from '../plan-lines.ts';
import type { SignInWish } from '../plan-sign-ins.ts';
import type {
  NumberUse,
  StoredCarrier,
  StoredRange,
  StoredSignIn,
  StoredWebhook,
  TenantState,
} from '../state.ts';
import { type StoredHold, useOfHold } from '../stock.ts';

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
  microsoft: [
    {
      id: 'connection-acme',
      tenantId: 'acacacac-0000-4000-8000-000000000001',
      features: ['provisioning'],
      routingDomains: [{ id: 'domain-1', host: 'acme.sbc.example' }],
    },
  ],
  ranges: [],
  stock: new Map(),
  people: [],
  tags: new Map(),
  webhooks: [],
  carriers: [],
  sharedCarriers: [{ id: asCarrierId('shared-1'), name: 'Operator' }],
  sourcesElsewhere: new Set(['198.51.100.1']),
  signIns: [],
  queues: [],
  phones: [],
  presence: { ...defaultPresenceSettings, notify: [], ownConnections: 'off', accelerate: false },
  voicemail: { ...voicemailDefaults },
  own: new Map(),
  numbers: new Map(),
});

const newCarrier = {
  targets: [],
  sources: [],
  probeWithOptions: true,
  numberFormat: 'e164',
  emergency: false,
  version: 1,
} as const;

type StepOutcome =
  | { readonly ok: true; readonly words?: string }
  | { readonly ok: false; readonly words: string };

/** An account in memory with the rules that the database keeps: a number and an extension are one person's at a time. */
export function memoryGround(start: TenantState, consequence?: () => string) {
  let { account, presence, voicemail } = start;
  const own = new Map(start.own);
  const queues = new Map<string, Queue>(start.queues.map((one) => [one.id, one]));
  const phones = new Map<string, Device>(start.phones.map((one) => [one.id, one]));
  const connections = start.connections.map((one) => ({ ...one }));
  const microsoft = start.microsoft.map((one) => ({ ...one }));
  const ranges = new Map<string, StoredRange>(start.ranges.map((one) => [one.id, one]));
  const webhooks = new Map<string, StoredWebhook>(start.webhooks.map((one) => [one.id, one]));
  const carriers = new Map<string, StoredCarrier>(start.carriers.map((one) => [one.id, one]));
  const signIns = new Map<string, StoredSignIn>(start.signIns.map((one) => [one.id, one]));
  const people = new Map<string, Person>(start.people.map((one) => [one.id, one]));
  const ofLine = new Set([...start.queues, ...start.phones].map((one) => one.number));
  const tags = new Map(start.tags);
  const held = new Map<E164, NumberUse>(
    [...start.numbers].filter(([number, use]) => use.by !== 'person' && !ofLine.has(number)),
  );
  /** All numbers of the account beside its ranges, whosever they are, and what of all numbers is held. */
  const known = new Map<E164, StoredHold | null>(start.stock);
  const know = (numbers: readonly (E164 | undefined)[]): void => {
    for (const number of numbers) if (number && !known.has(number)) known.set(number, null);
  };
  const made: Step['do'][] = [];
  let ids = 0;
  const newId = (): string => `made-${++ids}`;

  const ownerOf = (number: E164): Person | undefined =>
    [...people.values()].find((one) => one.numbers.includes(number));
  const lines = (): readonly (Queue | Device)[] => [...queues.values(), ...phones.values()];
  const lineOf = (number: E164) => lines().find((one) => one.number === number);
  const numbersIn = ({ first, last }: StoredRange): E164[] => {
    const from = Number(first.slice(1));
    return Array.from({ length: Number(last.slice(1)) - from + 1 }, (_, i) => `+${from + i}` as E164);
  };
  const nextFree = (): E164 | undefined =>
    [...ranges.values()]
      .flatMap(numbersIn)
      .concat([...known.keys()])
      .find((number) => !ownerOf(number) && !lineOf(number) && !held.has(number) && !known.get(number));
  /** Rests, is with another carrier, or is kept for somebody else. */
  const keptFrom = (number: E164, person?: Person): boolean => {
    const hold = known.get(number);
    return (
      held.has(number) ||
      (!!hold && !('reservedFor' in hold && [person?.upn, person?.mail].includes(hold.reservedFor)))
    );
  };

  function put(person: Person, { mail, extension, numbers, tags: tagged, ...rest }: PersonWish): StepOutcome {
    const main = numbers === 'next' ? nextFree() : undefined;
    if (numbers === 'next' && main === undefined) return { ok: false, words: 'no free number' };
    const wanted = numbers === 'next' ? [main as E164] : (numbers ?? person.numbers);
    for (const number of wanted) {
      const owner = ownerOf(number);
      if ((owner && owner.id !== person.id) || lineOf(number) || keptFrom(number, person))
        return { ok: false, words: `taken: ${number}` };
    }
    for (const number of wanted) known.set(number, null);
    if (typeof extension === 'string')
      for (const one of [...people.values(), ...lines()])
        if (one.id !== person.id && one.extension === extension)
          return { ok: false, words: `taken: ${extension}` };
    const { mail: oldMail, extension: oldExtension, ...base } = person;
    const newMail = mail === undefined ? oldMail : (mail ?? undefined);
    const newExtension = extension === undefined ? oldExtension : (extension ?? undefined);
    if (tagged) tags.set(person.id, tagged);
    people.set(person.id, {
      ...base,
      ...rest,
      numbers: wanted,
      ...(newMail !== undefined && { mail: newMail }),
      ...(newExtension !== undefined && { extension: newExtension }),
    });
    return { ok: true };
  }

  /** A queue or a phone with what it wants, which nobody else may have. */
  function withLine<Line extends Queue | Device>(
    line: Line,
    { extension, number }: QueueWish | PhoneWish,
  ): { readonly ok: true; readonly line: Line } | { readonly ok: false; readonly words: string } {
    const { extension: had, number: hadNumber, ...base } = line;
    const [newExtension, newNumber] = [
      extension === undefined ? had : (extension ?? undefined),
      number === undefined ? hadNumber : (number ?? undefined),
    ];
    const owner = newNumber && (ownerOf(newNumber) ?? lineOf(newNumber));
    if (newNumber && ((owner && owner.id !== line.id) || keptFrom(newNumber)))
      return { ok: false, words: `taken: ${newNumber}` };
    for (const one of [...people.values(), ...lines()])
      if (newExtension !== undefined && one.extension === newExtension && one.id !== line.id)
        return { ok: false, words: `taken: ${newExtension}` };
    return {
      ok: true,
      line: {
        ...base,
        ...(newExtension !== undefined && { extension: newExtension }),
        ...(newNumber !== undefined && { number: newNumber }),
      } as Line,
    };
  }
  const idOf = (upn: string) => [...people.values()].find((one) => one.upn === upn)?.id;
  function putQueue(queue: Queue, wish: QueueWish): StepOutcome {
    const made = withLine(queue, wish);
    if (!made.ok) return made;
    const { extension: _, number: __, members, overflowTo, ...rest } = wish;
    const ids = members?.map(idOf);
    if (ids?.includes(undefined)) return { ok: false, words: 'nobody' };
    queues.set(queue.id, {
      ...made.line,
      ...rest,
      ...(ids && { members: ids.flatMap((personId) => (personId ? [{ personId, loggedIn: true }] : [])) }),
      ...(overflowTo !== undefined && {
        overflow: overflowTo === null ? { kind: 'refuse' } : { kind: 'forward', to: overflowTo },
      }),
    });
    return { ok: true };
  }
  function putPhone(phone: Device, wish: PhoneWish): StepOutcome {
    const made = withLine(phone, wish);
    if (!made.ok) return made;
    const { extension: _, number: __, person, sipUser: ___, ...rest } = wish;
    const { personId: had, ...base } = made.line;
    const personId = person === undefined ? had : person === null ? undefined : idOf(person);
    if (typeof person === 'string' && personId === undefined) return { ok: false, words: 'nobody' };
    phones.set(phone.id, { ...base, ...rest, ...(personId && { personId }) });
    return { ok: true };
  }

  function putCarrier(carrier: StoredCarrier, { maxCalls, ...rest }: CarrierWish): StepOutcome {
    const { maxCalls: had, ...base } = carrier;
    const most = maxCalls === undefined ? had : (maxCalls ?? undefined);
    carriers.set(carrier.id, { ...base, ...rest, ...(most !== undefined && { maxCalls: most }) });
    return { ok: true };
  }
  function putAccount({ change, carriers: names }: Extract<Step, { do: 'change-account' }>): StepOutcome {
    const all = [...carriers.values(), ...start.sharedCarriers];
    const ids = names?.map((name) => all.find((one) => one.name === name || one.id === name)?.id);
    if (ids?.includes(undefined)) return { ok: false, words: 'no such carrier' };
    account = { ...account, ...change, ...(ids && { carriers: ids.flatMap((id) => id ?? []) }) };
    return { ok: true };
  }
  function putSignIn(signIn: StoredSignIn, { role, person, active }: SignInWish): StepOutcome {
    const { personId: had, ...base } = signIn;
    const personId = person === undefined ? had : person === null ? undefined : idOf(person);
    if (typeof person === 'string' && personId === undefined) return { ok: false, words: 'nobody' };
    signIns.set(signIn.id, {
      ...base,
      ...(role !== undefined && { role }),
      ...(active !== undefined && { disabled: !active }),
      ...(personId !== undefined && { personId }),
    });
    return { ok: true };
  }
  function putOwn({ upn, wish }: Extract<Step, { do: 'change-own' }>): StepOutcome {
    const person = [...people.values()].find((one) => one.upn === upn);
    if (!person) return { ok: false, words: 'nobody' };
    const { leaver, voicemail: owner, presence: choice, important, quietHours, unavailable, rules } = wish;
    const { voicemail: hadOwner, presence: hadChoice, exceptions = noExceptions } = own.get(person.id) ?? {};
    if (leaver !== undefined) {
      const { leaver: _, ...rest } = person;
      const made = leaver && (typeof leaver === 'string' ? { kind: leaver } : targetOf(leaver));
      people.set(person.id, { ...rest, ...(made && { leaver: made as NonNullable<Person['leaver']> }) });
    }
    const newOwner = owner === undefined ? hadOwner : (owner ?? undefined);
    const minutesOf = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
    own.set(person.id, {
      ...(newOwner && { voicemail: newOwner }),
      presence: choice
        ? ({ account: 'inherit', selected: 'on', unsynced: 'unsynced' } as const)[choice]
        : (hadChoice ?? 'inherit'),
      exceptions: {
        ...exceptions,
        ...(important && {
          important: important.map((one) =>
            'number' in one
              ? { kind: 'number', number: one.number, ...(one.name !== undefined && { name: one.name }) }
              : { kind: 'person', personId: idOf(one.person) as PersonId },
          ),
        }),
        ...(quietHours !== undefined && {
          quietHours: {
            ...(quietHours?.timeZone !== undefined && { timeZone: quietHours.timeZone }),
            spans: (quietHours?.spans ?? []).map(({ days, from, to }) => ({
              days,
              from: minutesOf(from),
              to: minutesOf(to),
            })),
          },
        }),
        ...(unavailable && { unavailable }),
        ...(rules && { rules: Object.fromEntries(Object.entries(rules).filter(([, rule]) => rule)) }),
      },
    });
    return { ok: true };
  }
  function targetOf(target: FileTarget): ProvisioningSettings['leaverForward'] {
    if ('number' in target) return { kind: 'number', number: target.number };
    if ('person' in target) return { kind: 'person', personId: idOf(target.person) ?? 'nobody' };
    const queue = [...queues.values()].find(({ name }) => name === target.queue);
    return { kind: 'queue', queueId: queue?.id ?? 'none' };
  }

  const ground: TenantGround = {
    async read(id) {
      if (id !== accountId) return undefined;
      const numbers = new Map(held);
      for (const person of people.values())
        for (const number of person.numbers) numbers.set(number, { by: 'person', personId: person.id });
      for (const { number } of queues.values()) if (number) numbers.set(number, { by: 'queue' });
      for (const { number } of phones.values()) if (number) numbers.set(number, { by: 'device' });
      const stock = new Map<E164, StoredHold | null>();
      know([...ranges.values()].flatMap(numbersIn));
      know([...numbers.keys()]);
      for (const [number, hold] of [...known].sort(([a], [b]) => (a < b ? -1 : 1))) {
        if (numbers.has(number)) continue;
        stock.set(number, hold);
        if (hold) numbers.set(number, useOfHold(number, hold));
      }
      return {
        account,
        connections,
        microsoft,
        stock,
        ranges: [...ranges.values()].map((range) => {
          const all = numbersIn(range);
          return { ...range, size: all.length, free: all.filter((number) => !numbers.has(number)).length };
        }),
        people: [...people.values()],
        tags,
        webhooks: [...webhooks.values()],
        carriers: [...carriers.values()],
        sharedCarriers: start.sharedCarriers,
        sourcesElsewhere: start.sourcesElsewhere,
        signIns: [...signIns.values()],
        queues: [...queues.values()],
        phones: [...phones.values()],
        presence,
        voicemail,
        own,
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
        new Map(queues),
        new Map(phones),
        presence,
        new Map(tags),
        new Map(carriers),
        new Map(signIns),
        voicemail,
        new Map(own),
        new Map(known),
        [...microsoft],
      ] as const;
      // Numbers that change hands are let go of before the first person gets any.
      for (const step of steps) {
        if (step.do === 'change-queue' || step.do === 'change-phone') {
          const all: Map<string, Queue | Device> = step.do === 'change-queue' ? queues : phones;
          const { id } = step.do === 'change-queue' ? step.queue : step.phone;
          const { extension, number, ...rest } = all.get(id) as Queue | Device;
          all.set(id, {
            ...rest,
            ...(step.wish.extension === undefined && extension !== undefined && { extension }),
            ...(step.wish.number === undefined && number !== undefined && { number }),
          } as Queue & Device);
        }
        if (step.do === 'change-sign-in' && step.wish.person !== undefined) {
          const { personId: _, ...rest } = signIns.get(step.signIn.id) as StoredSignIn;
          signIns.set(rest.id, rest);
        }
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
      presence = before[8];
      voicemail = before[12];
      connections.splice(0, connections.length, ...before[1]);
      microsoft.splice(0, microsoft.length, ...before[15]);
      for (const [now, was] of [
        [ranges, before[2]],
        [webhooks, before[3]],
        [people, before[4]],
        [held, before[5]],
        [queues, before[6]],
        [phones, before[7]],
        [tags, before[9]],
        [carriers, before[10]],
        [signIns, before[11]],
        [own, before[13]],
        [known, before[14]],
      ] as readonly [Map<unknown, unknown>, Map<unknown, unknown>][]) {
        now.clear();
        for (const [key, value] of was) now.set(key, value);
      }
      return { kind: 'refused', refusals };
    },
    consequence: async (_accountId, step) =>
      step.do === 'change-provisioning' || step.do === 'change-presence' ? consequence?.() : undefined,
    settled: async () => undefined,
  };
  function makeOne(step: Step): StepOutcome {
    switch (step.do) {
      case 'change-account':
        return putAccount(step);
      case 'create-carrier':
        return putCarrier({ ...newCarrier, id: asCarrierId(newId()), name: step.name }, step.wish);
      case 'change-carrier':
        return putCarrier(carriers.get(step.carrier.id) as StoredCarrier, step.wish);
      case 'remove-carrier':
        if (account.carriers.includes(step.carrier.id)) return { ok: false, words: 'in use' };
        return carriers.delete(step.carrier.id) ? { ok: true } : { ok: false, words: 'gone' };
      case 'change-provisioning': {
        const at = connections.findIndex(({ id }) => id === step.connectionId);
        const one = connections[at];
        if (!one) return { ok: false, words: 'not connected' };
        const forward = step.forward && targetOf(step.forward);
        connections[at] = {
          ...one,
          settings: {
            ...one.settings,
            ...(step.change as object),
            ...(forward !== undefined && { leaverForward: forward }),
          },
        };
        return { ok: true };
      }
      case 'create-range': {
        const { do: _, ...range } = step;
        const id = newId();
        ranges.set(id, { ...range, id, size: 0, free: 0 });
        return { ok: true };
      }
      case 'change-range': {
        const { when: had, ...range } = ranges.get(step.id) as StoredRange;
        const { name = range.name, when = had } = step.change;
        ranges.set(step.id, { ...range, name, ...(when && { when }) });
        return { ok: true };
      }
      case 'create-number':
      case 'change-number': {
        if (ownerOf(step.number) ?? lineOf(step.number)) return { ok: false, words: 'in use' };
        const { hold } = step;
        if (hold && 'reservedFor' in hold) {
          const { reservedFor, until = '2027-11-23T00:00:00.000Z', ...why } = hold;
          known.set(step.number, { reservedFor, until, ...why });
        } else known.set(step.number, hold);
        return { ok: true };
      }
      case 'remove-number':
        if (ownerOf(step.number) ?? lineOf(step.number))
          return step.released ? { ok: true } : { ok: false, words: 'in use' };
        known.delete(step.number);
        return { ok: true };
      case 'change-features': {
        const at = microsoft.findIndex(({ id }) => id === step.connectionId);
        const one = microsoft[at];
        if (!one) return { ok: false, words: 'not connected' };
        microsoft[at] = { ...one, features: step.features };
        return { ok: true };
      }
      case 'choose-music':
        for (const [at, one] of microsoft.entries())
          microsoft[at] = {
            ...one,
            routingDomains: one.routingDomains.map(({ holdMusic, ...domain }) => {
              const music = domain.id === step.domainId ? step.holdMusic : holdMusic;
              return { ...domain, ...(music && { holdMusic: music }) };
            }),
          };
        return { ok: true };
      case 'remove-range':
        for (const number of numbersIn(ranges.get(step.id) as StoredRange)) known.delete(number);
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
        for (const queue of queues.values())
          queues.set(queue.id, {
            ...queue,
            members: queue.members.filter(({ personId }) => personId !== step.person.id),
          });
        for (const { personId, ...phone } of phones.values())
          if (personId === step.person.id) phones.set(phone.id, phone);
        for (const { personId, id } of signIns.values()) if (personId === step.person.id) signIns.delete(id);
        return people.delete(step.person.id) ? { ok: true } : { ok: false, words: 'gone' };
      case 'create-queue': {
        const id = asQueueId(newId());
        return putQueue({ ...queueDefaults, id, accountId, name: step.name, members: [] }, step.wish);
      }
      case 'change-queue':
        return putQueue(queues.get(step.queue.id) as Queue, step.wish);
      case 'remove-queue':
        return queues.delete(step.queue.id) ? { ok: true } : { ok: false, words: 'gone' };
      case 'create-phone': {
        const id = asDeviceId(newId());
        const { name, wish } = step;
        const made = putPhone({ id, accountId, name, kind: 'desk-phone', sipUser: wish.sipUser }, wish);
        return made.ok ? { ok: true, words: 'password once' } : made;
      }
      case 'change-phone':
        return putPhone(phones.get(step.phone.id) as Device, step.wish);
      case 'remove-phone':
        return phones.delete(step.phone.id) ? { ok: true } : { ok: false, words: 'gone' };
      case 'change-presence':
        presence = { ...presence, ...step.change };
        return { ok: true };
      case 'change-own-connections':
        presence = { ...presence, ...step.change };
        return { ok: true };
      case 'change-voicemail': {
        const { owner, maxSeconds, retentionDays } = step.change;
        voicemail = {
          owner: owner ?? voicemail.owner,
          maxSeconds: maxSeconds ?? voicemail.maxSeconds,
          retentionDays: retentionDays ?? voicemail.retentionDays,
        };
        return { ok: true };
      }
      case 'change-own':
        return putOwn(step);
      case 'create-sign-in': {
        const { role } = step.wish;
        const made = putSignIn({ id: newId(), name: step.name, role, disabled: false }, step.wish);
        return made.ok ? { ok: true, words: 'password once' } : made;
      }
      case 'change-sign-in': {
        const signIn = signIns.get(step.signIn.id);
        return signIn ? putSignIn(signIn, step.wish) : { ok: false, words: 'gone' };
      }
      case 'remove-sign-in':
        return signIns.delete(step.signIn.id) ? { ok: true } : { ok: false, words: 'gone' };
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
