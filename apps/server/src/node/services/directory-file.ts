import { createWriteStream } from 'node:fs';
import { readFile, rename, unlink } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGzip, gunzip } from 'node:zlib';
import type { UserChange } from '@tandem/engine/directory-sync/directory-changes.ts';
import type { MirrorDump } from '@tandem/engine/directory-sync/directory-mirror.ts';
import type { DeltaLinks, DirectoryReader } from '@tandem/engine/directory-sync/directory-reader.ts';
import type { MirrorGroup } from '@tandem/engine/directory-sync/group-closure.ts';
import type { HeldChange, Leaving } from '@tandem/engine/directory-sync/mass-change-guard.ts';
import { asChange, changedUser, type MirrorUser, Shared } from '@tandem/engine/directory-sync/mirror-user.ts';

/**
 * A tenant's mirror on disk, with the delta links that fit it: lines of JSON, compressed. Written whole or not at all, and in
 * small steps, since calls run in the same process.
 */
const form = 1;
const usersPerStep = 250;

interface Head {
  readonly form: number;
  readonly entraTenantId: string;
  readonly followed: readonly string[];
  readonly usersReadAt?: number;
  readonly links: DeltaLinks;
  readonly held: readonly (Omit<HeldChange, 'people'> & { readonly people: readonly Leaving[] })[];
}
type UserLine = { readonly u: ReturnType<typeof asChange>; readonly d?: string; readonly lost?: true };
interface GroupLine {
  readonly g: string;
  readonly readAt?: number;
  /** Absent: there is no such group. */
  readonly group?: Omit<MirrorGroup, 'users' | 'groups'> & {
    readonly users: readonly string[];
    readonly groups: readonly string[];
  };
}

export async function writeDirectory(file: string, reader: DirectoryReader): Promise<void> {
  // All of one moment: what changes while it is written belongs to the next file.
  const dump = reader.mirror.dump();
  const head: Head = {
    form,
    entraTenantId: dump.entraTenantId,
    followed: dump.followed,
    ...(dump.usersReadAt !== undefined && { usersReadAt: dump.usersReadAt }),
    links: reader.links(),
    held: dump.held.map((one) => ({ ...one, people: [...one.people.values()] })),
  };
  const users = [...dump.users];
  const { lost } = dump;
  const groups = dump.groups.map(
    ({ id, group, readAt }): GroupLine => ({
      g: id,
      ...(readAt !== undefined && { readAt }),
      ...(group && { group: { ...group, users: [...group.users], groups: [...group.groups] } }),
    }),
  );
  async function* lines(): AsyncGenerator<string> {
    yield line(head);
    for (const group of groups) yield line(group);
    for (const user of lost) yield line({ ...userLine(user), lost: true });
    for (let at = 0; at < users.length; at += usersPerStep) {
      yield users
        .slice(at, at + usersPerStep)
        .map((user) => line(userLine(user)))
        .join('');
      await new Promise((resolve) => setImmediate(resolve));
    }
    yield line({ end: users.length });
  }
  const fresh = `${file}.new`;
  await pipeline(Readable.from(lines()), createGzip({ level: 1 }), createWriteStream(fresh, { mode: 0o600 }));
  await rename(fresh, file);
}

const line = (value: unknown): string => `${JSON.stringify(value)}\n`;
const userLine = (user: MirrorUser): UserLine => ({
  u: asChange(user),
  ...(user.deletedOn !== undefined && { d: user.deletedOn }),
});

/** Undefined: there is none, or it is damaged, or of another tenant; then everything is read anew. */
export async function readDirectory(
  file: string,
  entraTenantId: string,
): Promise<{ readonly dump: MirrorDump; readonly links: DeltaLinks } | undefined> {
  const shared = new Shared();
  const users: MirrorUser[] = [];
  const lost: MirrorUser[] = [];
  const groups: { id: string; group: MirrorGroup | null; readAt: number | undefined }[] = [];
  let head: Head | undefined;
  let complete = false;
  try {
    const text = (await promisify(gunzip)(await readFile(file))).toString('utf8');
    let read = 0;
    for (const one of text.split('\n')) {
      if (one === '') continue;
      if (++read % usersPerStep === 0) await new Promise((resolve) => setImmediate(resolve));
      const value = JSON.parse(one) as Partial<UserLine & GroupLine & { end: number }> & Partial<Head>;
      if (!head) {
        if (value.form !== form || value.entraTenantId !== entraTenantId) return undefined;
        head = value as Head;
      } else if (value.u) {
        const user = {
          ...changedUser(undefined, value.u as Extract<UserChange, { gone?: undefined }>, shared),
          ...(value.d !== undefined && { deletedOn: value.d }),
        };
        (value.lost ? lost : users).push(user);
      } else if (value.g !== undefined) {
        const { group } = value;
        groups.push({
          id: value.g,
          readAt: value.readAt,
          group: group
            ? {
                ...group,
                deletedOn: group.deletedOn ?? undefined,
                users: new Set(group.users),
                groups: new Set(group.groups),
              }
            : null,
        });
      } else if (value.end !== undefined) complete = value.end === users.length;
    }
  } catch {
    return undefined;
  }
  if (!head || !complete) return undefined;
  const held = head.held.map((one) => ({
    ...one,
    people: new Map(one.people.map((person) => [person.objectId, person])),
  }));
  const { followed, usersReadAt, links } = head;
  return { links, dump: { entraTenantId, followed, usersReadAt, held, lost, users, groups } };
}

export async function removeDirectory(file: string): Promise<void> {
  await unlink(file).catch(() => undefined);
}
