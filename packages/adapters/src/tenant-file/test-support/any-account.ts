import type { ProvisioningSettings } from '@tandem/contract';
import {
  asCarrierId,
  asDeviceId,
  asQueueId,
  type Device,
  type E164,
  type Person,
  type PersonId,
  type Queue,
  queueDefaults,
} from '@tandem/domain';
import fc from 'fast-check';
import type { StoredCarrier, StoredOwn, StoredSignIn, TenantState } from '../state.ts';
import type { StoredHold } from '../stock.ts';
import { number, person } from './board-rig.ts';
import { accountId, emptyState } from './memory-ground.ts';

// ---- what a file may hold, for the properties
const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }).filter((text) => {
  const trimmed = text.trim();
  return trimmed === text && trimmed !== '' && !text.includes('\0') && text.isWellFormed();
});
const anyPeople = fc
  .array(
    fc.record({
      displayName: words,
      mail: fc.option(fc.constant('somebody@acme.example')),
      extension: fc.boolean(),
      numbers: fc.integer({ min: 0, max: 3 }),
      active: fc.boolean(),
      teamsToggle: fc.boolean(),
      platformLicence: fc.boolean(),
    }),
    { maxLength: 8 },
  )
  .map((all) =>
    all.map(({ mail, extension, numbers, ...rest }, i): Person => {
      const { mail: _, ...base } = person(`P${i}`);
      return {
        ...base,
        ...rest,
        ...(mail !== null && { mail }),
        ...(extension && { extension: `0${i}0` }),
        numbers: Array.from({ length: numbers }, (__, n) => number(100 + i * 10 + n)),
      };
    }),
  );
/** Few names, numbers and extensions, so that they change hands between two accounts. */
const anyLines = fc.record({
  numbers: fc.shuffledSubarray([number(300), number(301), number(100), number(110)]),
  extensions: fc.shuffledSubarray(['500', '501', '502']),
  queues: fc.uniqueArray(fc.constantFrom('Sales', 'no'), { maxLength: 2 }),
  phones: fc.uniqueArray(fc.constantFrom('lobby', 'hall'), { maxLength: 2 }),
  overflowTo: fc.option(fc.constantFrom('500', '+12025550999')),
  members: fc.shuffledSubarray([0, 1, 2, 3]),
  seconds: fc.integer({ min: 5, max: 60 }),
  kind: fc.constantFrom('desk-phone' as const, 'common-area-phone' as const),
});
const anyPresence = fc.record({
  mode: fc.constantFrom('all' as const, 'selected' as const, 'disabled' as const),
  direction: fc.constantFrom('both' as const, 'to-platform' as const, 'to-teams' as const),
  busy: fc.constantFrom('accept-all' as const, 'no-calls' as const),
  notify: fc.constantFrom<readonly string[]>([], ['ops@acme.example']),
});
function linesOf(all: typeof anyLines extends fc.Arbitrary<infer T> ? T : never, people: readonly Person[]) {
  const theirs = new Set(people.flatMap((one) => one.numbers));
  const numbers = all.numbers.filter((one) => !theirs.has(one));
  const extensions = [...all.extensions];
  const owned = () => {
    const [some, extension] = [numbers.shift(), extensions.shift()];
    return { ...(some && { number: some }), ...(extension && { extension }) };
  };
  const queues = all.queues.map(
    (name): Queue => ({
      ...queueDefaults,
      ...owned(),
      id: asQueueId(`queue-${name}`),
      accountId,
      name,
      members: all.members.flatMap((i) => {
        const personId = people[i]?.id;
        return personId ? [{ personId, loggedIn: true }] : [];
      }),
      offerSeconds: all.seconds,
      overflow: all.overflowTo === null ? { kind: 'refuse' } : { kind: 'forward', to: all.overflowTo },
    }),
  );
  const phones = all.phones.map(
    (name): Device => ({
      ...owned(),
      id: asDeviceId(`phone-${name}`),
      accountId,
      name,
      kind: all.kind,
      sipUser: `${name}-1`,
      ...(people[0] && name === 'hall' && { personId: people[0].id }),
    }),
  );
  const uses = new Map<E164, TenantState['numbers'] extends ReadonlyMap<E164, infer Use> ? Use : never>();
  for (const one of queues) if (one.number) uses.set(one.number, { by: 'queue' });
  for (const one of phones) if (one.number) uses.set(one.number, { by: 'device' });
  return { queues, phones, numbers: uses };
}

const anyAccess = fc.record({
  carriers: fc.uniqueArray(
    fc.record({
      name: fc.constantFrom('Own', 'no', 'Other'),
      priorities: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 2 }),
      port: fc.option(fc.integer({ min: 5060, max: 5061 })),
      maxCalls: fc.option(fc.integer({ min: 1, max: 99 })),
      numberFormat: fc.constantFrom('e164' as const, 'digits' as const),
      emergency: fc.boolean(),
    }),
    { maxLength: 2, selector: ({ name }) => name },
  ),
  shared: fc.boolean(),
  signIns: fc.uniqueArray(
    fc.record({
      name: fc.constantFrom('ann@acme.example', 'ben@acme.example', 'desk'),
      role: fc.constantFrom('admin' as const, 'desk' as const, 'sync' as const, 'user' as const),
      person: fc.option(fc.integer({ min: 0, max: 3 })),
      disabled: fc.boolean(),
    }),
    { maxLength: 3, selector: ({ name }) => name },
  ),
  leaver: fc.constantFrom('nobody', 'person', 'number', 'queue'),
});
function accessOf(
  { carriers, shared, signIns, leaver }: typeof anyAccess extends fc.Arbitrary<infer T> ? T : never,
  people: readonly Person[],
  queues: readonly Queue[],
) {
  const own = carriers.map(
    ({ name, priorities, port, maxCalls, ...rest }, i): StoredCarrier => ({
      ...rest,
      id: asCarrierId(`carrier-${name}`),
      name,
      targets: priorities.map((priority) => ({
        host: `sip${i}.example`,
        port: 5060,
        protocol: 'UDP',
        priority,
        weight: 1,
      })),
      sources: [{ address: `192.0.2.${i + 1}`, ...(port !== null && { port }) }],
      probeWithOptions: true,
      ...(maxCalls !== null && { maxCalls }),
      version: 1,
    }),
  );
  const [person] = people;
  const owned = people.flatMap(({ numbers }) => numbers)[0];
  const [queue] = queues;
  const forward: ProvisioningSettings['leaverForward'] =
    leaver === 'person' && person
      ? { kind: 'person', personId: person.id }
      : leaver === 'number' && owned
        ? { kind: 'number', number: owned }
        : leaver === 'queue' && queue
          ? { kind: 'queue', queueId: queue.id }
          : undefined;
  return {
    carriers: own,
    used: [...own.slice(0, 1).map(({ id }) => id), ...(shared ? [asCarrierId('shared-1')] : [])],
    forward,
    signIns: signIns.flatMap(({ name, role, person: at, disabled }): StoredSignIn[] => {
      const personId = at === null ? undefined : people[at]?.id;
      if (role === 'user' && !personId) return [];
      return [{ id: `sign-in-${name}`, name, role, disabled, ...(personId && { personId }) }];
    }),
  };
}

/** What holds for single people; who of them has something is not the same from one account to the next. */
const anyOwn = fc.array(
  fc.option(
    fc.record({
      leaver: fc.constantFrom('nobody', 'voicemail' as const, 'next'),
      voicemail: fc.option(fc.constantFrom('teams' as const, 'platform' as const)),
      presence: fc.constantFrom('inherit' as const, 'on' as const, 'unsynced' as const),
      important: fc.boolean(),
      quiet: fc.option(fc.integer({ min: 0, max: 1439 })),
      zone: fc.option(fc.constant('Europe/Berlin')),
      sip: fc.constantFrom(480 as const, 603 as const),
    }),
  ),
  { maxLength: 4 },
);
function ownOf(all: typeof anyOwn extends fc.Arbitrary<infer T> ? T : never, people: readonly Person[]) {
  const own = new Map<PersonId, StoredOwn>();
  const withLeaver = people.map((person, i): Person => {
    const one = all[i];
    if (!one) return person;
    const next = people[i + 1];
    own.set(person.id, {
      ...(one.voicemail && { voicemail: one.voicemail }),
      presence: one.presence,
      exceptions: {
        important: [
          { kind: 'number', number: '+493012345678', ...(one.important && { name: 'no' }) },
          ...(next ? [{ kind: 'person' as const, personId: next.id }] : []),
        ],
        quietHours: {
          ...(one.zone && one.quiet !== null && { timeZone: one.zone }),
          spans: one.quiet === null ? [] : [{ days: [1, 7], from: one.quiet, to: 0 }],
        },
        unavailable: { kind: 'refuse', sip: one.sip },
        rules: {},
      },
    });
    if (one.leaver === 'voicemail') return { ...person, leaver: { kind: 'voicemail' } };
    return one.leaver === 'next' && next
      ? { ...person, leaver: { kind: 'person', personId: next.id } }
      : person;
  });
  return { own, people: withLeaver };
}

/** Beside the ranges, and one number of a range that is held. */
const anyStock = fc.record({
  loose: fc.shuffledSubarray([700, 701, 702]),
  hold: fc.constantFrom<StoredHold | null>(
    null,
    { ported: true, reason: 'no' },
    { reservedFor: 'soon@acme.example', until: '2027-06-01T00:00:00.000Z' },
  ),
  inRange: fc.boolean(),
  features: fc.constantFrom<TenantState['microsoft'][number]['features']>(
    ['provisioning'],
    ['provisioning', 'presence', 'mail'],
  ),
  holdMusic: fc.option(fc.constantFrom('teams' as const, 'none' as const)),
});
function stockOf(
  { loose, hold, inRange }: typeof anyStock extends fc.Arbitrary<infer T> ? T : never,
  ranges: TenantState['ranges'],
): TenantState['stock'] {
  return new Map([
    ...loose.map((tail, i) => [number(tail), i === 0 ? hold : null] as const),
    ...(inRange && ranges[0] ? [[ranges[0].first, hold] as const] : []),
  ]);
}

export const anyState: fc.Arbitrary<TenantState> = fc
  .record({
    access: anyAccess,
    stock: anyStock,
    lines: anyLines,
    presence: anyPresence,
    people: anyPeople,
    own: anyOwn,
    messages: fc.constantFrom<Partial<TenantState['voicemail']>>({}, { owner: 'platform', maxSeconds: 60 }),
    speed: fc.constantFrom<Partial<TenantState['presence']>>(
      {},
      { ownConnections: 'always', accelerate: true },
    ),
    webhooks: fc.array(
      fc.record({
        name: fc.constantFrom('CRM', 'Ticket "system"', 'no'),
        url: fc.constantFrom('https://example.com/a', 'https://example.com/b?x=1#y'),
        events: fc.constantFrom(['*'], ['person.', 'account.change']),
        active: fc.boolean(),
      }),
      { maxLength: 4 },
    ),
    ranges: fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { maxLength: 3 }),
    city: fc.option(fc.constantFrom('London', 'no')),
    area: fc.constantFrom('202', '030'),
    testNumber: fc.option(fc.constant(number(199))),
    tags: fc.array(fc.constantFrom<readonly string[]>([], ['no'], ['Sales', 'cost: 12']), { maxLength: 4 }),
  })
  .map(
    ({
      people: them,
      own,
      messages,
      speed,
      webhooks,
      ranges,
      area,
      testNumber,
      lines,
      tags,
      presence: { busy, ...presence },
      access,
      city,
      stock,
    }): TenantState => {
      const state = emptyState();
      const { people, own: theirs } = ownOf(own, them);
      const of = linesOf(lines, people);
      const made = ranges.map((n) => ({
        id: `range-${n}`,
        name: city === null ? `Range ${n}` : `${city} ${n}`,
        ...(city !== null && n % 2 === 0 && { when: { city } }),
        first: number(n * 1000),
        last: number(n * 1000 + 9),
        size: 10,
        free: 10,
      }));
      const { carriers, used, signIns, forward } = accessOf(access, people, of.queues);
      return {
        ...state,
        account: { ...state.account, areaCode: area, mainNumber: number(999), carriers: used },
        carriers,
        signIns,
        connections: state.connections.map((one) => ({
          ...one,
          settings: {
            ...one.settings,
            messages: { toPerson: true, ...(testNumber && { testNumber }) },
            ...(forward && { leaverRule: 'manager' as const, leaverForward: forward }),
          },
        })),
        people,
        own: theirs,
        voicemail: { ...state.voicemail, ...messages },
        tags: new Map(people.flatMap(({ id }, i) => (tags[i] ? [[id, tags[i]] as const] : []))),
        ...of,
        presence: {
          ...state.presence,
          ...presence,
          ...speed,
          notify: [...presence.notify],
          rules: { ...state.presence.rules, busy },
        },
        webhooks: webhooks.map((one, i) => ({ ...one, id: `hook-${i}` })),
        ranges: made,
        stock: stockOf(stock, made),
        microsoft: state.microsoft.map((one) => ({
          ...one,
          features: stock.features,
          routingDomains: one.routingDomains.map(({ holdMusic: _, ...domain }) => ({
            ...domain,
            ...(stock.holdMusic && { holdMusic: stock.holdMusic }),
          })),
        })),
      };
    },
  );
