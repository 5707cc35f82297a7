import { type Device, type E164, type Queue, queueDefaults } from '@tandem/domain';
import { differing, type Facts } from './differing.ts';
import type { FilePhone, FileQueue } from './file-shape.ts';
import type { PeopleAfter } from './people-after.ts';
import { type Change, type Planned, refused } from './plan-file.ts';
import type { TenantState } from './state.ts';
import { phoneFacts, queueFacts } from './write-file.ts';

/** What a queue becomes. `null` takes away; members by sign-in address, in their order. */
export interface QueueWish {
  readonly extension?: string | null;
  readonly number?: E164 | null;
  readonly members?: readonly string[];
  readonly offerSeconds?: number;
  readonly wrapUpSeconds?: number;
  readonly maxWaitSeconds?: number;
  readonly maxWaiting?: number;
  readonly overflowTo?: string | null;
}

/** What a phone becomes; on whose desk it stands, by sign-in address. */
export interface PhoneWish {
  readonly kind?: Device['kind'];
  readonly sipUser?: string;
  readonly extension?: string | null;
  readonly number?: E164 | null;
  readonly person?: string | null;
}

type Row =
  | {
      readonly of: 'queue';
      readonly change: Change;
      readonly queue: Queue | undefined;
      readonly wish: QueueWish;
      readonly wanted: FileQueue;
    }
  | {
      readonly of: 'phone';
      readonly change: Change;
      readonly phone: Device | undefined;
      readonly wish: PhoneWish;
      readonly wanted: FilePhone;
    };

/** Queues and phones beside those that are there, before it is known whether what they want can be had. */
export interface Lines {
  readonly rows: readonly Row[];
  readonly leaving: readonly Planned[];
  /** Numbers that a queue or a phone has now and gives up. */
  readonly released: ReadonlySet<string>;
  /** Extensions that a queue or a phone keeps, and in words who. */
  readonly extensions: ReadonlyMap<string, string>;
}

/** By their names. Only `prune` removes, and only where the file has the section. */
export function compareLines(
  file: {
    readonly queues?: readonly FileQueue[] | undefined;
    readonly phones?: readonly FilePhone[] | undefined;
  },
  state: TenantState,
  prune: boolean,
): Lines {
  const queues = new Map(state.queues.map((queue) => [queue.name, queue]));
  const phones = new Map(state.phones.map((phone) => [phone.name, phone]));
  const rows: Row[] = [];
  for (const wanted of file.queues ?? []) {
    const { name, ...named } = wanted;
    const queue = queues.get(name);
    const found = compared('queue', name, named, queue && queueFacts(queue, state.people), {
      ...newQueueFacts,
      ...named,
    });
    if (found)
      rows.push({ of: 'queue', change: found.change, queue, wish: found.after as QueueWish, wanted });
  }
  for (const wanted of file.phones ?? []) {
    const { name, ...named } = wanted;
    const phone = phones.get(name);
    const made = { kind: 'desk-phone', ...named };
    const found = compared('phone', name, named, phone && phoneFacts(phone, state.people), made);
    if (found)
      rows.push({ of: 'phone', change: found.change, phone, wish: found.after as PhoneWish, wanted });
  }
  const removedQueues = gone(state.queues, file.queues, prune);
  const removedPhones = gone(state.phones, file.phones, prune);
  const leaving: Planned[] = [
    ...removedQueues.map(
      (queue): Planned => ({
        change: {
          kind: 'queue',
          what: queue.name,
          action: 'remove',
          before: queueFacts(queue, state.people),
        },
        step: { do: 'remove-queue', queue },
      }),
    ),
    ...removedPhones.map(
      (phone): Planned => ({
        change: {
          kind: 'phone',
          what: phone.name,
          action: 'remove',
          before: phoneFacts(phone, state.people),
        },
        step: { do: 'remove-phone', phone },
      }),
    ),
  ];
  const wishes = new Map<Queue | Device, QueueWish | PhoneWish>();
  for (const row of rows) {
    const there = row.of === 'queue' ? row.queue : row.phone;
    if (there) wishes.set(there, row.wish);
  }
  const out = new Set<Queue | Device>([...removedQueues, ...removedPhones]);
  const released = new Set<string>();
  const extensions = new Map<string, string>();
  const words = new Map<Queue | Device, string>([
    ...state.queues.map((one) => [one, `The queue ${one.name}`] as const),
    ...state.phones.map((one) => [one, `The phone ${one.name}`] as const),
  ]);
  for (const [one, who] of words) {
    const wish = wishes.get(one);
    if (one.number !== undefined && (out.has(one) || wish?.number !== undefined)) released.add(one.number);
    if (one.extension !== undefined && !out.has(one) && wish?.extension === undefined)
      extensions.set(one.extension, `${who} has the extension ${one.extension}.`);
  }
  return { rows, leaving, released, extensions };
}

const newQueueFacts = {
  offerSeconds: queueDefaults.offerSeconds,
  wrapUpSeconds: queueDefaults.wrapUpSeconds,
  maxWaitSeconds: queueDefaults.maxWaitSeconds,
  maxWaiting: queueDefaults.maxWaiting,
};

function compared(
  kind: 'queue' | 'phone',
  what: string,
  named: Facts,
  now: Facts | undefined,
  made: Facts,
): { readonly change: Change; readonly after: Facts } | undefined {
  if (!now) {
    const after = Object.fromEntries(
      Object.entries(made).filter(([, value]) => value !== undefined && value !== null),
    );
    return { change: { kind, what, action: 'create', after: { name: what, ...after } }, after };
  }
  const found = differing(now, named);
  return found && { change: { kind, what, action: 'change', ...found }, after: found.after };
}

function gone<Item extends { readonly name: string }>(
  all: readonly Item[],
  named: readonly { readonly name: string }[] | undefined,
  prune: boolean,
): readonly Item[] {
  if (!named || !prune) return [];
  const stay = new Set(named.map(({ name }) => name));
  return all.filter(({ name }) => !stay.has(name));
}

/** The plan of queues and phones, once it is known what becomes of the people. */
export function planLines(
  { rows, leaving, released, extensions }: Lines,
  state: TenantState,
  { going, changing, fault: personFault }: PeopleAfter,
): { readonly queues: readonly Planned[]; readonly phones: readonly Planned[] } {
  const byId = new Map(state.people.map((person) => [person.id, person]));
  const byExtension = new Map(
    state.people.flatMap((one) => (one.extension === undefined ? [] : [[one.extension, one] as const])),
  );

  function numberFault(number: string): string | undefined {
    const use = state.numbers.get(number as E164);
    if (!use) return undefined;
    if (use.by === 'hold') return use.say;
    if (use.by !== 'person')
      return released.has(number) ? undefined : `A ${use.by === 'queue' ? 'queue' : 'phone'} has ${number}.`;
    const owner = byId.get(use.personId);
    if (!owner) return `Somebody has ${number}.`;
    if (going.has(owner.id))
      return `${number} rests once ${owner.displayName} has left; end its quarantine, then apply again.`;
    const numbers = changing.get(owner.id)?.wish.numbers;
    const givesUp = Array.isArray(numbers) && !numbers.includes(number);
    return givesUp ? undefined : `${owner.displayName} (${owner.upn}) has ${number}.`;
  }
  function extensionFault(extension: string): string | undefined {
    const owner = byExtension.get(extension);
    if (!owner || going.has(owner.id) || changing.get(owner.id)?.wish.extension !== undefined)
      return extensions.get(extension);
    return `${owner.displayName} (${owner.upn}) has the extension ${extension}.`;
  }
  function faultOf(row: Row): { readonly field: string; readonly say: string } | undefined {
    const { number, extension } = row.wish;
    const at = (field: string, say: string | undefined) => (say === undefined ? undefined : { field, say });
    if (row.of === 'phone' && !row.phone && row.wish.sipUser === undefined)
      return at('name', 'There is no phone of this name yet; a new one needs a sipUser.');
    if (row.of === 'phone' && row.phone && row.wish.sipUser !== undefined)
      return at(
        'sipUser',
        'A phone keeps its SIP user, as its password counts for that one only: remove it and create it anew.',
      );
    const named = row.of === 'queue' ? (row.wish.members ?? []) : [row.wish.person ?? undefined];
    for (const upn of named) {
      const fault = upn === undefined ? undefined : personFault(upn);
      if (fault !== undefined) return at(row.of === 'queue' ? 'members' : 'person', fault);
    }
    return (
      at('number', typeof number === 'string' ? numberFault(number) : undefined) ??
      at('extension', typeof extension === 'string' ? extensionFault(extension) : undefined)
    );
  }
  const planned = rows.map((row): Planned => {
    const fault = faultOf(row);
    if (fault) return refused(row.change, fault.say, { of: row.wanted, field: fault.field });
    const { change } = row;
    if (row.of === 'queue')
      return row.queue
        ? { change, step: { do: 'change-queue', queue: row.queue, wish: row.wish } }
        : { change, step: { do: 'create-queue', name: change.what, wish: row.wish } };
    if (row.phone) return { change, step: { do: 'change-phone', phone: row.phone, wish: row.wish } };
    const { sipUser = '' } = row.wish;
    return { change, step: { do: 'create-phone', name: change.what, wish: { ...row.wish, sipUser } } };
  });
  const all = [...leaving, ...planned];
  return {
    queues: all.filter(({ change }) => change.kind === 'queue'),
    phones: all.filter(({ change }) => change.kind === 'phone'),
  };
}
