import type { AccountId, PersonId, VoicemailChoices } from '@tandem/domain';
import type { Clock } from '@tandem/engine/ports/clock.ts';
import type { MessageEnvelope, MessageKept, VoicemailStore } from '@tandem/engine/ports/voicemail-store.ts';
import type { KeptMessage, VoicemailRows } from '../postgres/voicemail-store.ts';
import type { MessageFiles } from './message-files.ts';

const retryMs = 5_000;
const sweepMs = 3_600_000;
/** Callers who may speak to mailboxes at once: a bound for disk and memory, far above what people do. */
const mostAtOnce = 500;

export interface VoicemailKeeperDeps {
  readonly files: MessageFiles;
  readonly rows: Pick<VoicemailRows, 'deliver' | 'forgetOldForPlatform' | 'knownForPlatform'>;
  readonly clock: Clock;
  choices(): VoicemailChoices | undefined;
  newId(): string;
  /** A message got its row. */
  onDelivered?(message: KeptMessage): void;
  onProblem(what: string): void;
}

export interface VoicemailKeeper extends VoicemailStore {
  /** Messages that wait for their row. */
  readonly waiting: number;
  /** What an earlier process left: each becomes a message or nothing. Before the first call; waits for no database. */
  recover(): Promise<void>;
  /** Begins to forget what is old, and files that are nobody's. */
  start(): void;
  /** Now instead of later; for tests, and for whoever deleted something. */
  sweep(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Carries each message from the spool to its mailbox: envelope, sound, length, row, in this order, each on the disk before the
 * next. Whoever dies in between, the next start goes on; while the database is away messages wait, and are there afterwards.
 */
export function createVoicemailKeeper(deps: VoicemailKeeperDeps): VoicemailKeeper {
  const { files, rows, clock, onProblem } = deps;
  /** Being recorded. */
  const open = new Map<string, MessageEnvelope>();
  /** Whole, without a row. */
  const waiting = new Map<string, KeptMessage>();
  let working: Promise<void> | undefined;
  let stopRetry: (() => void) | undefined;
  let stopSweep: (() => void) | undefined;
  let stopped = false;

  function deliverAll(): Promise<void> {
    working ??= deliverEach().finally(() => {
      working = undefined;
      if (waiting.size === 0 || stopped) return;
      stopRetry ??= clock.after(retryMs, () => {
        stopRetry = undefined;
        void deliverAll();
      });
    });
    return working;
  }

  async function deliverEach(): Promise<void> {
    for (const message of waiting.values()) {
      try {
        await files.keep(message.id);
        if (await rows.deliver(message)) {
          await files.forgetEnvelope(message.id);
          deps.onDelivered?.(message);
        } else {
          onProblem('a message was left for somebody who is gone');
          await files.drop(message.id);
        }
        waiting.delete(message.id);
      } catch (error) {
        onProblem(`a message waits for its row: ${textOf(error)}`);
        return;
      }
    }
  }

  async function seal(envelope: MessageEnvelope): Promise<MessageKept> {
    const lengthMs = await files.seal(envelope);
    if (lengthMs === undefined) return { kept: false, lengthMs: 0 };
    waiting.set(envelope.id, { ...envelope, lengthMs });
    void deliverAll();
    return { kept: true, lengthMs };
  }

  async function sweep(): Promise<void> {
    await rows.forgetOldForPlatform(clock.wall());
    const kept = await files.kept();
    // What is on disk now waits for its row, or has it by now: what comes to wait later is not in this list.
    const onTheWay = new Set(waiting.keys());
    const known = await rows.knownForPlatform();
    for (const id of kept.messages) if (!known.messages.has(id) && !onTheWay.has(id)) await files.drop(id);
    for (const id of kept.greetings) if (!known.greetings.has(id)) await files.removeGreeting(id);
  }

  const sweepLater = (): void => {
    stopSweep = clock.after(sweepMs, () => {
      void sweep().catch((error) => onProblem(`old messages: ${textOf(error)}`));
      sweepLater();
    });
  };

  return {
    newId: deps.newId,
    get waiting() {
      return waiting.size;
    },
    async begin(envelope) {
      if (open.size >= mostAtOnce) {
        onProblem(`${mostAtOnce} callers speak to mailboxes: the next one is not answered`);
        return undefined;
      }
      open.set(envelope.id, envelope);
      try {
        await files.begin(envelope);
        return files.recording(envelope.id);
      } catch (error) {
        open.delete(envelope.id);
        onProblem(`a message cannot be recorded: ${textOf(error)}`);
        return undefined;
      }
    },
    async finish(id) {
      const envelope = open.get(id);
      if (!envelope) return { kept: false, lengthMs: 0 };
      open.delete(id);
      try {
        return await seal(envelope);
      } catch (error) {
        // The envelope of the beginning and the sound are there: the next start tries again.
        onProblem(`a message could not be finished: ${textOf(error)}`);
        return { kept: true, lengthMs: await files.lengthMs(id) };
      }
    },
    greetingOf(accountId: AccountId, personId: PersonId) {
      const choices = deps.choices();
      const whose = [personId, accountId].find((id) => choices?.get(id)?.greeting);
      return whose === undefined ? undefined : files.greeting(whose);
    },
    async recover() {
      try {
        for (const { envelope, lengthMs } of await files.spooled())
          if (lengthMs === undefined) await seal(envelope);
          else waiting.set(envelope.id, { ...envelope, lengthMs });
      } catch (error) {
        onProblem(`messages of before: ${textOf(error)}`);
      }
      void deliverAll();
    },
    start() {
      void sweep().catch((error) => onProblem(`old messages: ${textOf(error)}`));
      sweepLater();
    },
    sweep,
    async stop() {
      stopped = true;
      stopRetry?.();
      stopSweep?.();
      await working;
    },
  };
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
