import { type AccountId, asPersonId, type PersonId } from '@tandem/domain';
import { type Selectable, sql } from 'kysely';
import type { Database } from './database.ts';
import { done, isId, refused, type StoreOutcome, settle } from './outcome.ts';
import type { Schema } from './schema.ts';

/** Who stands on somebody's own list. Exactly one of the three says who it is. */
export type ContactTarget =
  | { readonly kind: 'person'; readonly personId: PersonId }
  | { readonly kind: 'microsoft'; readonly objectId: string }
  | {
      readonly kind: 'own';
      readonly displayName: string;
      readonly numbers: readonly string[];
      readonly mail?: string;
    };

export interface OwnContact {
  readonly id: string;
  readonly target: ContactTarget;
  readonly favourite: boolean;
  readonly speedDial?: number;
}

export interface OwnContactChange {
  readonly favourite?: boolean | undefined;
  readonly speedDial?: number | null | undefined;
  /** Of one's own only; of others they are not kept here, and a change of them changes nothing. */
  readonly displayName?: string | undefined;
  readonly numbers?: readonly string[] | undefined;
}

export type ContactRefusal = 'full' | 'speed-dial-taken' | 'unknown';

export interface ContactStore {
  list(accountId: AccountId, ownerId: PersonId): Promise<readonly OwnContact[]>;
  /** Who is on the list already is changed instead, so that a second press does no harm. */
  add(accountId: AccountId, ownerId: PersonId, contact: OwnContact): Promise<StoreOutcome<OwnContact>>;
  change(
    accountId: AccountId,
    ownerId: PersonId,
    id: string,
    change: OwnContactChange,
  ): Promise<StoreOutcome<OwnContact>>;
  remove(accountId: AccountId, ownerId: PersonId, id: string): Promise<boolean>;
  /** Whose numbers or extensions these are, of this account. */
  peopleByNumber(accountId: AccountId, numbers: readonly string[]): Promise<ReadonlyMap<string, PersonId>>;
}

export const mostContacts = 500;

export function createContactStore(db: Database): ContactStore {
  return {
    async list(accountId, ownerId) {
      if (!isId(accountId) || !isId(ownerId)) return [];
      const rows = await db.withAccount(accountId, (tx) =>
        tx
          .selectFrom('own_contacts')
          .selectAll()
          .where('owner_id', '=', ownerId)
          .orderBy('created_at')
          .orderBy('id')
          .limit(mostContacts)
          .execute(),
      );
      return rows.map(contactOf);
    },
    async add(accountId, ownerId, { id, target, favourite, speedDial }) {
      if (!isId(accountId) || !isId(ownerId)) return refused({ kind: 'not-found' });
      return await settle(() =>
        db.withAccount(accountId, async (tx) => {
          const { count } = await tx
            .selectFrom('own_contacts')
            .select(sql<number>`count(*)::int`.as('count'))
            .where('owner_id', '=', ownerId)
            .executeTakeFirstOrThrow();
          if (count >= mostContacts) return refused({ kind: 'invalid', detail: 'own_contacts_full' });
          // A person of another account is nobody: row security hides them from this question (T03).
          if (target.kind === 'person') {
            const known = isId(target.personId)
              ? await tx
                  .selectFrom('people')
                  .select('id')
                  .where('id', '=', target.personId)
                  .executeTakeFirst()
              : undefined;
            if (!known) return refused({ kind: 'not-found' });
          }
          if (target.kind === 'microsoft' && !isId(target.objectId.toLowerCase()))
            return refused({ kind: 'not-found' });
          const row = await tx
            .insertInto('own_contacts')
            .values({
              id,
              account_id: accountId,
              owner_id: ownerId,
              person_id: target.kind === 'person' ? target.personId : null,
              object_id: target.kind === 'microsoft' ? target.objectId.toLowerCase() : null,
              display_name: target.kind === 'own' ? target.displayName : null,
              mail: target.kind === 'own' ? (target.mail ?? null) : null,
              numbers: target.kind === 'own' ? [...target.numbers] : [],
              favourite,
              speed_dial: speedDial ?? null,
            })
            .onConflict((on) =>
              (target.kind === 'microsoft'
                ? on.constraint('own_contacts_object_key')
                : on.constraint('own_contacts_person_key')
              ).doUpdateSet({
                favourite,
                ...(speedDial !== undefined && { speed_dial: speedDial }),
              }),
            )
            .returningAll()
            .executeTakeFirstOrThrow();
          return done(contactOf(row));
        }),
      );
    },
    async change(accountId, ownerId, id, change) {
      if (!isId(accountId) || !isId(ownerId) || !isId(id)) return refused({ kind: 'not-found' });
      const { favourite, speedDial, displayName, numbers } = change;
      return await settle(() =>
        db.withAccount(accountId, async (tx) => {
          const row = await tx
            .updateTable('own_contacts')
            .set({
              // Something must be set; what is not asked for stays what it is.
              favourite: favourite ?? sql<boolean>`favourite`,
              ...(speedDial !== undefined && { speed_dial: speedDial }),
              ...(displayName !== undefined && {
                display_name: sql<
                  string | null
                >`case when display_name is null then null else ${displayName} end`,
              }),
              ...(numbers !== undefined && {
                numbers: sql<
                  string[]
                >`case when display_name is null then numbers else ${[...numbers]}::text[] end`,
              }),
            })
            .where('id', '=', id)
            .where('owner_id', '=', ownerId)
            .returningAll()
            .executeTakeFirst();
          return row ? done(contactOf(row)) : refused({ kind: 'not-found' });
        }),
      );
    },
    async remove(accountId, ownerId, id) {
      if (!isId(accountId) || !isId(ownerId) || !isId(id)) return false;
      const gone = await db.withAccount(accountId, (tx) =>
        tx.deleteFrom('own_contacts').where('id', '=', id).where('owner_id', '=', ownerId).executeTakeFirst(),
      );
      return gone.numDeletedRows > 0n;
    },
    async peopleByNumber(accountId, numbers) {
      if (!isId(accountId) || numbers.length === 0) return new Map();
      const asked = [...new Set(numbers)].slice(0, 500);
      return await db.withAccount(accountId, async (tx) => {
        const owned = await tx
          .selectFrom('numbers')
          .select(['number', 'person_id'])
          .where('number', 'in', asked)
          .where('person_id', 'is not', null)
          .execute();
        const short = await tx
          .selectFrom('extensions')
          .select(['extension as number', 'person_id'])
          .where('extension', 'in', asked)
          .where('person_id', 'is not', null)
          .execute();
        const found = new Map<string, PersonId>();
        for (const { number, person_id } of [...short, ...owned])
          if (person_id !== null) found.set(number, person_id);
        return found;
      });
    },
  };
}

function contactOf(row: Selectable<Schema['own_contacts']>): OwnContact {
  const target: ContactTarget =
    row.person_id !== null
      ? { kind: 'person', personId: asPersonId(row.person_id) }
      : row.object_id !== null
        ? { kind: 'microsoft', objectId: row.object_id }
        : {
            kind: 'own',
            displayName: row.display_name ?? '',
            numbers: row.numbers,
            ...(row.mail !== null && { mail: row.mail }),
          };
  return {
    id: row.id,
    target,
    favourite: row.favourite,
    ...(row.speed_dial !== null && { speedDial: row.speed_dial }),
  };
}
