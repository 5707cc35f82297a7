import { join } from 'node:path';
import type { VoicemailBoard } from '@tandem/adapters/http/voicemail-board.ts';
import type { VoicemailRows } from '@tandem/adapters/postgres/voicemail-store.ts';
import { AnnouncementFiles } from '@tandem/adapters/voicemail/announcement-files.ts';
import { readGreeting } from '@tandem/adapters/voicemail/greeting.ts';
import { MessageFiles } from '@tandem/adapters/voicemail/message-files.ts';
import { createVoicemailKeeper, type VoicemailKeeper } from '@tandem/adapters/voicemail/voicemail-keeper.ts';
import type { AccountId, PersonId, RoutingSnapshot } from '@tandem/domain';
import type { AuditLog, Clock } from '@tandem/engine';
import { decodeG711, printWav } from '@tandem/media';

export interface VoicemailParts {
  readonly rows: VoicemailRows;
  readonly nodeDir: string;
  readonly clock: Clock;
  readonly audit: AuditLog;
  snapshot(): RoutingSnapshot;
  refresh(): Promise<unknown>;
  newId(): string;
  onProblem(what: string): void;
}

export interface Voicemail {
  readonly keeper: VoicemailKeeper;
  readonly board: VoicemailBoard;
  readonly announcements: AnnouncementFiles;
}

/** Mailboxes of this node: what was said is on its disk, rows and settings are in the database. */
export function openVoicemail(parts: VoicemailParts): Voicemail {
  const { rows, clock, audit } = parts;
  const files = new MessageFiles(join(parts.nodeDir, 'voicemail'));
  const announcements = new AnnouncementFiles(join(parts.nodeDir, 'announcements'));
  const keeper = createVoicemailKeeper({
    files,
    rows,
    clock,
    choices: () => parts.snapshot().voicemail,
    newId: parts.newId,
    onProblem: parts.onProblem,
  });

  const objectOf = (accountId: AccountId, personId: PersonId | undefined) => {
    const { people, accounts } = parts.snapshot();
    const label = personId === undefined ? accounts.get(accountId)?.name : people.get(personId)?.displayName;
    const kind = personId === undefined ? 'account' : 'person';
    return { kind, id: personId ?? accountId, ...(label !== undefined && { label }) };
  };

  const board: VoicemailBoard = {
    list: (accountId, personId, ask) => rows.list(accountId, personId, ask),
    async sound(accountId, personId, id) {
      const message = await rows.get(accountId, personId, id);
      const codes = message && (await files.read(message.id));
      return codes && printWav({ rate: 8000, samples: decodeG711('pcmu', codes) });
    },
    setHeard: (accountId, personId, id, heard) =>
      rows.setHeard(accountId, personId, id, heard ? clock.wall() : null),
    async remove(accountId, personId, id) {
      // The row first: a sound without a row is nobody's, and goes with the next sweep at the latest.
      if (!(await rows.remove(accountId, personId, id))) return false;
      await files
        .drop(id)
        .catch((error: Error) => parts.onProblem(`a deleted message is still on the disk: ${error.message}`));
      return true;
    },
    async ofPerson(accountId, personId) {
      const [own, account, counts] = await Promise.all([
        rows.settings(accountId, personId),
        rows.settings(accountId),
        rows.count(accountId, personId),
      ]);
      return { own, account, counts };
    },
    async ofAccount(accountId) {
      const [account, counts] = await Promise.all([rows.settings(accountId), rows.count(accountId)]);
      const announcementMs = announcements.lengthMs(accountId);
      return { account, counts, ...(announcementMs !== undefined && { announcementMs }) };
    },
    async choose(accountId, personId, change, actor) {
      const before = await rows.settings(accountId, personId);
      const after = await rows.change(accountId, personId, change);
      if (!after) return false;
      await parts.refresh();
      const object = objectOf(accountId, personId);
      await audit.note({
        accountId,
        actor,
        action: 'voicemail.choose',
        object,
        before: { ...before },
        after: { ...after },
      });
      return true;
    },
    async announce(accountId, file, actor) {
      const read = file && readGreeting(file);
      if (read && !read.ok) return read;
      const before = announcements.lengthMs(accountId);
      if (read) await announcements.write(accountId, read.wav);
      else await announcements.remove(accountId);
      await audit.note({
        accountId,
        actor,
        action: read ? 'voicemail.announce' : 'voicemail.unannounce',
        object: objectOf(accountId, undefined),
        ...(before !== undefined && { before: { announcementMs: before } }),
        ...(read && { after: { announcementMs: read.lengthMs } }),
      });
      return { ok: true };
    },
    async greet(accountId, personId, file, actor) {
      const read = file && readGreeting(file);
      if (read && !read.ok) return read;
      const subject = personId ?? accountId;
      // The file before the row that names it, and after the row that named it: a call plays what is there.
      if (read) await files.writeGreeting(subject, read.wav);
      const after = await rows.change(accountId, personId, { greetingMs: read?.lengthMs ?? null });
      if (!read || !after) await files.removeGreeting(subject);
      if (!after) return { ok: false, say: 'There is nobody like that.' };
      await parts.refresh();
      const object = objectOf(accountId, personId);
      await audit.note({
        accountId,
        actor,
        action: read ? 'voicemail.greet' : 'voicemail.ungreet',
        object,
        ...(read && { after: { greetingMs: read.lengthMs } }),
      });
      return { ok: true };
    },
  };
  return { keeper, board, announcements };
}
