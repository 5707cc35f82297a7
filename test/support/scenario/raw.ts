import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Issued } from '@tandem/simulator/trust/authority.ts';
import { fullChain } from '@tandem/simulator/trust/authority.ts';
import { until } from './until.ts';

/** Peers without a SIP stack: they say what they are told and keep what they hear. */

export interface UdpPeer {
  readonly heard: string[];
  readonly address: string;
  say(text: string | Buffer, to: string): void;
  close(): Promise<void>;
}

/** A UDP socket that listens and never answers by itself. */
export async function silentUdpPeer(address: string): Promise<UdpPeer> {
  const [host = '127.0.0.1', port = '0'] = address.split(':');
  const socket = createSocket('udp4').unref();
  const heard: string[] = [];
  socket.on('message', (bytes) => heard.push(bytes.toString('latin1')));
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => socket.bind(Number(port), host, resolve));
  const bound = socket.address();
  return {
    heard,
    address: `${bound.address}:${bound.port}`,
    say(text, to) {
      const [toHost = '', toPort = ''] = to.split(':');
      socket.send(text, Number(toPort), toHost, () => undefined);
    },
    close: () => new Promise<void>((resolve) => socket.close(() => resolve())),
  };
}

export interface StreamPeer {
  readonly socket: Socket;
  heard(): string;
  /** How the connection ended; undefined while it lives. */
  ended(): string | undefined;
  say(text: string | Buffer): void;
  hears(pattern: RegExp, what: string): Promise<string>;
  isClosed(what: string, patienceMs?: number): Promise<string>;
  close(): void;
}

function keep(socket: Socket): StreamPeer {
  let text = '';
  let end: string | undefined;
  socket.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString('latin1')).slice(-500_000);
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    end ??= error.code ?? error.message;
  });
  socket.on('close', () => {
    end ??= 'closed';
  });
  socket.on('end', () => socket.destroy());
  return {
    socket,
    heard: () => text,
    ended: () => end,
    say: (what) => void socket.write(what),
    hears: (pattern, what) => until(what, () => pattern.exec(text)?.[0]),
    isClosed: (what, patienceMs) => until(what, () => end, patienceMs),
    close: () => socket.destroy(),
  };
}

export async function tcpPeer(to: string, localAddress = '127.0.0.1'): Promise<StreamPeer> {
  const [host = '', port = ''] = to.split(':');
  const socket = connectTcp({ host, port: Number(port), localAddress });
  const peer = keep(socket);
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => undefined);
  return peer;
}

/** A TLS client with this certificate, or with none; a refusal shows in `ended()`. */
export async function tlsPeer(to: string, certificate: Issued | undefined): Promise<StreamPeer> {
  const [host = '', port = ''] = to.split(':');
  const socket: TLSSocket = connectTls({
    host,
    port: Number(port),
    servername: 'sbc1.customers.example.net',
    rejectUnauthorized: false,
    ...(certificate ? { cert: fullChain(certificate), key: certificate.key } : {}),
  });
  const peer = keep(socket);
  await Promise.race([once(socket, 'secureConnect'), once(socket, 'close')]).catch(() => undefined);
  return peer;
}
