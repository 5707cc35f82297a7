import { type ClientRequest, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Send } from '../powershell/basic-commands.ts';

/** Sends for Teams PowerShell; it has made sure that it goes to this machine. */
export const sender =
  (ca: readonly string[]): Send =>
  ({ method, url, headers, body }) =>
    new Promise((resolve) => {
      const failed = (error: Error): void => resolve({ status: 0, body: error.message });
      const begin = url.protocol === 'https:' ? httpsRequest : httpRequest;
      const sent: ClientRequest = begin(
        url,
        { method, headers, ca: [...ca], timeout: 20_000 },
        (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('error', failed);
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString('utf8') }),
          );
        },
      );
      sent.on('timeout', () => sent.destroy(new Error('no answer within 20 s')));
      sent.on('error', failed);
      sent.end(body);
    });
