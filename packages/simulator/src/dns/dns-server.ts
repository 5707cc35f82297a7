import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { AUTHORITATIVE_ANSWER, decode, encode, type Packet, streamEncode } from 'dns-packet';
import { answerQuestion, type DnsFault, type Zone } from './zone.ts';

export interface DnsServerOptions {
  readonly address: string;
  readonly port: number;
  zone(): Zone;
  /** Asked per name, so that a test can break one name only. */
  fault(name: string): DnsFault | undefined;
  onQuestion?(name: string, type: string, rcode: string): void;
}

export interface DnsServer {
  readonly port: number;
  close(): Promise<void>;
}

const rcodes = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3 } as const;

/** Authoritative for the rehearsal's names, nothing else; unknown names get NXDOMAIN. UDP and TCP on one port. */
export async function startDnsServer(options: DnsServerOptions): Promise<DnsServer> {
  const reply = (query: Buffer): Packet | undefined => {
    let packet: Packet;
    try {
      packet = decode(query);
    } catch {
      return undefined;
    }
    const question = packet.questions?.[0];
    if (packet.type === 'response' || !question) return undefined;
    const answer = answerQuestion(options.zone(), question, options.fault(question.name.toLowerCase()));
    options.onQuestion?.(question.name, question.type, answer?.rcode ?? 'silence');
    if (!answer) return undefined;
    return {
      type: 'response',
      ...(packet.id === undefined ? {} : { id: packet.id }),
      flags: AUTHORITATIVE_ANSWER | rcodes[answer.rcode],
      questions: [question],
      answers: answer.answers,
      additionals: answer.additionals,
    };
  };

  const udp = createSocket('udp4');
  udp.on('message', (query, from) => {
    const packet = reply(query);
    if (packet) udp.send(encode(packet), from.port, from.address, () => undefined);
  });
  udp.on('error', () => undefined);
  const open = new Set<Socket>();
  const tcp = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => undefined);
    socket.setTimeout(10_000, () => socket.destroy());
    let pending = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 2) {
        const length = pending.readUInt16BE(0);
        if (pending.length < length + 2) return;
        const packet = reply(pending.subarray(2, length + 2));
        pending = pending.subarray(length + 2);
        if (packet) socket.write(streamEncode(packet));
      }
    });
  });
  const port = await bindBoth(tcp, udp, options.port, options.address);

  return {
    port,
    close: async () => {
      for (const socket of open) socket.destroy();
      await Promise.all([
        new Promise<void>((done) => udp.close(() => done())),
        new Promise<void>((done) => tcp.close(() => done())),
      ]);
    },
  };
}

/** The same port for both. The system's choice (0) may be free for one and taken for the other: then it chooses again. */
async function bindBoth(tcp: Server, udp: UdpSocket, wanted: number, address: string): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    await new Promise<void>((resolve, reject) => {
      tcp.once('error', reject);
      tcp.listen(wanted, address, () => {
        tcp.off('error', reject);
        resolve();
      });
    });
    const { port } = tcp.address() as AddressInfo;
    const error = await new Promise<Error | undefined>((resolve) => {
      udp.once('error', resolve);
      udp.bind(port, address, () => {
        udp.off('error', resolve);
        resolve(undefined);
      });
    });
    if (error === undefined) return port;
    await new Promise((done) => tcp.close(done));
    if (wanted !== 0 || attempt === 10) throw error;
  }
}
