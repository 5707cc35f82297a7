/** Privacy (RFC 3323 §4.2, `id` by RFC 3325 §9.3, `history` by RFC 7044): values separated by semicolons. */
import { isToken } from './text.ts';

/** Lower case, in order; undefined when one of them is no token. */
export function parsePrivacy(value: string): string[] | undefined {
  const values = value
    .split(/[;,]/)
    .map((part) => part.trim().toLowerCase())
    .filter((part) => part !== '');
  return values.length > 0 && values.every(isToken) ? values : undefined;
}

export function printPrivacy(values: readonly string[]): string {
  return values.join(';');
}
