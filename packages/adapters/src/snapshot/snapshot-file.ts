import { readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import type {
  Account,
  AccountId,
  Carrier,
  CarrierId,
  Device,
  E164,
  HeldNumber,
  Hub,
  Owner,
  Person,
  PersonId,
  Queue,
  RoutingSnapshot,
  VoicemailChoice,
} from '@tandem/domain';
import type { SecretBox } from '../security/secret-box.ts';

/**
 * The routing facts on disk: calls are routed from them when the database is away at the start (I3). One text file,
 * `tandem-routing 1 <crc32 hex> <bytes>\n` and a JSON body; replaced as a whole, so a crash leaves the old or the new
 * one. Carrier passwords are sealed, the file is 0600.
 */
const magic = 'tandem-routing 1';

interface Body {
  readonly version: number;
  readonly builtAtWallMs: number;
  readonly accounts: readonly Account[];
  readonly people: readonly Person[];
  /** Absent in files of the first form. */
  readonly devices?: readonly Device[];
  /** Absent in older files. */
  readonly queues?: readonly Queue[];
  readonly numbers: readonly (readonly [E164, Owner])[];
  /** Absent in older files. */
  readonly held?: readonly (readonly [E164, HeldNumber])[];
  readonly extensions: readonly (readonly [Account['id'], readonly (readonly [string, Owner])[]])[];
  readonly carriers: readonly Carrier[];
  readonly hubs: readonly Hub[];
  /** Absent in older files. */
  readonly voicemail?: readonly (readonly [AccountId | PersonId, VoicemailChoice])[];
}

export type SnapshotReading =
  | { readonly kind: 'read'; readonly snapshot: RoutingSnapshot }
  | { readonly kind: 'absent' }
  | { readonly kind: 'damaged'; readonly detail: string };

const context = (id: CarrierId): string => `snapshot:carrier:${id}`;

export function printSnapshot(snapshot: RoutingSnapshot, box: SecretBox): Buffer {
  const body: Body = {
    version: snapshot.version,
    builtAtWallMs: snapshot.builtAtWallMs,
    accounts: [...snapshot.accounts.values()],
    people: [...snapshot.people.values()],
    devices: [...snapshot.devices.values()],
    queues: [...snapshot.queues.values()],
    numbers: [...snapshot.numbers],
    held: [...(snapshot.held ?? [])],
    extensions: [...snapshot.extensions].map(([id, owners]) => [id, [...owners]]),
    carriers: [...snapshot.carriers.values()].map((carrier) =>
      carrier.credentials
        ? {
            ...carrier,
            credentials: {
              ...carrier.credentials,
              password: box.seal(carrier.credentials.password, context(carrier.id)),
            },
          }
        : carrier,
    ),
    hubs: snapshot.hubs,
    voicemail: [...(snapshot.voicemail ?? [])],
  };
  const bytes = Buffer.from(JSON.stringify(body));
  return Buffer.concat([Buffer.from(`${magic} ${crc32(bytes).toString(16)} ${bytes.length}\n`), bytes]);
}

export function parseSnapshot(file: Buffer, box: SecretBox): SnapshotReading {
  const lineEnd = file.indexOf(0x0a);
  const head =
    lineEnd < 0
      ? undefined
      : /^tandem-routing 1 ([0-9a-f]{1,8}) ([0-9]{1,12})$/.exec(
          file.toString('latin1', 0, Math.min(lineEnd, 100)),
        );
  if (!head) return { kind: 'damaged', detail: 'not a snapshot of this form' };
  const bytes = file.subarray(lineEnd + 1);
  if (bytes.length !== Number(head[2]))
    return { kind: 'damaged', detail: `${bytes.length} bytes instead of ${head[2]}` };
  if (crc32(bytes).toString(16) !== head[1]) return { kind: 'damaged', detail: 'checksum does not fit' };
  let body: Body;
  try {
    body = JSON.parse(bytes.toString());
  } catch (error) {
    return { kind: 'damaged', detail: String(error) };
  }
  return { kind: 'read', snapshot: snapshotOf(body, box) };
}

function snapshotOf(body: Body, box: SecretBox): RoutingSnapshot {
  const carriers = body.carriers.map((carrier): Carrier => {
    const { credentials, ...open } = carrier;
    if (!credentials) return carrier;
    const password = box.open(credentials.password, context(carrier.id));
    return password === undefined ? open : { ...open, credentials: { ...credentials, password } };
  });
  return {
    version: body.version,
    builtAtWallMs: body.builtAtWallMs,
    accounts: new Map(body.accounts.map((account) => [account.id, account])),
    accountBySbcHost: new Map(
      body.accounts.flatMap((account) => account.sbcHosts.map((host) => [host, account.id] as const)),
    ),
    people: new Map(body.people.map((person) => [person.id, person])),
    devices: new Map((body.devices ?? []).map((device) => [device.id, device])),
    queues: new Map((body.queues ?? []).map((queue) => [queue.id, queue])),
    numbers: new Map(body.numbers),
    held: new Map(body.held ?? []),
    extensions: new Map(body.extensions.map(([id, owners]) => [id, new Map(owners)])),
    carriers: new Map(carriers.map((carrier) => [carrier.id, carrier])),
    hubs: body.hubs,
    voicemail: new Map(body.voicemail ?? []),
  };
}

export function readSnapshotFile(file: string, box: SecretBox): SnapshotReading {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { kind: 'absent' };
    return { kind: 'damaged', detail: String(error) };
  }
  return parseSnapshot(bytes, box);
}

/** Write beside, flush, rename, flush the folder: the order that survives power loss. */
export async function writeSnapshotFile(file: string, bytes: Buffer): Promise<void> {
  const beside = `${file}.new`;
  const handle = await open(beside, 'w', 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(beside, file);
  const folder = await open(path.dirname(file), 'r').catch(() => undefined); // Windows opens no folders
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}
