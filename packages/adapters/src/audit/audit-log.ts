import type { KeyObject } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import type { AccountId } from '@tandem/domain';
import type { AuditEntry, AuditLog } from '@tandem/engine/ports/audit.ts';
import type { AuditStore } from '../postgres/audit-store.ts';
import { ChainCheck, type ChainedEntry, type ChainFault, signHead } from './audit-chain.ts';

export interface AuditLogParts {
  readonly store: AuditStore;
  readonly key: KeyObject;
  /** Where entries wait while the database is away, one JSON text a line; beside it, as `.refused`, those it will not take. */
  readonly spoolFile: string;
  /** Signed heads go here too: what was cut off in the database stands in this file, or wherever it is shipped to. */
  readonly anchorFile: string;
  readonly clock: { wall(): number; after(ms: number, fire: () => void): () => void };
  readonly onProblem: (what: string) => void;
}

export interface ChainReport {
  readonly chain: string;
  readonly entries: number;
  readonly heads: number;
  readonly fault?: ChainFault;
}

export interface NodeAuditLog extends AuditLog {
  /** Walks the chain of an account, or the platform's, and says what is wrong with it. */
  check(accountId: AccountId | undefined): Promise<ChainReport>;
  readonly waiting: number;
  /** Entries that somebody's own transaction has stored (`appendEntries`), so that their head is signed like any other. */
  stored(accountId: AccountId | undefined, entries: readonly ChainedEntry[]): Promise<void>;
  stop(): Promise<void>;
}

interface Waiting {
  readonly entry: AuditEntry;
  readonly atWallMs: number;
}

/** reliability-and-security 5.2: a head every 60 s or 1,000 entries. */
const headEveryMs = 60_000;
const headEvery = 1000;
const againMs = 5_000;

/** Entries in their order into the database; while it is away, onto the disk and from there later. */
export function createAuditLog(parts: AuditLogParts): NodeAuditLog {
  const { store, key, spoolFile, clock } = parts;
  const waiting: Waiting[] = readSpool(spoolFile, parts.onProblem);
  const unsigned = new Map<string, { accountId: AccountId | undefined; last: ChainedEntry; count: number }>();
  let chain: Promise<unknown> = Promise.resolve();
  let stopped = false;
  let told = false;

  /** An entry that the database will never take must not hold up those of everybody else behind it. */
  async function appendOrSetAside(one: Waiting): Promise<void> {
    try {
      await append(one.entry, one.atWallMs);
    } catch (error) {
      if (!isRefusedForGood(error)) throw error;
      writeDurably(`${spoolFile}.refused`, one);
      parts.onProblem(
        `the database refuses an audit entry (${one.entry.action}), it stands in ${spoolFile}.refused: ${(error as Error).message}`,
      );
    }
  }

  async function append(entry: AuditEntry, atWallMs: number): Promise<void> {
    const last = await store.append(entry, atWallMs);
    await stored(entry.accountId, last, 1);
  }

  async function stored(accountId: AccountId | undefined, last: ChainedEntry, more: number): Promise<void> {
    const known = unsigned.get(last.chain);
    const count = (known?.count ?? 0) + more;
    // Another writer of the same chain may have been heard already.
    const newest = known && known.last.sequence > last.sequence ? known.last : last;
    unsigned.set(last.chain, { accountId, last: newest, count });
    // The entry is stored: a head that cannot be signed now is signed a minute later.
    if (count >= headEvery) await signOne(last.chain).catch(problem);
  }

  async function signOne(name: string): Promise<void> {
    const open = unsigned.get(name);
    if (!open) return;
    const { last, accountId } = open;
    const head = signHead(
      { chain: name, sequence: last.sequence, hash: last.hash, signedAtWallMs: clock.wall() },
      key,
    );
    await store.saveHead(accountId, head);
    if (unsigned.get(name)?.last === last) unsigned.delete(name);
    appendFileSync(parts.anchorFile, `${JSON.stringify(head)}\n`, { mode: 0o600 });
  }

  function spool(entry: AuditEntry, atWallMs: number): void {
    const one: Waiting = { entry, atWallMs };
    waiting.push(one);
    writeDurably(spoolFile, one);
  }

  async function drain(): Promise<void> {
    while (waiting[0] && !stopped) {
      await appendOrSetAside(waiting[0]);
      waiting.shift();
      if (waiting.length === 0) rmSync(spoolFile, { force: true });
      else
        writeFileSync(spoolFile, waiting.map((one) => `${JSON.stringify(one)}\n`).join(''), { mode: 0o600 });
    }
    told = false;
  }

  /** One thing after another: the order of the log is the order of what happened. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = chain.then(work, work);
    chain = turn.catch(() => undefined);
    return turn;
  };
  const problem = (error: unknown): void => {
    if (told) return;
    told = true;
    parts.onProblem(`audit entries wait on disk: ${(error as Error).message}`);
  };

  let stopDrain: (() => void) | undefined;
  let stopHeads: (() => void) | undefined;
  const tryAgain = (): void => {
    if (waiting.length > 0) inTurn(drain).catch(problem);
    stopDrain = clock.after(againMs, tryAgain);
  };
  const signAll = (): void => {
    inTurn(async () => {
      for (const name of [...unsigned.keys()]) await signOne(name);
    }).catch(problem);
    stopHeads = clock.after(headEveryMs, signAll);
  };
  tryAgain();
  stopHeads = clock.after(headEveryMs, signAll);

  return {
    note: (entry) =>
      inTurn(async () => {
        const atWallMs = clock.wall();
        if (waiting.length > 0) {
          spool(entry, atWallMs);
          await drain();
        } else await appendOrSetAside({ entry, atWallMs });
      }).catch((error: unknown) => {
        problem(error);
        // Already on disk when it stood behind others.
        if (!waiting.some((one) => one.entry === entry)) spool(entry, clock.wall());
      }),
    stored: (accountId, entries) =>
      inTurn(async () => {
        const last = entries.at(-1);
        if (last) await stored(accountId, last, entries.length);
      }),
    async check(accountId) {
      const check = new ChainCheck(await store.heads(accountId), key);
      await store.walk(accountId, check);
      return { chain: accountId ?? 'platform', ...check.end() };
    },
    get waiting() {
      return waiting.length;
    },
    async stop() {
      stopped = true;
      stopDrain?.();
      stopHeads?.();
      await inTurn(async () => {
        for (const name of [...unsigned.keys()]) await signOne(name);
      }).catch(() => undefined);
    },
  };
}

/** SQLSTATE 22 and 23: what the entry says, or whose it is, does not fit; but two that took one number may try again. */
function isRefusedForGood(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' && /^2[23][0-9A-Z]{3}$/.test(code) && code !== '23505';
}

function writeDurably(file: string, one: Waiting): void {
  const fd = openSync(file, 'a', 0o600);
  try {
    writeSync(fd, `${JSON.stringify(one)}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** A half line at the end is what a crash left of an entry that nobody was told had been stored. */
function readSpool(file: string, onProblem: (what: string) => void): Waiting[] {
  if (!existsSync(file)) return [];
  const found: Waiting[] = [];
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line === '') continue;
    try {
      found.push(JSON.parse(line) as Waiting);
    } catch {
      onProblem(`a line of ${file} cannot be read and is left out`);
    }
  }
  return found;
}
