/**
 * `node test/bench/provisioning/job-on-instance.ts [--people 5000] [--limits 0.4] [--port-base 21800]`: one bulk job makes so
 * many people, with numbers, on a running instance whose Microsoft is stricter than the real one; the node is killed twice on
 * the way, in the middle of the job and in the middle of the writes at Microsoft. All times are real, so it takes some ten
 * minutes and is no part of `npm test`, which has the same in virtual time (`test/integration/bulk-under-limits.test.ts`).
 * The last line of stdout is one JSON object; exit 0 only if everybody has their number and nothing was written twice.
 */
import { parseArgs } from 'node:util';
import { type Platform, startPlatform } from '../../support/scenario/instance.ts';
import { until } from '../../support/scenario/until.ts';

const { values } = parseArgs({
  options: {
    people: { type: 'string', default: '5000' },
    limits: { type: 'string', default: '0.4' },
    'port-base': { type: 'string', default: '21800' },
  },
});
const count = Number(values.people);
const limits = Number(values.limits);
const firstNumber = 12_125_500_000;
/** Of a busy machine, for a start. */
const patienceMs = 10 * 60_000;
const wholeRunMs = 3_600_000;

interface JobView {
  readonly id: string;
  readonly state: string;
  readonly preview: string;
  readonly counts: Readonly<Record<'items' | 'done' | 'refused' | 'leftOut' | 'waiting', number>>;
  readonly secondsLeft?: number;
}
interface Listed {
  readonly upn: string;
  readonly numbers: readonly string[];
  readonly readiness: { readonly state?: string };
}

const began = performance.now();
const seconds = (): number => Math.round((performance.now() - began) / 1000);
const say = (what: string): void =>
  void process.stderr.write(`${String(seconds()).padStart(5)} s  ${what}\n`);

const platform = await startPlatform(Number(values['port-base']));
process.once('SIGINT', () => void platform.stop().then(() => process.exit(130)));
try {
  const found = await run(platform);
  process.stdout.write(`${JSON.stringify(found)}\n`);
  process.exitCode = found.pass ? 0 : 1;
} finally {
  await platform.stop();
}

async function run({ api, twin }: Platform) {
  const { items } = await api.get<{
    items: readonly { id: string; name: string; entraTenantId?: string }[];
  }>('/accounts');
  const acme = items.find(({ name }) => name === 'Acme');
  if (!acme?.entraTenantId) throw new Error('the rehearsal has no Acme');
  const account = acme.id;
  await twin.ask('POST', '/users', {
    tenant: acme.entraTenantId,
    count,
    prefix: 'bulk',
    groupMember: true,
    signedIn: false,
  });
  await post('/number-ranges', {
    account,
    name: 'Bulk',
    first: `+${firstNumber}`,
    last: `+${firstNumber + count - 1}`,
  });
  await twin.ask('PATCH', '/graph', { quotaScale: limits, resetCounts: true });
  const writes = watchWrites(await twin.lastSeq());
  const domain = 'acme.example';
  const rows = Array.from({ length: count }, (_, i) => `bulk${i + 1}@${domain},Bulk ${i + 1},next,yes,yes`);
  const job = await post<JobView>('/jobs', {
    kind: 'import-people',
    account,
    csv: `upn,displayName,number,teams,licence\n${rows.join('\n')}`,
  });
  say(`previewed ${job.counts.items} rows`);
  await post(`/jobs/${job.id}/start`, { preview: job.preview });

  // ---- the job, killed at a third
  const seen: number[] = [];
  const jobNow = () => api.get<JobView>(`/jobs/${job.id}`).catch(() => undefined);
  const progress = async (): Promise<JobView | undefined> => {
    const now = await jobNow();
    if (now) seen.push(now.counts.done);
    return now;
  };
  await until(
    'a third of the job',
    async () => ((await progress())?.counts.done ?? 0) >= count / 3,
    wholeRunMs,
  );
  const killedJobAt = seen.at(-1) ?? 0;
  await kill('in the middle of the job');
  const done = await until(
    'the end of the job',
    async () => {
      const now = await progress();
      return now?.state === 'done' && now;
    },
    wholeRunMs,
  );
  const jobSeconds = seconds();
  say(`the job is done: ${JSON.stringify(done.counts)}`);

  // ---- Microsoft's side, killed when a third has been written
  await until('a third of the writes', () => writes.accepted().size >= count / 3, wholeRunMs);
  const killedWritesAt = writes.accepted().size;
  await kill(`after ${killedWritesAt} numbers were given`);
  let told = 0;
  await until(
    'everybody has what they should',
    async () => {
      const states = await statesOf(account).catch(() => undefined);
      const there = (states?.AWAITING_RELAUNCH ?? 0) + (states?.READY ?? 0);
      if (seconds() - told >= 60) {
        told = seconds();
        say(`${there} of ${count} are through, ${writes.accepted().size} writes accepted`);
      }
      return there >= count && writes.accepted().size >= count;
    },
    wholeRunMs,
  );
  const wholeSeconds = seconds();
  await writes.stop();

  // ---- what came of it
  const people = new Map<string, Listed>();
  for (let cursor = ''; ; ) {
    const page = await api.get<{ items: readonly Listed[]; nextCursor?: string }>(
      `/people?account=${account}&limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    for (const one of page.items) people.set(one.upn, one);
    if (page.nextCursor === undefined) break;
    cursor = page.nextCursor;
  }
  let wrong = 0;
  for (let i = 1; i <= count; i++) {
    const upn = `bulk${i}@${domain}`;
    const { number } = await twin.ask<{ number?: string | null }>('GET', `/users/${upn}`);
    if (!number || people.get(upn)?.numbers[0] !== number) wrong++;
  }
  const double = [...writes.accepted().values()].filter((times) => times > 1).length;
  const { counts, insideRetryAfterBy } = await twin.ask<{
    counts: Record<string, number>;
    insideRetryAfterBy: Record<string, number>;
  }>('GET', '/graph');
  const backwards = seen.some((now, i) => i > 0 && now < (seen[i - 1] ?? 0));
  const pass =
    wrong === 0 &&
    double === 0 &&
    done.counts.done === count &&
    !backwards &&
    (counts.throttled ?? 0) > 0 &&
    counts.insideRetryAfter === 0;
  return {
    measured: 'bulk job on an instance',
    pass,
    people: count,
    limits,
    wrong,
    double,
    jobDone: done.counts.done,
    progressWentBack: backwards,
    killedJobAt,
    killedWritesAt,
    jobSeconds,
    wholeSeconds,
    acceptedWrites: [...writes.accepted().values()].reduce((sum, times) => sum + times, 0),
    requests: counts.requests,
    throttled: counts.throttled,
    insideRetryAfter: counts.insideRetryAfter,
    insideRetryAfterBy,
  };
}

async function post<T>(path: string, body: unknown): Promise<T> {
  const answer = await fetch(`${platform.ready.api}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${platform.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`POST ${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

async function kill(when: string): Promise<void> {
  const pid = platform.pidOf('node');
  say(`kill -9 of the node ${when}`);
  process.kill(pid, 'SIGKILL');
  const other = (): boolean => {
    try {
      return platform.pidOf('node') !== pid;
    } catch {
      return false; // its file is written when it has started
    }
  };
  await until('the next node', other, patienceMs);
  const answers = (): Promise<boolean> =>
    platform.api.get('/accounts').then(
      () => true,
      () => false,
    );
  await until('its API', answers, patienceMs);
  say('the next one answers');
}

async function statesOf(account: string): Promise<Readonly<Record<string, number>>> {
  const { items } = await platform.api.get<{
    items: readonly { status: { states: Record<string, number> } }[];
  }>(`/provisioning?account=${account}`);
  return items[0]?.status.states ?? {};
}

/** What Microsoft took, by number, from its own book: read often enough that the book's oldest pages are not lost. */
function watchWrites(from: number) {
  const accepted = new Map<string, number>();
  let last = from;
  let running = true;
  const look = async (): Promise<void> => {
    const entries = await platform.twin.audit({ after: last, kind: 'http', limit: 5_000 });
    for (const { seq, summary, status, text } of entries) {
      last = Math.max(last, seq);
      if (!/telephoneNumberManagement/.test(summary)) continue;
      if (!/assignNumber/.test(summary) || status !== 202) continue;
      const number = /"telephoneNumber":"([^"]+)"/.exec(text ?? '')?.[1] ?? summary;
      accepted.set(number, (accepted.get(number) ?? 0) + 1);
    }
    if (entries.length === 5_000) await look();
  };
  const turns = (async () => {
    while (running) {
      await look().catch((error: Error) => say(`the audit: ${error.message}`));
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
    await look();
  })();
  return {
    accepted: (): ReadonlyMap<string, number> => accepted,
    async stop() {
      running = false;
      await turns;
    },
  };
}
