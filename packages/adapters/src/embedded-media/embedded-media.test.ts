import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { asCallId } from '@tandem/domain';
import type { MediaProfile } from '@tandem/engine/ports/media-port.ts';
import type { ClientMessage, RelayCommand } from '@tandem/media';
import { RelayFrameReader, RelayFrameWriter } from '../media-process/relay-frames.ts';
import { createEmbeddedMedia } from './embedded-media.ts';

/** A media process that says yes, and goes away when it is told to release something. */
async function forgetfulMedia(portRange?: { readonly first: number; readonly last: number }) {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-media-'));
  const socketPath = join(folder, 'media.sock');
  const adopted = Promise.withResolvers<readonly string[] | undefined>();
  const local = { address: '127.0.0.1', rtpPort: 20_000, rtcpPort: 20_001 };
  const said: RelayCommand[] = [];
  const answer = (command: RelayCommand): unknown => {
    said.push(command);
    if (command.kind === 'hello') return { protocol: 1, incarnation: 'the-same', sessions: 0, portRange };
    if (command.kind === 'allocate') return { session: command.session, a: local, b: local };
    if (command.kind === 'adopt') adopted.resolve(command.sessions);
    if (command.kind === 'list') return { sessions: [], more: false };
    return { adopted: [], unknown: [] };
  };
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    const reader = new RelayFrameReader();
    const writer = new RelayFrameWriter(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      for (const message of reader.read(chunk) ?? []) {
        const { n, command } = message as ClientMessage;
        if (command.kind === 'release') socket.destroy();
        else writer.write({ n, outcome: { ok: true, value: answer(command) } } as never);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  const media = createEmbeddedMedia({ socketPath, name: 'test' });
  after(() => {
    media.close();
    server.close();
    for (const socket of open) socket.destroy();
    rmSync(folder, { recursive: true, force: true });
  });
  assert.ok(await media.ready(5_000));
  const allocate = async (id: string) => {
    const profile: MediaProfile = { role: 'carrier', transport: 'RTP/AVP', advertisedAddress: '127.0.0.1' };
    const outcome = await media.allocate(asCallId(id), { a: profile, b: profile }, () => undefined);
    if (!outcome.ok) throw new Error(outcome.refusal.kind);
    return outcome.value;
  };
  return { media, allocate, said, adopted: adopted.promise };
}

const sdpAt = (connection: string, port = 4000): Buffer =>
  Buffer.from(
    `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN ${connection}\r\nt=0 0\r\nm=audio ${port} RTP/AVP 8\r\n`,
  );
const sdp = sdpAt('IP4 127.0.0.1');

test('a call that ended while the media process was out of reach is not taken back: its ports come free', async () => {
  const { allocate, adopted } = await forgetfulMedia();
  const ended = await allocate('ended');
  await allocate('goes-on');
  assert.deepEqual(await ended.release(), {});
  assert.deepEqual(await adopted, ['goes-on']);
});

test('an answer that the media process cannot be told now fails, instead of a call that hears nothing', async () => {
  const { media, allocate } = await forgetfulMedia();
  const ended = await allocate('ended');
  const call = await allocate('in-set-up');
  assert.ok((await call.offer('a', sdp)).ok);
  await ended.release();
  assert.equal(media.connected, false);
  const outcome = await call.answer('b', sdp, '');
  assert.equal(!outcome.ok && outcome.refusal.kind, 'engine-down');
});

test('a peer whose media the relay cannot send to is refused, instead of a call that hears nothing', async () => {
  const { allocate } = await forgetfulMedia();
  for (const [at, [bad, kind]] of (
    [
      [sdpAt('IP4 phone.example'), 'media-unreachable'],
      [sdpAt('IP6 2001:db8::7'), 'media-unreachable'],
      [sdpAt('IP4 224.2.3.4/127'), 'media-unreachable'],
      [sdpAt('IP4 239.255.255.255'), 'media-unreachable'],
      [sdpAt('IP4 255.255.255.255'), 'media-unreachable'],
      [sdpAt('IP4 127.0.0.1', 65_535), 'sdp-malformed'],
    ] as const
  ).entries()) {
    const call = await allocate(`call-${at}`);
    assert.ok((await call.offer('a', sdp)).ok);
    const outcome = await call.answer('b', bad, '');
    assert.equal(!outcome.ok && outcome.refusal.kind, kind);
  }
});

/** Ten calls at once: from now on sessions are kept in store. */
async function busy(rig: Awaited<ReturnType<typeof forgetfulMedia>>) {
  for (let call = 0; call < 10; call += 1) await rig.allocate(`busy-${call}`);
  await rig.media.list(); // answered after the spares were
}

test('an idle node asks for no ports; one call after the other, and sessions are allocated ahead', async () => {
  const rig = await forgetfulMedia({ first: 20_000, last: 29_999 });
  const asked = (): number => rig.said.filter(({ kind }) => kind === 'allocate').length;
  await rig.allocate('only');
  await rig.media.list();
  assert.equal(asked(), 1);
  await busy(rig);
  assert.ok(asked() > 64, `${asked()} asked for`);
});

test('a call takes a session that was allocated ahead, and says its name, its keys and its peers in one command', async () => {
  const rig = await forgetfulMedia({ first: 20_000, last: 29_999 });
  const { media, allocate, said } = rig;
  await busy(rig);
  const spares = new Set(said.flatMap((command) => (command.kind === 'allocate' ? [command.session] : [])));
  const call = await allocate('first');
  assert.ok((await call.offer('a', sdp)).ok);
  assert.ok((await call.answer('b', sdp, '')).ok);
  await media.list();
  const changes = said.filter((command) => command.kind === 'change');
  assert.equal(changes.length, 1);
  assert.equal(changes[0]?.label, 'first');
  assert.equal(changes[0]?.begin, true);
  assert.equal(changes[0]?.a?.remote?.port, 4000);
  assert.ok(spares.has(changes[0]?.session ?? ''));
  assert.equal(media.sessions, 11);
});

test('after a lost connection the spare sessions are adopted with the calls', async () => {
  const rig = await forgetfulMedia({ first: 20_000, last: 29_999 });
  await busy(rig);
  const ended = await rig.allocate('ended');
  const goesOn = await rig.allocate('goes-on');
  assert.ok((await goesOn.offer('a', sdp)).ok);
  await ended.release();
  assert.equal((await rig.adopted)?.length, 10 + 1 + 62);
});
