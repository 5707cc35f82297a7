/** Branded ids: UUIDv7 texts made by us (RFC 9562 5.7). The brand keeps one customer's ids apart from another noun's. */
declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** A customer of the platform: code, database and API all say account. */
export type AccountId = Branded<'AccountId'>;
export type PersonId = Branded<'PersonId'>;
export type CarrierId = Branded<'CarrierId'>;
/** A phone that registers with us. */
export type DeviceId = Branded<'DeviceId'>;
/** What the people had: one id from the first INVITE to the last BYE. */
export type CallId = Branded<'CallId'>;
export type LegId = Branded<'LegId'>;
/** An account's connection with one Entra tenant. */
export type ConnectionId = Branded<'ConnectionId'>;
/** A queue of an account: people who take calls in turn. */
export type QueueId = Branded<'QueueId'>;
/** A person's sign-in at Microsoft that is kept. */
export type SignInId = Branded<'SignInId'>;
/** A bulk job. */
export type JobId = Branded<'JobId'>;

export const asAccountId = (text: string): AccountId => text as AccountId;
export const asPersonId = (text: string): PersonId => text as PersonId;
export const asCarrierId = (text: string): CarrierId => text as CarrierId;
export const asDeviceId = (text: string): DeviceId => text as DeviceId;
export const asCallId = (text: string): CallId => text as CallId;
export const asLegId = (text: string): LegId => text as LegId;
export const asConnectionId = (text: string): ConnectionId => text as ConnectionId;
export const asQueueId = (text: string): QueueId => text as QueueId;
export const asSignInId = (text: string): SignInId => text as SignInId;
export const asJobId = (text: string): JobId => text as JobId;

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/**
 * UUIDv7 from wall milliseconds and ten random bytes. Sortable by time, so calls list in order of their start.
 */
export function uuidV7(wallMs: number, random: Uint8Array): string {
  const high = Math.floor(wallMs / 0x1_0000);
  const low = wallMs % 0x1_0000;
  const byte = (value: number): string => hex[value & 0xff] as string;
  const r = (i: number): number => random[i] ?? 0;
  return (
    `${byte(high >>> 24)}${byte(high >>> 16)}${byte(high >>> 8)}${byte(high)}-${byte(low >>> 8)}${byte(low)}-` +
    `${byte(0x70 | (r(0) & 0x0f))}${byte(r(1))}-${byte(0x80 | (r(2) & 0x3f))}${byte(r(3))}-` +
    `${byte(r(4))}${byte(r(5))}${byte(r(6))}${byte(r(7))}${byte(r(8))}${byte(r(9))}`
  );
}
