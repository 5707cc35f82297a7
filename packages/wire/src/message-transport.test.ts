import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import type { Flow } from './flow.ts';
import { MessageTransport, type TransportOptions } from './message-transport.ts';
import type { Framer } from './stream-connection.ts';

/** Lines as messages: enough to see framing work without knowing SIP. */
function lineFramer(): Framer {
  let rest = '';
  return {
    get pendingBytes() {
      return rest.length;
    },
    push(chunk) {
      const lines = (rest + chunk.toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      return lines.map((line) =>
        line === 'BAD'
          ? { kind: 'fault', fault: 'a bad line' }
          : { kind: 'message', bytes: Buffer.from(line, 'latin1') },
      );
    },
  };
}

interface Heard {
  text: string;
  flow: Flow;
}

function transport(extra: Partial<TransportOptions> = {}) {
  const heard: Heard[] = [];
  const waiting: ((one: Heard) => void)[] = [];
  const closed: string[] = [];
  const made = new MessageTransport({
    framer: lineFramer,
    resolve: async (host) => {
      if (host === 'known.example') return ['127.0.0.1'];
      throw new Error(`${host} is not known`);
    },
    onMessage: (bytes, flow) => {
      const one = { text: bytes.toString(), flow };
      const next = waiting.shift();
      if (next) next(one);
      else heard.push(one);
    },
    onFlowClosed: (_flow, why) => closed.push(why.detail),
    ...extra,
  });
  after(() => made.close());
  const next = (): Promise<Heard> => {
    const one = heard.shift();
    return one ? Promise.resolve(one) : new Promise((resolve) => waiting.push(resolve));
  };
  return { made, next, closed };
}

const never = (): void => assert.fail('must not fail');

test('a datagram is answered to its source, and the same source is the same flow', async () => {
  const [here, there] = [transport(), transport()];
  const port = await here.made.listenUdp({ name: 'a', address: '127.0.0.1', port: 0 });
  await there.made.listenUdp({ name: 'b', address: '127.0.0.1', port: 0 });
  const to = { protocol: 'UDP', host: 'known.example', port, via: 'b' } as const;
  there.made.send(to, Buffer.from('one'), never);
  there.made.send(to, Buffer.from('two'), never);
  const [one, two] = [await here.next(), await here.next()];
  assert.equal(one.flow, two.flow);
  here.made.send(one.flow, Buffer.from('back'), never);
  assert.equal((await there.next()).text, 'back');
});

test('a message to port 0 (a forged source, a careless URI) fails as unsent and ends nothing', async () => {
  const { made } = transport();
  await made.listenUdp({ name: 'u', address: '127.0.0.1', port: 0 });
  const why = await new Promise((resolve) =>
    made.send({ protocol: 'UDP', host: '127.0.0.1', port: 0, via: 'u' }, Buffer.from('x'), resolve),
  );
  assert.deepEqual(why, { kind: 'send', detail: '0 is no port to send to' });
});

test('a stranger on UDP gets silence', async () => {
  const here = transport();
  const strange: string[] = [];
  const guarded = transport({ onAnomaly: (what) => strange.push(what) });
  let allowed = false;
  const port = await guarded.made.listenUdp({
    name: 'g',
    address: '127.0.0.1',
    port: 0,
    admit: () => allowed,
  });
  await here.made.listenUdp({ name: 'h', address: '127.0.0.1', port: 0 });
  const to = { protocol: 'UDP', host: '127.0.0.1', port, via: 'h' } as const;
  here.made.send(to, Buffer.from('who am I'), () => undefined);
  while (strange.length === 0) await new Promise((tick) => setImmediate(tick));
  allowed = true;
  here.made.send(to, Buffer.from('friend'), () => undefined);
  assert.equal((await guarded.next()).text, 'friend');
});

test('two messages to one peer share one connection, and answers come back on it', async () => {
  const [server, client] = [transport(), transport()];
  const port = await server.made.listenStream({ name: 's', protocol: 'TCP', address: '127.0.0.1', port: 0 });
  client.made.connector({ name: 'c' });
  const to = { protocol: 'TCP', host: 'known.example', port, via: 'c' } as const;
  client.made.send(to, Buffer.from('one\n'), never);
  client.made.send(to, Buffer.from('two\n'), never);
  const [one, two] = [await server.next(), await server.next()];
  assert.equal(one.flow, two.flow);
  server.made.send(one.flow, Buffer.from('hello\n'), never);
  assert.equal((await client.next()).text, 'hello');
  assert.equal(client.made.connections, 1);
});

test('a refused connection and an unknown name fail every waiting message, each once, with the kind named', async () => {
  const client = transport();
  client.made.connector({ name: 'c' });
  const failure = (host: string): Promise<string> =>
    new Promise((resolve) =>
      client.made.send({ protocol: 'TCP', host, port: 9, via: 'c' }, Buffer.from('x\n'), (why) =>
        resolve(why.kind),
      ),
    );
  assert.equal(await failure('127.0.0.1'), 'connect');
  assert.equal(await failure('unknown.example'), 'resolve');
});

test('a peer that does not close its side of a connection that we closed does not keep it', async () => {
  let now = 0;
  const { made, next, closed } = transport({ now: () => now });
  const port = await made.listenStream({ name: 'in', protocol: 'TCP', address: '127.0.0.1', port: 0 });
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  after(() => socket.destroy());
  socket.on('error', () => undefined);
  const gone = new Promise((resolve) => socket.once('close', resolve));
  socket.write('hello\n');
  await next();
  const ended = new Promise((resolve) => socket.once('end', resolve));
  socket.resume();
  made.drop(() => true);
  await ended;
  assert.equal(made.connections, 1, 'what it still says is heard for a while');
  now = 6_000;
  // A peer whose end is gone is told with its next word.
  const talk = setInterval(() => socket.write('still here\n'), 50);
  await gone;
  clearInterval(talk);
  assert.equal(made.connections, 0);
  assert.deepEqual(closed, ['closed by us']);
});

test('a stream that loses its framing is closed at once', async () => {
  const server = transport();
  const port = await server.made.listenStream({ name: 's', protocol: 'TCP', address: '127.0.0.1', port: 0 });
  const socket = connect(port, '127.0.0.1');
  await new Promise<void>((done) => {
    socket.on('close', () => done());
    socket.write('good\nBAD\nnever read\n');
  });
  assert.equal((await server.next()).text, 'good');
  while (server.closed.length === 0) await new Promise((tick) => setImmediate(tick));
  assert.deepEqual(server.closed, ['a bad line']);
});
