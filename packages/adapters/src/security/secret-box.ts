import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { closeSync, constants, fsyncSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';

/**
 * Secrets at rest (carrier passwords): AES-256-GCM under a key derived from the master key. `context` (for example
 * `carrier:<id>`) is authenticated, so that a sealed text moved to another row does not open.
 * Form: `v1.<nonce>.<ciphertext and tag>`, base64url.
 */
export interface SecretBox {
  seal(plain: string, context: string): string;
  /** Undefined when the text is not ours, was changed, was sealed under another key or for another context. */
  open(sealed: string, context: string): string | undefined;
}

const version = 'v1';
const tagBytes = 16;

export function createSecretBox(masterKey: Uint8Array): SecretBox {
  if (masterKey.length !== 32) throw new Error(`master key has ${masterKey.length} bytes, 32 are needed`);
  const key = Buffer.from(hkdfSync('sha256', masterKey, Buffer.alloc(0), 'tandem secret box v1', 32));
  return {
    seal(plain, context) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `${version}.${nonce.toString('base64url')}.${body.toString('base64url')}`;
    },
    open(sealed, context) {
      const [form, nonceText, bodyText] = sealed.split('.');
      if (form !== version || !nonceText || !bodyText) return undefined;
      const body = Buffer.from(bodyText, 'base64url');
      const nonce = Buffer.from(nonceText, 'base64url');
      if (body.length < tagBytes || nonce.length !== 12) return undefined;
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
        decipher.setAAD(Buffer.from(context)).setAuthTag(body.subarray(body.length - tagBytes));
        return (
          decipher.update(body.subarray(0, body.length - tagBytes), undefined, 'utf8') +
          decipher.final('utf8')
        );
      } catch {
        return undefined; // tag does not fit
      }
    },
  };
}

/**
 * The master key of a data directory: made at the first start, 0600. A file that others may read is refused.
 */
export function loadOrCreateMasterKey(file: string): Buffer {
  try {
    const fd = openSync(file, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    try {
      writeSync(fd, `${randomBytes(32).toString('base64')}\n`);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  if (process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0) {
    throw new Error(`master key ${file} may be read by others; run: chmod 600 ${file}`);
  }
  const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'base64');
  if (key.length !== 32) throw new Error(`master key ${file} is damaged: ${key.length} bytes, 32 are needed`);
  return key;
}
