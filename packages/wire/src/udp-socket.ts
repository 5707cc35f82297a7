import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIP } from 'node:net';

export interface UdpOptions {
  readonly address: string;
  readonly port: number;
  /** The system's default loses a third of a burst; 1 MiB holds about 800 SIP messages. */
  readonly receiveBufferBytes?: number;
  onDatagram(bytes: Buffer, from: RemoteInfo): void;
  onError?(error: Error): void;
}

export interface UdpSocket {
  readonly port: number;
  send(bytes: Buffer, port: number, address: string, done?: (error: Error | null) => void): void;
  close(): Promise<void>;
}

/** Binds and starts receiving. Rejects with the system's error (EADDRINUSE, EACCES) when it cannot. */
export function openUdp(options: UdpOptions): Promise<UdpSocket> {
  const family = isIP(options.address) === 6 ? 6 : 4;
  return new Promise((resolve, reject) => {
    const socket: Socket = createSocket({
      type: family === 6 ? 'udp6' : 'udp4',
      recvBufferSize: options.receiveBufferBytes ?? 1 << 20,
      // Numeric addresses need no resolver: saves a third of a send.
      lookup: (host, _options, callback) => callback(null, host, family),
    });
    socket.once('error', reject);
    socket.on('message', options.onDatagram);
    socket.bind(options.port, options.address, () => {
      socket.off('error', reject);
      socket.on('error', (error) => options.onError?.(error));
      resolve({
        port: socket.address().port,
        send(bytes, port, address, done) {
          // Port 0 can be the source of a forged datagram and stand in a URI; Node throws for it.
          if (port > 0 && port < 65_536) socket.send(bytes, port, address, done);
          else queueMicrotask(() => done?.(new RangeError(`${port} is no port to send to`)));
        },
        close: () => new Promise((closed) => socket.close(() => closed())),
      });
    });
  });
}
