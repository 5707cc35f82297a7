import {
  type AccountId,
  asCallId,
  asPersonId,
  type PersonId,
  type VoicemailChoice,
  type VoicemailOwner,
  voicemailDefaults,
} from '@tandem/domain';
import type { MessageEnvelope } from '@tandem/engine/ports/voicemail-store.ts';
import { type Selectable, sql } from 'kysely';
import type { Database, Tx } from './database.ts';
import { isId } from './outcome.ts';
import type { Schema } from './schema.ts';

/** A message that somebody may listen to. */
export interface KeptMessage extends MessageEnvelope {
  readonly lengthMs: number;
  readonly heardAtWallMs?: number;
}

export interface MessagePage {
  /** Newest first. */
  readonly items: readonly KeptMessage[];
  readonly nextCursor?: string;
}

export interface VoicemailSettings {
  readonly owner?: VoicemailOwner;
  readonly maxSeconds?: number;
  readonly retentionDays?: number;
  readonly greetingMs?: number;
}

/** `null` takes a choice back. */
export interface VoicemailSettingsChange {
  readonly owner?: VoicemailOwner | null | undefined;
  readonly maxSeconds?: number | undefined;
  readonly retentionDays?: number | undefined;
  readonly greetingMs?: number | null | undefined;
}

export interface VoicemailCounts {
  readonly messages: number;
  readonly unheard: number;
}

/** Rows of messages and settings. What was said is not here: its file has the message's id as its name. */
export interface VoicemailRows {
  /** Once for each id, however often it is said. False: there is no such person (any more), so nobody will ever listen. */
  deliver(message: KeptMessage): Promise<boolean>;
  list(
    accountId: AccountId,
    personId: PersonId,
    ask: { readonly limit: number; readonly cursor?: string | undefined },
  ): Promise<MessagePage>;
  get(accountId: AccountId, personId: PersonId, id: string): Promise<KeptMessage | undefined>;
  setHeard(
    accountId: AccountId,
    personId: PersonId,
    id: string,
    heardAtWallMs: number | null,
  ): Promise<KeptMessage | undefined>;
  /** False: there was none. */
  remove(accountId: AccountId, personId: PersonId, id: string): Promise<boolean>;
  /** Of one person, or of the whole account. */
  count(accountId: AccountId, personId?: PersonId): Promise<VoicemailCounts>;
  /** Of one person, or of the account itself. */
  settings(accountId: AccountId, personId?: PersonId): Promise<VoicemailSettings>;
  /** Who of the account chose for themselves, and what. */
  owners(accountId: AccountId): Promise<ReadonlyMap<PersonId, VoicemailOwner>>;
  /** Undefined: there is no such account or person. */
  change(
    accountId: AccountId,
    personId: PersonId | undefined,
    change: VoicemailSettingsChange,
  ): Promise<VoicemailSettings | undefined>;
  /** Rows older than their account keeps them are gone. Gives how many. */
  forgetOldForPlatform(nowWallMs: number): Promise<number>;
  /** Which of these messages there are, and whose recorded greetings: everything else on disk is nobody's. */
  knownForPlatform(): Promise<{
    readonly messages: ReadonlySet<string>;
    readonly greetings: ReadonlySet<string>;
  }>;
}

export function createVoicemailRows(db: Database): VoicemailRows {
  const ofPerson = (tx: Tx, personId: PersonId) =>
    tx.selectFrom('voicemail_messages').selectAll().where('person_id', '=', personId);

  return {
    async deliver(message) {
      const { id, accountId, personId, callId, from, callerName, callingPersonId, atWallMs, lengthMs } =
        message;
      if (!isId(id) || !isId(accountId) || !isId(personId)) return false;
      return await db.withAccount(accountId, async (tx) => {
        const person = await tx
          .selectFrom('people')
          .select('id')
          .where('id', '=', personId)
          .forKeyShare()
          .executeTakeFirst();
        if (!person) return false;
        const caller =
          callingPersonId !== undefined && isId(callingPersonId)
            ? await tx.selectFrom('people').select('id').where('id', '=', callingPersonId).executeTakeFirst()
            : undefined;
        await tx
          .insertInto('voicemail_messages')
          .values({
            id,
            account_id: accountId,
            person_id: personId,
            call_id: callId,
            caller: from.slice(0, 128),
            caller_name: callerName?.slice(0, 200) ?? null,
            calling_person_id: caller?.id ?? null,
            left_at: new Date(atWallMs),
            length_ms: lengthMs,
          })
          .onConflict((on) => on.column('id').doNothing())
          .execute();
        return true;
      });
    },
    async list(accountId, personId, { limit, cursor }) {
      if (!isId(accountId) || !isId(personId)) return { items: [] };
      const before = cursor === undefined ? undefined : readCursor(cursor);
      const rows = await db.withAccount(accountId, (tx) => {
        let query = ofPerson(tx, personId);
        if (before)
          query = query.where(
            sql<boolean>`(left_at, id) < (${new Date(before.atWallMs)}::timestamptz, ${before.id}::uuid)`,
          );
        return query
          .orderBy('left_at', 'desc')
          .orderBy('id', 'desc')
          .limit(limit + 1)
          .execute();
      });
      const items = rows.slice(0, limit).map(messageOf);
      const last = items.at(-1);
      return { items, ...(rows.length > limit && last && { nextCursor: printCursor(last) }) };
    },
    async get(accountId, personId, id) {
      if (!isId(accountId) || !isId(personId) || !isId(id)) return undefined;
      const row = await db.withAccount(accountId, (tx) =>
        ofPerson(tx, personId).where('id', '=', id).executeTakeFirst(),
      );
      return row && messageOf(row);
    },
    async setHeard(accountId, personId, id, heardAtWallMs) {
      if (!isId(accountId) || !isId(personId) || !isId(id)) return undefined;
      const row = await db.withAccount(accountId, (tx) =>
        tx
          .updateTable('voicemail_messages')
          .set({
            // Heard first stays heard first.
            heard_at:
              heardAtWallMs === null
                ? null
                : sql<Date>`coalesce(heard_at, ${new Date(heardAtWallMs)}::timestamptz)`,
          })
          .where('person_id', '=', personId)
          .where('id', '=', id)
          .returningAll()
          .executeTakeFirst(),
      );
      return row && messageOf(row);
    },
    async remove(accountId, personId, id) {
      if (!isId(accountId) || !isId(personId) || !isId(id)) return false;
      const gone = await db.withAccount(accountId, (tx) =>
        tx
          .deleteFrom('voicemail_messages')
          .where('person_id', '=', personId)
          .where('id', '=', id)
          .executeTakeFirst(),
      );
      return gone.numDeletedRows > 0n;
    },
    async count(accountId, personId) {
      if (!isId(accountId)) return { messages: 0, unheard: 0 };
      const row = await db.withAccount(accountId, (tx) => {
        const all = tx
          .selectFrom('voicemail_messages')
          .select([
            sql<number>`count(*)::int`.as('messages'),
            sql<number>`(count(*) filter (where heard_at is null))::int`.as('unheard'),
          ])
          .where('account_id', '=', accountId);
        return (
          personId === undefined ? all : all.where('person_id', '=', personId)
        ).executeTakeFirstOrThrow();
      });
      return row;
    },
    async settings(accountId, personId) {
      if (!isId(accountId)) return {};
      const row = await db.withAccount(accountId, (tx) =>
        tx
          .selectFrom('voicemail_settings')
          .selectAll()
          .where('account_id', '=', accountId)
          .where('subject_id', '=', personId ?? accountId)
          .executeTakeFirst(),
      );
      return row ? settingsOf(row) : {};
    },
    async owners(accountId) {
      if (!isId(accountId)) return new Map();
      const rows = await db.withAccount(accountId, (tx) =>
        tx
          .selectFrom('voicemail_settings')
          .select(['person_id', 'owner'])
          .where('account_id', '=', accountId)
          .where('person_id', 'is not', null)
          .where('owner', 'is not', null)
          .execute(),
      );
      return new Map(
        rows.flatMap(({ person_id, owner }) =>
          person_id !== null && owner !== null ? [[person_id, owner] as const] : [],
        ),
      );
    },
    async change(accountId, personId, change) {
      if (!isId(accountId) || (personId !== undefined && !isId(personId))) return undefined;
      return await db.withAccount(accountId, async (tx) => {
        const there =
          personId === undefined
            ? await tx.selectFrom('accounts').select('id').where('id', '=', accountId).executeTakeFirst()
            : await tx.selectFrom('people').select('id').where('id', '=', personId).executeTakeFirst();
        if (!there) return undefined;
        const columns = {
          ...(change.owner !== undefined && { owner: change.owner }),
          ...(change.maxSeconds !== undefined && { max_seconds: change.maxSeconds }),
          ...(change.retentionDays !== undefined && { retention_days: change.retentionDays }),
          ...(change.greetingMs !== undefined && { greeting_ms: change.greetingMs }),
        };
        const row = await tx
          .insertInto('voicemail_settings')
          .values({
            subject_id: personId ?? accountId,
            account_id: accountId,
            person_id: personId ?? null,
            ...columns,
          })
          .onConflict((on) =>
            on.column('subject_id').doUpdateSet({ ...columns, updated_at: sql`tandem_now()` }),
          )
          .returningAll()
          .executeTakeFirstOrThrow();
        return settingsOf(row);
      });
    },
    async forgetOldForPlatform(nowWallMs) {
      const gone = await db.withPlatform('forget old messages', (tx) =>
        tx
          .deleteFrom('voicemail_messages as message')
          .where(
            sql<boolean>`left_at < ${new Date(nowWallMs)}::timestamptz - interval '1 day' * coalesce(
              (select retention_days from voicemail_settings where subject_id = message.account_id),
              ${voicemailDefaults.retentionDays})`,
          )
          .executeTakeFirst(),
      );
      return Number(gone.numDeletedRows);
    },
    async knownForPlatform() {
      return await db.readPlatform('compare messages with their files', async (tx) => {
        const messages = await tx.selectFrom('voicemail_messages').select('id').execute();
        const greetings = await tx
          .selectFrom('voicemail_settings')
          .select('subject_id')
          .where('greeting_ms', 'is not', null)
          .execute();
        return {
          messages: new Set(messages.map(({ id }) => id)),
          greetings: new Set(greetings.map(({ subject_id }) => subject_id)),
        };
      });
    },
  };
}

/** What routing needs of everybody's choices, by account or person. */
export async function readVoicemailChoices(
  tx: Tx,
): Promise<ReadonlyMap<AccountId | PersonId, VoicemailChoice>> {
  const rows = await tx.selectFrom('voicemail_settings').selectAll().execute();
  return new Map(
    rows.map((row) => [
      row.person_id ?? row.account_id,
      {
        ...(row.owner !== null && { owner: row.owner }),
        ...(row.max_seconds !== null && { maxSeconds: row.max_seconds }),
        ...(row.greeting_ms !== null && { greeting: true }),
      },
    ]),
  );
}

function settingsOf(row: Selectable<Schema['voicemail_settings']>): VoicemailSettings {
  return {
    ...(row.owner !== null && { owner: row.owner }),
    ...(row.max_seconds !== null && { maxSeconds: row.max_seconds }),
    ...(row.retention_days !== null && { retentionDays: row.retention_days }),
    ...(row.greeting_ms !== null && { greetingMs: row.greeting_ms }),
  };
}

function messageOf(row: Selectable<Schema['voicemail_messages']>): KeptMessage {
  return {
    id: row.id,
    accountId: row.account_id,
    personId: row.person_id,
    callId: asCallId(row.call_id),
    from: row.caller,
    ...(row.caller_name !== null && { callerName: row.caller_name }),
    ...(row.calling_person_id !== null && { callingPersonId: asPersonId(row.calling_person_id) }),
    atWallMs: row.left_at,
    lengthMs: row.length_ms,
    ...(row.heard_at !== null && { heardAtWallMs: row.heard_at }),
  };
}

const printCursor = ({ atWallMs, id }: KeptMessage): string =>
  Buffer.from(`${atWallMs}:${id}`).toString('base64url');

/** What nobody of us wrote begins at the newest. */
function readCursor(cursor: string): { readonly atWallMs: number; readonly id: string } | undefined {
  const [at = '', id = ''] = Buffer.from(cursor, 'base64url').toString('latin1').split(':');
  return /^[0-9]{1,15}$/.test(at) && isId(id) ? { atWallMs: Number(at), id } : undefined;
}
