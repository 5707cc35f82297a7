import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type FromTwin, hubNames, type TwinConfig, type TwinReady } from './config.ts';

describe('the twin as a process', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'twin-process-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const config = (change: Partial<TwinConfig['ports']> = {}): TwinConfig => ({
    dataDir: folder,
    bindAddress: '127.0.0.1',
    ports: {
      twinControl: 0,
      twinHub1: 0,
      twinHub2: 0,
      twinHub3: 0,
      twinCarrier: 0,
      twinCarrierSecond: 0,
      twinCarrierThird: 0,
      twinLogin: 0,
      twinGraph: 0,
      twinDns: 0,
      twinSmtp: 0,
      twinRtp: { first: 23_900, last: 23_939 },
      ...change,
    },
    seed: 1,
    caFile: join(folder, 'ca.pem'),
    certificateDir: join(folder, 'certificates'),
    sbcBaseDomain: 'customers.example.net',
    sbcTeamsTls: '127.0.0.1:9',
    sbcCarrier: '127.0.0.1:9',
    hubNames,
    controlToken: '',
  });
  const start = async (wanted: TwinConfig) => {
    const child = fork(join(import.meta.dirname, 'main.ts'), { stdio: 'inherit' });
    child.send({ type: 'configure', config: wanted });
    const [answer] = (await once(child, 'message')) as [FromTwin];
    return { child, answer };
  };
  const exitCode = async (child: ReturnType<typeof fork>): Promise<number | null> => {
    if (child.exitCode !== null) return child.exitCode;
    const [code] = (await once(child, 'exit')) as [number | null];
    return code;
  };

  it('supervisor configures it, uses it, stops it: exit 0; signals of the terminal change nothing', async () => {
    const { child, answer } = await start(config());
    assert.equal(answer.type, 'ready');
    const ready = answer as TwinReady;
    child.kill('SIGINT');
    child.kill('SIGTERM');
    assert.equal((await fetch(`${ready.control}/health`)).status, 200);
    assert.equal((await stat(join(folder, 'certificates', 'sbc.key.pem'))).mode & 0o777, 0o600);
    assert.equal((await readFile(ready.ca, 'utf8')).match(/BEGIN CERTIFICATE/g)?.length, 2);
    const exited = exitCode(child);
    child.send({ type: 'stop' });
    assert.equal(await exited, 0);
  });

  it('supervisor dies: it ends by itself; its certificates are the same at the next start', async () => {
    const before = await readFile(join(folder, 'certificates', 'sbc.cert.pem'), 'utf8');
    const { child, answer } = await start(config());
    assert.equal(answer.type, 'ready');
    const exited = exitCode(child);
    child.disconnect();
    assert.equal(await exited, 0);
    assert.equal(await readFile(join(folder, 'certificates', 'sbc.cert.pem'), 'utf8'), before);
  });

  it('a port is taken: it says which and exits 1', async () => {
    const first = await start(config());
    const port = Number(new URL((first.answer as TwinReady).control).port);
    const second = await start(config({ twinControl: port }));
    assert.equal(second.answer.type, 'failed');
    assert.match(
      second.answer.type === 'failed' ? second.answer.message : '',
      new RegExp(`${port}.*--port-base`),
    );
    assert.equal(await exitCode(second.child), 1);
    const exited = exitCode(first.child);
    first.child.send({ type: 'stop' });
    assert.equal(await exited, 0);
  });
});
