import { randomBytes } from 'node:crypto';
import type { RandomPort } from '@tandem/sip/ua/types.ts';

/**
 * Identifiers that nobody can guess, cut from a pool that is filled a page at a time: one system call for some two
 * hundred of them instead of one each.
 */
export function createRandom(): RandomPort {
  const size = 4096;
  let pool = Buffer.alloc(0);
  let at = 0;
  const hex = (bytes: number): string => {
    if (at + bytes > pool.length) {
      pool = randomBytes(size);
      at = 0;
    }
    at += bytes;
    return pool.toString('hex', at - bytes, at);
  };
  return {
    branch: () => `z9hG4bK${hex(10)}`,
    tag: () => hex(8),
    callId: () => hex(16),
    fraction: () => Math.random(),
  };
}
