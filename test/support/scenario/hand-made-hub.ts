import { createServer, type TLSSocket } from 'node:tls';
import { until } from './until.ts';

/** A Teams hub that says what a story wants, word by word. TLS, Microsoft's certificate. */
export interface HandMadeHub {
  /** Requests that came, as text. */
  readonly heard: readonly string[];
  /** Waits for a request of this method, and answers it when told. */
  request(method: string): Promise<HeardRequest>;
  close(): Promise<void>;
}

export interface HeardRequest {
  readonly text: string;
  answer(status: number, reason: string, more?: { readonly tag?: string; readonly sdp?: string }): void;
}

export async function handMadeHub(port: number, files: { cert: string; key: string }): Promise<HandMadeHub> {
  const heard: { text: string; socket: TLSSocket }[] = [];
  const sockets = new Set<TLSSocket>();
  const server = createServer({ cert: files.cert, key: files.key, requestCert: false }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    let rest = '';
    socket.on('data', (chunk: Buffer) => {
      rest += chunk.toString('latin1');
      for (;;) {
        const end = rest.indexOf('\r\n\r\n');
        if (end < 0) return;
        const length = Number(/^content-length: *([0-9]+)/im.exec(rest.slice(0, end))?.[1] ?? 0);
        if (rest.length < end + 4 + length) return;
        const text = rest.slice(0, end + 4 + length);
        rest = rest.slice(text.length);
        if (text.startsWith('OPTIONS ')) reply(socket, text, 200, 'OK', {});
        else if (!text.startsWith('SIP/2.0')) heard.push({ text, socket });
        if (text.startsWith('BYE ')) reply(socket, text, 200, 'OK', {});
      }
    });
  });
  const reply = (
    socket: TLSSocket,
    request: string,
    status: number,
    reason: string,
    more: { readonly tag?: string; readonly sdp?: string },
  ): void => {
    const head = request.slice(0, request.indexOf('\r\n\r\n')).split('\r\n');
    const copied = head.filter((line) => /^(via|from|call-id|cseq|record-route)\s*:/i.test(line));
    const to = head.find((line) => /^to\s*:/i.test(line)) ?? '';
    const tag = more.tag === undefined || to.includes(';tag=') ? '' : `;tag=${more.tag}`;
    const sdp = more.sdp ?? '';
    socket.write(
      [
        `SIP/2.0 ${status} ${reason}`,
        ...copied,
        `${to}${tag}`,
        `CONTACT: <sip:hub@127.0.0.1:${port};transport=tls>`,
        ...(sdp === '' ? [] : ['CONTENT-TYPE: application/sdp']),
        `CONTENT-LENGTH: ${sdp.length}`,
        '',
        sdp,
      ].join('\r\n'),
    );
  };
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  server.unref();
  return {
    get heard() {
      return heard.map(({ text }) => text);
    },
    request: (method) =>
      until(`the hub hears ${method}`, () => {
        const found = heard.find(({ text }) => text.startsWith(`${method} `));
        return (
          found && {
            text: found.text,
            answer: (...args) => reply(found.socket, found.text, args[0], args[1], args[2] ?? {}),
          }
        );
      }),
    close: () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
