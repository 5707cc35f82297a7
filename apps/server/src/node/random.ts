import { randomBytes } from 'node:crypto';
import type { RandomPort } from '@tandem/sip/ua/types.ts';

/**
 * Identifiers that nobody can guess, cut from a pool that is filled a page at a time: one system call for some two
 * hundred of them instead of one each.
 */
export function createRandom(): RandomPort & { bytes(count: number): Buffer } {
  const size = 4096;
  let pool = Buffer.alloc(0);
  let at = 0;
  const take = (count: number): Buffer => {
    if (at + count > pool.length) {
      pool = randomBytes(size);
      at = 0;
    }
    at += count;
    return pool.subarray(at - count, at);
  };
  let digits = '';
  let digitsAt = 0;
  const hex = (count: number): string => {
    if (digitsAt + count * 2 > digits.length) {
      digits = randomBytes(size / 2).toString('hex');
      digitsAt = 0;
    }
    digitsAt += count * 2;
    return digits.slice(digitsAt - count * 2, digitsAt);
  };
  return {
    bytes: take,
    branch: () => `z9hG4bK${hex(10)}`,
    tag: () => hex(8),
    callId: () => hex(16),
    fraction: () => Math.random(),
  };
}
