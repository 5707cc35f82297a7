import { z } from 'zod';

/** Ids are texts made by the platform (UUIDv7); the API promises no more than this shape. */
export const id = z.string().regex(/^[0-9A-Za-z-]{1,64}$/);

/** UTC with milliseconds, as `Date.prototype.toISOString` writes it. */
export const timestamp = z.iso.datetime({ precision: 3 }).describe('UTC, ISO 8601 with milliseconds');

/** A `+` that a client forgot to percent-encode arrives as a space: people paste numbers into addresses. */
const unplus = (value: unknown): unknown =>
  typeof value === 'string' && value.startsWith(' ') ? `+${value.trimStart()}` : value;

export const e164 = z
  .string()
  .regex(/^\+[1-9][0-9]{1,14}$/, 'a number in E.164 form, for example +12025550142');
/** Control characters but for tab and line ends; overrides and isolates of the writing direction. Right-to-left names need none. */
const unseen = /[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
export const text = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    // PostgreSQL has no NUL in text: said here, it is the caller's mistake; found there, it would be a 500 of ours.
    .refine((value) => !value.includes('\0'), 'may not hold a NUL character')
    // Shown in lists, mails and logs: nothing that rings, erases or turns what stands beside it around (T31).
    .refine(
      (value) => !unseen.test(value.replaceAll('\0', '')),
      'may not hold control characters or marks that turn the direction of writing',
    );
/** What the API gives as text: free of control characters that could break a line, a log or a page (T31). */
export const plain = z.string();

export const queryNumber = z.preprocess(unplus, text(32));

export const paging = {
  limit: z.coerce.number().int().min(1).max(200).default(50).describe('Rows in one answer, 1-200'),
  cursor: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,256}$/)
    .optional()
    .describe('`nextCursor` of the answer before'),
};

export function page<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    nextCursor: z.string().optional().describe('Absent on the last page'),
    total: z.number().int().nonnegative().optional().describe('Rows that match, where counting is cheap'),
  });
}
