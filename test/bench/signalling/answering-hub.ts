/**
 * A hub that answers every call at once and does nothing else: what the signalling benches put behind Tandem and behind
 * Kamailio, so that neither the twin's checks nor its audio are measured. Run as a process of its own.
 *
 *     node answering-hub.ts PORT CERT KEY CA [--plain-contact] [--keep-alive=PORT]
 *
 * `--plain-contact`: a Contact that a proxy can route to; without it Contact and Record-Route look like Microsoft's.
 * `--keep-alive`: SRTCP every five seconds for every call, from that UDP port.
 */
import { readFileSync } from 'node:fs';
import { createServer, type TLSSocket } from 'node:tls';
import { SipFramer } from '@tandem/sip';
import { startKeepAlive } from '../rig/keep-alive.ts';

const [port = '', cert = '', key = '', ca = '', ...flags] = process.argv.slice(2);
const plain = flags.includes('--plain-contact');
const mediaPort = Number(flags.find((flag) => flag.startsWith('--keep-alive='))?.split('=')[1] ?? 0);
const srtpKey = 'a3WbRhDwd6E55xZIZ7nDlmhT4KLxEiNW4xsGzYWW';
const keepAlive = mediaPort > 0 ? await startKeepAlive(mediaPort, srtpKey) : undefined;
const contact = plain
  ? `<sip:hub@127.0.0.1:${port};transport=tls>`
  : '<sip:api-du-a-euwe.pstnhub.microsoft.com:443;x-i=c5a5a2b7-91ab-45a8-b890-b2d80aae5508;x-c=eb61b1b47baeea9f6aef1cacd1a7f713/s/1/d68da1e2487cb27cd296bb6d61a102bf>';
const ownRoute = plain
  ? ''
  : `RECORD-ROUTE: <sip:sip-du-a-eu.pstnhub.microsoft.com:${port};transport=tls;lr>\r\n`;

const sdp = [
  'v=0',
  'o=- 91249 0 IN IP4 127.0.0.1',
  's=session',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  `m=audio ${mediaPort || 9} RTP/SAVP 8 101`,
  'a=rtcp-mux',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-16',
  `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${srtpKey}|2^31`,
  'a=sendrecv',
  '',
].join('\r\n');

const line = /^(via|v|from|f|to|t|call-id|i|cseq|record-route)\s*:/i;

/** The headers that a response repeats, as they came. */
function repeated(text: string): { copied: string; to: string } {
  let copied = '';
  let to = '';
  for (const header of text.slice(0, text.indexOf('\r\n\r\n')).split('\r\n')) {
    const name = line.exec(header)?.[1]?.toLowerCase();
    if (name === undefined) continue;
    if (name === 'to' || name === 't') to = header;
    else copied += `${header}\r\n`;
  }
  return { copied, to };
}

let calls = 0;
function answer(socket: TLSSocket, bytes: Buffer): void {
  const text = bytes.toString('latin1');
  const method = text.slice(0, text.indexOf(' '));
  if (method === 'ACK' || text.startsWith('SIP/2.0')) return;
  const { copied, to } = repeated(text);
  if (method !== 'INVITE') {
    socket.write(`SIP/2.0 200 OK\r\n${copied}${to}\r\nCONTENT-LENGTH: 0\r\n\r\n`, 'latin1');
    return;
  }
  calls += 1;
  keepAlive?.add(text.slice(text.indexOf('\r\n\r\n') + 4));
  const tagged = `${to};tag=hub${calls}`;
  socket.write(
    `SIP/2.0 100 Trying\r\n${copied}${to}\r\nCONTENT-LENGTH: 0\r\n\r\n` +
      `SIP/2.0 180 Ringing\r\n${copied}${ownRoute}${tagged}\r\nCONTACT: ${contact}\r\nCONTENT-LENGTH: 0\r\n\r\n` +
      `SIP/2.0 200 OK\r\n${copied}${ownRoute}${tagged}\r\nCONTACT: ${contact}\r\nALLOW: INVITE,ACK,OPTIONS,CANCEL,BYE,NOTIFY\r\n` +
      `CONTENT-TYPE: application/sdp\r\nCONTENT-LENGTH: ${sdp.length}\r\n\r\n${sdp}`,
    'latin1',
  );
}

const server = createServer(
  {
    cert: readFileSync(cert),
    key: readFileSync(key),
    ca: readFileSync(ca),
    requestCert: true,
    rejectUnauthorized: true,
  },
  (socket) => {
    const framer = new SipFramer();
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      for (const event of framer.push(chunk)) if (event.kind === 'message') answer(socket, event.bytes);
    });
  },
);
server.listen(Number(port), '127.0.0.1', () => process.stdout.write('ready\n'));
process.on('disconnect', () => process.exit(0));
process.stdin.on('end', () => process.exit(0)).resume();
