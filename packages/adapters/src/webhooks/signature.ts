import { createHmac, randomBytes } from 'node:crypto';

/**
 * Signatures of outgoing webhooks in the form that receivers have libraries for (Standard Webhooks 1.0): the secret is
 * `whsec_` and base64, the signed text is `id.timestamp.body`.
 */
export interface SignedHeaders {
  readonly 'webhook-id': string;
  /** Seconds since 1970. */
  readonly 'webhook-timestamp': string;
  readonly 'webhook-signature': string;
}

const prefix = 'whsec_';

export const newSecret = (): string => `${prefix}${randomBytes(32).toString('base64')}`;

export function signedHeaders(
  id: string,
  timestampSeconds: number,
  body: string,
  secret: string,
): SignedHeaders {
  const key = Buffer.from(secret.slice(prefix.length), 'base64');
  const signature = createHmac('sha256', key)
    .update(`${id}.${timestampSeconds}.${body}`, 'utf8')
    .digest('base64');
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': `v1,${signature}`,
  };
}
