/** What a store answers to a change. A lost connection is thrown (`DatabaseUnavailable`); these are expected. */
export type Refusal =
  | { readonly kind: 'not-found' }
  /** Somebody changed it since it was read; `version` is the one that stands now. */
  | { readonly kind: 'conflict'; readonly version: number }
  /** Somebody has it already, possibly another customer: `what` is all that is told. */
  | { readonly kind: 'taken'; readonly what: TakenThing }
  /** Something else still needs it, or what it names is not there. */
  | { readonly kind: 'in-use' }
  | { readonly kind: 'unknown-reference' }
  /** A number that rests, is reserved for somebody else, or is with another carrier. */
  | { readonly kind: 'held'; readonly say: string }
  /** The database refused the value (length, form). */
  | { readonly kind: 'invalid'; readonly detail: string };

export type TakenThing =
  | 'number'
  | 'extension'
  | 'sbc-host'
  | 'upn'
  | 'name'
  | 'sip-user'
  | 'speed-dial'
  | 'id';

export type StoreOutcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: Refusal };

export type Versioned<T> = T & { readonly version: number };

export const done = <T>(value: T): StoreOutcome<T> => ({ ok: true, value });
export const refused = (refusal: Refusal): { readonly ok: false; readonly refusal: Refusal } => ({
  ok: false,
  refusal,
});

/** Unique constraint -> what is taken. Names come from the migrations. */
const takenBy: Readonly<Record<string, TakenThing>> = {
  numbers_pkey: 'number',
  extensions_pkey: 'extension',
  extensions_person_key: 'extension',
  account_sbc_hosts_pkey: 'sbc-host',
  routing_domains_host_key: 'sbc-host',
  people_upn_key: 'upn',
  accounts_name_key: 'name',
  carriers_name_key: 'name',
  users_name_key: 'name',
  numbers_device_key: 'number',
  numbers_queue_key: 'number',
  extensions_queue_key: 'extension',
  queues_name_key: 'name',
  extensions_device_key: 'extension',
  devices_name_key: 'name',
  devices_sip_user_key: 'sip-user',
  own_contacts_speed_dial_key: 'speed-dial',
};

/**
 * Turns the constraint errors that a caller must expect into a refusal; anything else goes on as it came.
 * SQLSTATE: PostgreSQL appendix A, class 22 and 23.
 */
export function refusalOf(error: unknown): Refusal | undefined {
  const { code, constraint, message } = error as { code?: unknown; constraint?: unknown; message?: unknown };
  if (typeof code !== 'string') return undefined;
  if (code === '23505') return { kind: 'taken', what: takenBy[String(constraint)] ?? 'id' };
  if (code === '23503')
    return String(message).includes('update or delete') ? { kind: 'in-use' } : { kind: 'unknown-reference' };
  if (/^2[23]/.test(code)) return { kind: 'invalid', detail: String(constraint ?? message) };
  return undefined;
}

/** Thrown within a transaction so that nothing of it stays; `settle` makes the refusal of it. */
export class Refused extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.kind);
    this.refusal = refusal;
  }
}

export function heldRefusal(
  number: string,
  row: {
    readonly held: string | null;
    readonly held_until: number | null;
    readonly held_reason: string | null;
  },
): Refusal {
  const until =
    row.held_until === null ? '' : ` until ${new Date(row.held_until).toISOString().slice(0, 10)}`;
  const why = row.held_reason === null ? '' : ` (${row.held_reason})`;
  const how =
    row.held === 'reserved'
      ? 'is reserved for somebody else'
      : row.held === 'ported'
        ? 'is with another carrier'
        : 'is in quarantine';
  return { kind: 'held', say: `${number} ${how}${until}${why}.` };
}

/** A number with an owner is held by nothing. */
export const noHold = {
  held: null,
  held_until: null,
  held_reason: null,
  reserved_for: null,
  former_owner: null,
  former_person_id: null,
  forward_person: null,
  forward_number: null,
  forward_queue: null,
} as const;

/** Runs a change; expected constraint errors become refusals. */
export async function settle<T>(change: () => Promise<StoreOutcome<T>>): Promise<StoreOutcome<T>> {
  try {
    return await change();
  } catch (error) {
    const refusal = error instanceof Refused ? error.refusal : refusalOf(error);
    if (refusal) return refused(refusal);
    throw error;
  }
}

const uuidShape = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Ids come from URLs too: what is not one names nothing, and must not become a database error. */
export const isId = (text: string): boolean => text.length === 36 && uuidShape.test(text);
