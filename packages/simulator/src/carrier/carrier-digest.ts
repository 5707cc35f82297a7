import { createHash } from 'node:crypto';
import { Headers, type IncomingInvite } from '@tandem/sip';

const credentials = { username: 'tandem', password: 'rehearsal' };

export const challenge = (realm: string, nonce: string): Headers =>
  Headers.of([
    ['Proxy-Authenticate', `Digest realm="${realm}", nonce="${nonce}", algorithm=MD5, qop="auth"`],
  ]);

/** RFC 8760/2617 digest, MD5 with qop=auth: our own arithmetic, so that the SIP package's is judged by another. */
export function isAuthorized(invite: IncomingInvite, realm: string, nonce: string): boolean {
  const header = invite.request.headers.get('proxy-authorization') ?? '';
  const field = (name: string): string =>
    new RegExp(`(?:^|[ ,])${name}=(?:"([^"]*)"|([^, ]+))`)
      .exec(header)
      ?.slice(1)
      .find((v) => v !== undefined) ?? '';
  const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
  if (field('username') !== credentials.username || field('nonce') !== nonce) return false;
  const ha1 = md5(`${credentials.username}:${realm}:${credentials.password}`);
  const ha2 = md5(`INVITE:${field('uri')}`);
  const expected = md5([ha1, nonce, field('nc'), field('cnonce'), field('qop'), ha2].join(':'));
  return field('response') === expected;
}
