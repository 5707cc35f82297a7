import { execFileSync } from 'node:child_process';
import type { CallSummary } from '@tandem/contract';
import type { Story } from './rehearsal.ts';
import { bothHeard, cast, createStage, hasEnded, heardWords } from './stage/stage.ts';

/** Children of a process: the server that the keeper keeps. */
const childrenOf = (pid: number): readonly number[] =>
  execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, parent]) => parent === pid)
    .map(([child]) => child!);

export const story: Story = {
  title:
    'PostgreSQL is stopped during a call: calls go on and are heard, and their records appear afterwards.',
  async play(context) {
    const { say, see } = context;
    const stage = createStage(context);

    say('Pat calls Dana.');
    const running = stage.beginCall(cast.pat, cast.dana, 5);
    const live = await stage.talkingCall();
    see('the call is answered', live.phase === 'talking', `${live.from} -> ${live.to}, ${live.phase}`);

    // The keeper is held still so that nobody notices and starts the server again before the story is told.
    const keeper = stage.pidOf('postgres');
    const [server] = childrenOf(keeper);
    if (server === undefined) throw new Error('no PostgreSQL runs below its keeper');
    process.kill(keeper, 'SIGSTOP');
    try {
      say('PostgreSQL ends at once (SIGQUIT), and is kept from starting again.');
      process.kill(server, 'SIGQUIT');
      await stage.until('PostgreSQL is gone', () => hasEnded(server) || undefined);
      const line = await stage.until('/readyz says that the database is away', async () =>
        (await stage.readiness()).find((line) => /database/.test(line) && /does not answer/.test(line)),
      );
      see('/readyz says it in words', true, line);

      const during = await running;
      see('the call that was running was heard to its end', bothHeard(during), heardWords(during));
      say('Alex in Teams calls Pat while there is no database.');
      const second = await stage.beginCall(cast.alexOfAcme, cast.pat, 2);
      see('a new call is heard too', bothHeard(second), heardWords(second));
      const list = await stage.api('/calls');
      const { code } = (await list.json()) as { code?: string };
      see(
        'the list of finished calls says that the database is away',
        list.status === 503 && code === 'database-unavailable',
        `${list.status} ${code ?? ''}`,
      );
      const health = await stage.peers();
      see('the health page is still served', health.items.length > 0, health.sentence);

      say('The signalling process is killed while there is no database.');
      const node = stage.pidOf('node');
      process.kill(node, 'SIGKILL');
      await stage.until('the signalling process is gone', () => hasEnded(node) || undefined);
      const up = await stage.until('calls can be carried again', async () =>
        (await stage.readiness()).find((line) => /^ok routing/.test(line)),
      );
      see('it starts from the facts on disk', /from disk/.test(up), up);
      const third = await stage.beginCall(cast.pat, cast.dana, 2);
      see('a new call is heard', bothHeard(third), heardWords(third));

      say('PostgreSQL may start again.');
      process.kill(keeper, 'SIGCONT');
      const ids = [during.sipCallId, second.sipCallId, third.sipCallId].filter((id) => id !== undefined);
      for (const id of ids) {
        const record = await stage.recordOf(id);
        see(
          'the record is in the database now',
          record.result === 'answered' && record.closedBy === 'normal',
          `${record.from} -> ${record.to}: ${record.sentence ?? ''}`,
        );
      }
      const { items } = await stage.apiJson<{ items: readonly CallSummary[] }>('/calls');
      see('each call is there once', items.length === ids.length, `${items.length} records`);
    } finally {
      try {
        process.kill(keeper, 'SIGCONT');
      } catch {
        // it has ended, as it should
      }
    }
  },
};
