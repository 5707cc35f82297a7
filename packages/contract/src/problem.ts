import { z } from 'zod';

/** Every refusal of the API: its status, what it means and what to do next. The code is the promise, words may change. */
export const problems = {
  'invalid-request': {
    status: 400,
    title: 'The request does not fit the API',
    next: 'See `errors` for each place, what was found and what is wanted.',
  },
  'not-signed-in': {
    status: 401,
    title: 'You are not signed in',
    next: 'Sign in, or send a valid API token as bearer.',
  },
  'sign-in-refused': {
    status: 401,
    title: 'Name or password is wrong',
    next: 'Check both. Nobody can tell you here which one it was.',
  },
  'role-missing': {
    status: 403,
    title: 'Your role does not allow this',
    next: 'Ask an administrator of your account or the operator.',
  },
  'csrf-token-missing': {
    status: 403,
    title: 'The request does not prove that it comes from the portal',
    next: 'Send the `csrfToken` of your session in the header X-CSRF-Token, from the same origin.',
  },
  'not-found': {
    status: 404,
    title: 'There is no such thing, or it is not yours',
    next: 'Check the address. Things of other accounts are not shown.',
  },
  'number-taken': {
    status: 409,
    title: 'The number belongs to somebody else already',
    next: 'Take it from its owner first, or choose another number.',
  },
  'call-over': {
    status: 409,
    title: 'The call is already over',
    next: 'Nothing needs to be done. Its record is under finished calls.',
  },
  'body-too-large': {
    status: 413,
    title: 'The request is too large',
    next: 'Send less than 64 kB.',
  },
  'media-type-unsupported': {
    status: 415,
    title: 'Only JSON is understood',
    next: 'Send the body as application/json.',
  },
  'sign-in-throttled': {
    status: 429,
    title: 'Too many sign-in attempts',
    next: 'Wait as long as Retry-After says, then try again.',
  },
  'too-many-requests': {
    status: 429,
    title: 'Too many open streams or requests',
    next: 'Close other windows of the portal, then try again.',
  },
  internal: {
    status: 500,
    title: 'Something broke on our side',
    next: 'Try again. If it stays, give the operator the `requestId` of this answer.',
  },
  'database-unavailable': {
    status: 503,
    title: 'The database is away',
    next: 'Calls go on. Live calls and health are still shown; everything else returns with the database.',
  },
} as const satisfies Record<string, { status: number; title: string; next: string }>;

export type ProblemCode = keyof typeof problems;

/** RFC 9457. `type` is an address on this very server that explains the code. */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  code: z.string(),
  detail: z.string().optional().describe('What happened this time, to which thing'),
  next: z.string().describe('What to do about it'),
  requestId: z.string().optional(),
  retryAfterSeconds: z.number().int().optional(),
  errors: z
    .array(z.object({ path: z.string(), message: z.string() }))
    .optional()
    .describe('Every place that does not fit'),
});
export type Problem = z.infer<typeof problem>;

export function problemType(code: ProblemCode): string {
  return `/problems/${code}`;
}

/** The page of error codes for the docs: generated, so that it cannot lie. */
export function problemPage(): string {
  const rows = Object.entries(problems).map(
    ([code, row]) => `| \`${code}\` | ${row.status} | ${row.title} | ${row.next} |`,
  );
  return `| code | status | means | next step |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
}
