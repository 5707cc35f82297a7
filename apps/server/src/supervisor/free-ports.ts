import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { type PortName, type Ports, portTable, type Transport } from './ports.ts';

export interface BusyPort {
  readonly name: PortName;
  readonly what: string;
  readonly port: number;
  readonly transport: Transport;
  /** `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL` … */
  readonly code: string;
}

const tryTcp = async (port: number, host: string): Promise<string | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)));
  });

const tryUdp = async (port: number, address: string): Promise<string | undefined> =>
  new Promise((resolve) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close();
      resolve(error.code ?? 'unknown');
    });
    socket.bind({ port, address, exclusive: true }, () => socket.close(() => resolve(undefined)));
  });

/** Which of the named ports cannot be opened now. RTP ranges are left out: a relay passes over a busy port. */
export const busyPorts = async (
  ports: Ports,
  bindAddress: string,
  wanted: (name: PortName) => boolean,
): Promise<readonly BusyPort[]> => {
  const names = (Object.keys(portTable) as PortName[]).filter(wanted);
  const tried = await Promise.all(
    names.flatMap((name) =>
      portTable[name].transports.map(async (transport) => {
        const address = name === 'postgres' ? '127.0.0.1' : bindAddress;
        const code = await (transport === 'tcp' ? tryTcp : tryUdp)(ports[name], address);
        return { name, what: portTable[name].what, port: ports[name], transport, code };
      }),
    ),
  );
  return tried.flatMap((row) => (row.code === undefined ? [] : [{ ...row, code: row.code }]));
};
