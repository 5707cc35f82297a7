import type { AccountId, E164, Person, PersonId } from '@tandem/domain';
import { sql } from 'kysely';
import type { Tx } from './database.ts';
import { leaverColumns } from './leaver-columns.ts';
import { freeOnes } from './number-stock-store.ts';
import { heldRefusal, noHold, type Refusal, type Versioned } from './outcome.ts';
import type { PersonChange } from './person-store.ts';

/** How a number stood before somebody got it: an undo makes it so again. */
export interface NumberBefore {
  readonly number: E164;
  /** `absent`: the account did not have it. */
  readonly was: 'free' | 'reserved' | 'quarantine' | 'absent';
  readonly reservedFor?: string;
  readonly untilWallMs?: number;
  readonly reason?: string;
  /** Whose it was, while it rests, and who is rung meanwhile. */
  readonly formerOwner?: string;
  readonly formerPersonId?: PersonId;
  readonly forwardPersonId?: PersonId;
  readonly forwardNumber?: E164;
}

/** What becomes of one person. Numbers in `giveBack` are made as they were, as far as the person still has them. */
export type BulkWrite =
  | {
      readonly do: 'create';
      readonly person: Person;
      readonly next: boolean;
      /** From which the next free number comes; absent: from any. */
      readonly rangeId?: string;
      /** All of them. */
      readonly tags?: readonly string[];
      /** Not even a number that is held back for them. */
      readonly withoutReserved?: boolean;
    }
  | {
      readonly do: 'change';
      readonly person: Versioned<Person>;
      readonly change: Omit<PersonChange, 'leaver'>;
      readonly next: boolean;
      /** From which the next free number comes; absent: from any. */
      readonly rangeId?: string;
      /** All of them; absent: as they are. */
      readonly tags?: readonly string[];
      readonly giveBack?: readonly NumberBefore[];
    }
  | {
      readonly do: 'remove';
      readonly person: Versioned<Person>;
      readonly giveBack?: readonly NumberBefore[];
    };

export type BulkOutcome =
  | {
      readonly ok: true;
      /** As the person is now; of one who was removed, as they were. */
      readonly person: Person;
      /** Numbers that the person got by this. */
      readonly took: readonly NumberBefore[];
    }
  | { readonly ok: false; readonly refusal: Refusal | { readonly kind: 'no-free-number' } };

/** Lists of any length: each value as a parameter of its own would end at 65,535. */
const anyOf = (ids: readonly PersonId[]) => sql<PersonId>`any(${[...ids]}::uuid[])`;
const anyText = (texts: readonly string[]) => sql<string>`any(${[...texts]}::text[])`;

interface Wanted {
  readonly write: Exclude<BulkWrite, { do: 'remove' }>;
  readonly personId: PersonId;
  /** All of them, the main one first; undefined: as they are. */
  numbers: readonly E164[] | undefined;
  next: boolean;
  readonly took: NumberBefore[];
}

/** Some of the writes cannot be made as asked, the others may: none of them was made for good yet. */
export class SomeRefused extends Error {
  readonly refusals: ReadonlyMap<BulkWrite, Extract<BulkOutcome, { ok: false }>>;
  constructor(refusals: ReadonlyMap<BulkWrite, Extract<BulkOutcome, { ok: false }>>) {
    super('some writes are refused');
    this.refusals = refusals;
  }
}

/**
 * All of the writes, a handful of statements whatever their count. Throws `SomeRefused`, or the database's error when a
 * constraint refuses (a number of another account): the caller goes back to its savepoint and tries with fewer.
 * `spared`: numbers that are not given away as the next free one, because somebody asks for them by name.
 */
export async function writeAll(
  tx: Tx,
  accountId: AccountId,
  writes: readonly BulkWrite[],
  options: { readonly spared: ReadonlySet<string> },
): Promise<ReadonlyMap<BulkWrite, BulkOutcome>> {
  const outcomes = new Map<BulkWrite, BulkOutcome>();
  const leaving = writes.filter((write) => write.do === 'remove');
  for (const write of leaving) outcomes.set(write, { ok: true, person: write.person, took: [] });
  if (leaving.length > 0)
    await tx
      .deleteFrom('people')
      .where('id', '=', anyOf(leaving.map(({ person }) => person.id)))
      .execute();
  const wanted = writes.flatMap((write) => (write.do === 'remove' ? [] : [wantedOf(write)]));
  await insertPeople(tx, accountId, wanted);
  await updatePeople(tx, wanted);
  await writeExtensions(tx, accountId, wanted);
  await writeTags(tx, accountId, wanted);
  await takeReserved(tx, wanted);
  await letGo(tx, wanted);
  await giveBack(tx, writes);
  await takeNamed(tx, accountId, wanted);
  await takeNext(tx, wanted, options);
  for (const { write, took, numbers } of wanted) {
    const person = write.do === 'create' ? write.person : changed(write.person, write.change);
    outcomes.set(write, {
      ok: true,
      took,
      person: numbers === undefined ? person : { ...person, numbers },
    });
  }
  return outcomes;
}

function wantedOf(write: Exclude<BulkWrite, { do: 'remove' }>): Wanted {
  const numbers = write.do === 'create' ? write.person.numbers : write.change.numbers;
  return { write, personId: write.person.id, numbers, next: write.next, took: [] };
}

function changed(
  person: Person,
  { mail, extension, numbers, ...rest }: Omit<PersonChange, 'leaver'>,
): Person {
  const { mail: hadMail, extension: hadExtension, ...others } = person;
  const newMail = mail === undefined ? hadMail : (mail ?? undefined);
  const newExtension = extension === undefined ? hadExtension : (extension ?? undefined);
  return {
    ...others,
    ...rest,
    ...(newMail !== undefined && { mail: newMail }),
    ...(newExtension !== undefined && { extension: newExtension }),
    ...(numbers && { numbers }),
  };
}

async function insertPeople(tx: Tx, accountId: AccountId, wanted: readonly Wanted[]): Promise<void> {
  const people = wanted.flatMap(({ write }) => (write.do === 'create' ? [write.person] : []));
  if (people.length === 0) return;
  const rows = people.map((person) => ({
    id: person.id,
    display_name: person.displayName,
    upn: person.upn.toLowerCase(),
    mail: person.mail ?? null,
    active: person.active,
    teams_toggle: person.teamsToggle,
    platform_licence: person.platformLicence,
    ...leaverColumns(person.leaver),
  }));
  await sql`insert into people (id, account_id, display_name, upn, mail, active, teams_toggle, platform_licence,
      leaver_person, leaver_number, leaver_queue, leaver_announcement, leaver_voicemail)
    select v.id, ${accountId}, v.display_name, v.upn, v.mail, v.active, v.teams_toggle, v.platform_licence,
      v.leaver_person, v.leaver_number, v.leaver_queue, v.leaver_announcement, v.leaver_voicemail
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as v(id uuid, display_name text, upn text, mail text,
      active boolean, teams_toggle boolean, platform_licence boolean, leaver_person uuid, leaver_number text,
      leaver_queue uuid, leaver_announcement boolean, leaver_voicemail boolean)`.execute(tx);
}

/** The rows are locked: whole new rows overwrite nobody. */
async function updatePeople(tx: Tx, wanted: readonly Wanted[]): Promise<void> {
  const rows = wanted.flatMap(({ write }) => {
    if (write.do !== 'change') return [];
    const now = changed(write.person, write.change);
    return [
      {
        id: now.id,
        display_name: now.displayName,
        upn: now.upn.toLowerCase(),
        mail: now.mail ?? null,
        active: now.active,
        teams_toggle: now.teamsToggle,
        platform_licence: now.platformLicence,
      },
    ];
  });
  if (rows.length === 0) return;
  await sql`update people set display_name = v.display_name, upn = v.upn, mail = v.mail, active = v.active,
      teams_toggle = v.teams_toggle, platform_licence = v.platform_licence,
      version = people.version + 1, updated_at = tandem_now()
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as v(id uuid, display_name text, upn text, mail text,
      active boolean, teams_toggle boolean, platform_licence boolean)
    where people.id = v.id`.execute(tx);
}

async function writeExtensions(tx: Tx, accountId: AccountId, wanted: readonly Wanted[]): Promise<void> {
  const given = wanted.flatMap(({ write, personId }) => {
    const extension = write.do === 'create' ? write.person.extension : write.change.extension;
    return extension === undefined ? [] : [{ person_id: personId, extension }];
  });
  if (given.length === 0) return;
  await tx
    .deleteFrom('extensions')
    .where('person_id', '=', anyOf(given.map(({ person_id }) => person_id)))
    .execute();
  const rows = given.flatMap(({ person_id, extension }) =>
    extension === null ? [] : [{ person_id, extension }],
  );
  if (rows.length > 0)
    await sql`insert into extensions (account_id, person_id, extension)
      select ${accountId}, v.person_id, v.extension
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as v(person_id uuid, extension text)`.execute(
      tx,
    );
}

async function writeTags(tx: Tx, accountId: AccountId, wanted: readonly Wanted[]): Promise<void> {
  const said = wanted.filter(({ write }) => write.tags !== undefined);
  if (said.length === 0) return;
  await tx
    .deleteFrom('person_tags')
    .where('person_id', '=', anyOf(said.map(({ personId }) => personId)))
    .execute();
  const rows = said.flatMap(({ write, personId }) =>
    [...new Set(write.tags)].map((tag) => ({ person_id: personId, tag })),
  );
  if (rows.length > 0)
    await sql`insert into person_tags (account_id, person_id, tag)
      select ${accountId}, v.person_id, v.tag
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as v(person_id uuid, tag text)`.execute(tx);
}

/** Somebody new for whom a number was held back gets that one, unless another one is named. */
async function takeReserved(tx: Tx, wanted: readonly Wanted[]): Promise<void> {
  const open = new Map<string, Wanted>();
  for (const one of wanted)
    if (one.write.do === 'create' && one.numbers?.length === 0 && one.write.withoutReserved !== true)
      for (const address of addressesOf(one.write.person)) open.set(address, one);
  if (open.size === 0) return;
  const rows = await tx
    .selectFrom('numbers')
    .select(['number', 'reserved_for'])
    .where('held', '=', 'reserved')
    .where('reserved_for', '=', anyText([...open.keys()]))
    .where(sql<boolean>`held_until > tandem_now()`)
    .orderBy('number')
    .execute();
  for (const row of rows) {
    const one = open.get(row.reserved_for ?? '');
    if (one?.numbers?.length !== 0) continue;
    one.numbers = [row.number as E164];
    one.next = false;
  }
}

const addressesOf = (person: Person): readonly string[] =>
  [person.upn, person.mail].flatMap((one) => (one === undefined ? [] : [one.toLowerCase()]));

/** Numbers may change hands among the people of one batch: all are let go of before anybody gets one. */
async function letGo(tx: Tx, wanted: readonly Wanted[]): Promise<void> {
  const ids = wanted.flatMap(({ write, personId, numbers }) =>
    write.do === 'change' && numbers !== undefined ? [personId] : [],
  );
  if (ids.length === 0) return;
  await tx
    .updateTable('numbers')
    .set({ person_id: null, position: 0, version: sql`version + 1` })
    .where('person_id', '=', anyOf(ids))
    .execute();
}

/** Only what the person had until now: what somebody has done with the number since is left as it is. */
async function giveBack(tx: Tx, writes: readonly BulkWrite[]): Promise<void> {
  const rows = writes.flatMap((write) =>
    write.do === 'create' || !write.giveBack
      ? []
      : write.giveBack.filter(({ number }) => write.person.numbers.includes(number)),
  );
  const absent = rows.flatMap(({ was, number }) => (was === 'absent' ? [number] : []));
  if (absent.length > 0)
    await tx
      .deleteFrom('numbers')
      .where('number', '=', anyText(absent))
      .where('person_id', 'is', null)
      .where('device_id', 'is', null)
      .where('queue_id', 'is', null)
      .execute();
  const kept = rows.filter(({ was }) => was !== 'absent');
  if (kept.length === 0) return;
  const shape = kept.map(({ number, was, reservedFor, untilWallMs, reason, ...rested }) => ({
    number,
    held: was === 'free' ? null : was,
    held_until: untilWallMs === undefined ? null : new Date(untilWallMs).toISOString(),
    held_reason: reason ?? null,
    reserved_for: reservedFor ?? null,
    former_owner: rested.formerOwner ?? null,
    former_person_id: rested.formerPersonId ?? null,
    forward_person: rested.forwardPersonId ?? null,
    forward_number: rested.forwardNumber ?? null,
  }));
  await sql`update numbers set held = v.held, held_until = v.held_until, held_reason = v.held_reason,
      reserved_for = v.reserved_for, former_owner = v.former_owner, former_person_id = v.former_person_id,
      forward_number = v.forward_number,
      forward_person = (select id from people where id = v.forward_person), version = numbers.version + 1
    from jsonb_to_recordset(${JSON.stringify(shape)}::jsonb) as v(number text, held text, held_until timestamptz,
      held_reason text, reserved_for text, former_owner text, former_person_id uuid, forward_person uuid,
      forward_number text)
    where numbers.number = v.number and numbers.person_id is null and numbers.device_id is null
      and numbers.queue_id is null`.execute(tx);
}

/** Numbers that were asked for by name. One of another account is not seen here: the key refuses it. */
async function takeNamed(tx: Tx, accountId: AccountId, wanted: readonly Wanted[]): Promise<void> {
  const asked = wanted.filter(({ numbers }) => numbers !== undefined && numbers.length > 0);
  const names = [...new Set(asked.flatMap(({ numbers }) => numbers ?? []))];
  if (names.length === 0) return;
  const rows = await tx
    .selectFrom('numbers')
    .select([
      'number',
      'person_id',
      'device_id',
      'queue_id',
      'held',
      'held_until',
      'held_reason',
      'reserved_for',
      'former_owner',
      'former_person_id',
      'forward_person',
      'forward_number',
    ])
    .select(sql<boolean>`held is not null and (held = 'ported' or held_until > tandem_now())`.as('holds'))
    .where('number', '=', anyText(names))
    .orderBy('number')
    .forUpdate()
    .execute();
  const known = new Map(rows.map((row) => [row.number, row]));
  const refusals = new Map<BulkWrite, Extract<BulkOutcome, { ok: false }>>();
  const given = new Set<string>();
  const placed: { number: E164; person_id: PersonId; position: number }[] = [];
  for (const { write, personId, numbers, took } of asked) {
    const had = write.do === 'change' ? write.person.numbers : [];
    for (const [position, number] of (numbers ?? []).entries()) {
      const row = known.get(number);
      if (
        given.has(number) ||
        (row && (row.person_id !== null || row.device_id !== null || row.queue_id !== null))
      )
        refusals.set(write, { ok: false, refusal: { kind: 'taken', what: 'number' } });
      else if (
        row?.holds &&
        !(row.held === 'quarantine' && row.former_person_id === personId) &&
        !addressesOf(write.person).includes(row.reserved_for ?? '')
      )
        refusals.set(write, { ok: false, refusal: heldRefusal(number, row) });
      given.add(number);
      placed.push({ number, person_id: personId, position });
      if (had.includes(number)) continue;
      took.push({
        number,
        was:
          row === undefined
            ? 'absent'
            : !row.holds
              ? 'free'
              : row.held === 'quarantine'
                ? row.held
                : 'reserved',
        ...(row?.holds && {
          ...(row.reserved_for !== null && { reservedFor: row.reserved_for }),
          ...(row.held_until !== null && { untilWallMs: row.held_until }),
          ...(row.held_reason !== null && { reason: row.held_reason }),
          ...(row.former_owner !== null && { formerOwner: row.former_owner }),
          ...(row.former_person_id !== null && { formerPersonId: row.former_person_id }),
          ...(row.forward_person !== null && { forwardPersonId: row.forward_person }),
          ...(row.forward_number !== null && { forwardNumber: row.forward_number as E164 }),
        }),
      });
    }
  }
  if (refusals.size > 0) throw new SomeRefused(refusals);
  await place(
    tx,
    placed.filter(({ number }) => known.has(number)),
  );
  const fresh = placed.filter(({ number }) => !known.has(number));
  if (fresh.length > 0)
    await sql`insert into numbers (number, account_id, person_id, position)
      select v.number, ${accountId}, v.person_id, v.position
      from jsonb_to_recordset(${JSON.stringify(fresh)}::jsonb) as v(number text, person_id uuid, position integer)`.execute(
      tx,
    );
}

/** Locked as `takeNextFree` does it: two at once never get the same one. */
async function takeNext(
  tx: Tx,
  wanted: readonly Wanted[],
  { spared }: { readonly spared: ReadonlySet<string> },
): Promise<void> {
  const byRange = new Map<string | undefined, Wanted[]>();
  for (const one of wanted) {
    if (!one.next) continue;
    const { rangeId } = one.write;
    const asking = byRange.get(rangeId);
    if (asking) asking.push(one);
    else byRange.set(rangeId, [one]);
  }
  const refusals = new Map<BulkWrite, Extract<BulkOutcome, { ok: false }>>();
  // Who names a range before who takes any: the others must not take its last ones.
  for (const [rangeId, asking] of [...byRange].sort(
    ([a], [b]) => Number(a === undefined) - Number(b === undefined),
  )) {
    let query = freeOnes(tx, rangeId).clearLimit().limit(asking.length);
    if (spared.size > 0)
      query = query.where('numbers.number', '<>', sql<string>`all(${[...spared]}::text[])`);
    const free = await query.forUpdate('numbers').skipLocked().execute();
    const placed = asking.flatMap((one, i) => {
      const number = free[i]?.number as E164 | undefined;
      if (number === undefined) {
        refusals.set(one.write, { ok: false, refusal: { kind: 'no-free-number' } });
        return [];
      }
      one.took.push({ number, was: 'free' });
      const others = one.numbers ?? (one.write.do === 'change' ? one.write.person.numbers : []);
      one.numbers = [number, ...others];
      return [{ number, person_id: one.personId, position: 0 }];
    });
    await place(tx, placed);
  }
  if (refusals.size > 0) throw new SomeRefused(refusals);
}

async function place(
  tx: Tx,
  rows: readonly { readonly number: E164; readonly person_id: PersonId; readonly position: number }[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx
    .updateTable('numbers')
    .from(
      sql<{
        number: string;
        person_id: PersonId;
        position: number;
      }>`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)`.as<'v'>(
        sql`v(number text, person_id uuid, position integer)`,
      ),
    )
    .set((eb) => ({
      ...noHold,
      person_id: eb.ref('v.person_id'),
      position: eb.ref('v.position'),
      version: sql`numbers.version + 1`,
    }))
    .whereRef('numbers.number', '=', 'v.number')
    .execute();
}
