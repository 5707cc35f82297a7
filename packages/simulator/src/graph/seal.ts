import { createHmac, timingSafeEqual } from 'node:crypto';

/** Opaque tokens for page and delta links: what they say is ours alone, and nobody can change it (G11). */

export function seal(key: Buffer, value: unknown): string {
  const body = Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${body}.${mac(key, body)}`;
}

export function unseal<T>(key: Buffer, token: string): T | undefined {
  const [body = '', signature = ''] = token.split('.');
  const [given, wanted] = [Buffer.from(signature), Buffer.from(mac(key, body))];
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined;
  try {
    return JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as T;
  } catch {
    return undefined;
  }
}

const mac = (key: Buffer, body: string): string =>
  createHmac('sha256', key).update(body).digest('base64url').slice(0, 22);
