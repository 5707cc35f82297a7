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
  'kept-as-proposal': {
    status: 202,
    title: 'Not done yet: kept as a proposal',
    next: 'An administrator of the customer approves or rejects it on the page "Consent"; you see the outcome there, and can withdraw it.',
  },
  'consent-missing': {
    status: 403,
    title: 'The customer does not let the provider do this',
    next: 'An administrator of the customer does it, or gives the consent on the page "Consent".',
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
  'csv-unreadable': {
    status: 400,
    title: 'The file cannot be read as CSV with a heading line',
    next: 'See `detail` for the line. Rows with a mistake in their values do not stop the others: they are shown in the preview.',
  },
  'speed-dial-taken': {
    status: 409,
    title: 'That place on the speed dials is taken',
    next: 'Choose another place, or take the one who has it off first.',
  },
  'too-many-contacts': {
    status: 409,
    title: 'The list is full',
    next: 'Take somebody off first. A list holds 500.',
  },
  'number-held': {
    status: 409,
    title: 'The number is held back',
    next: 'See `detail` for why and until when. End the quarantine or the reservation first, or choose another number.',
  },
  'number-in-use': {
    status: 409,
    title: 'Somebody has the number',
    next: 'Take it from its owner first.',
  },
  'no-free-number': {
    status: 409,
    title: 'The account has no free number',
    next: 'Add a range, end a quarantine, or name a number.',
  },
  'name-in-use': {
    status: 409,
    title: 'Somebody of the account has this address or extension already',
    next: 'Choose another address or extension, or change the person who has it.',
  },
  'call-over': {
    status: 409,
    title: 'The call is already over',
    next: 'Nothing needs to be done. Its record is under finished calls.',
  },
  'not-provisioned': {
    status: 409,
    title: 'No connection with Microsoft 365 looks at this person',
    next: 'Connect Microsoft 365 and choose an enable group first.',
  },
  'nothing-to-retry': {
    status: 409,
    title: 'Nothing was refused that could be tried again',
    next: 'See the readiness of the person: it names what is missing and whose turn it is.',
  },
  'nothing-to-decide': {
    status: 409,
    title: 'There is nothing to decide any more',
    next: 'Read it again: it has changed meanwhile.',
  },
  'name-taken': {
    status: 409,
    title: 'Another customer has this name',
    next: 'Choose another name.',
  },
  'host-taken': {
    status: 409,
    title: 'The host name belongs to another customer',
    next: 'Choose another host name below the base domain.',
  },
  'teams-not-enabled': {
    status: 409,
    title: 'The Teams service is not enabled for this account',
    next: 'Ask the operator of this platform to enable it.',
  },
  'no-app-registration': {
    status: 409,
    title: 'This platform has no app registration at Microsoft',
    next: "Connect by your own app registration, or ask the operator to configure the platform's app.",
  },
  'return-address-unknown': {
    status: 409,
    title: 'Microsoft may not send the browser back to this address',
    next: 'Open the portal at one of the addresses that the operator configured and begin again.',
  },
  'sign-in-over': {
    status: 409,
    title: 'This sign-in at Microsoft is not open',
    next: 'It was used already, is older than ten minutes, or was never begun here. Begin again.',
  },
  'other-session': {
    status: 403,
    title: 'The sign-in at Microsoft was begun in another session',
    next: 'Begin again in this browser. If you did not begin it, somebody sent you a prepared link: do not use it.',
  },
  'other-person': {
    status: 409,
    title: 'Somebody else signed in at Microsoft than was expected',
    next: 'Begin again and sign in with the account that `detail` names.',
  },
  'other-tenant': {
    status: 409,
    title: 'The answer is about another Microsoft 365 tenant than the one that was signed in to',
    next: 'Begin again and use an administrator of the right tenant.',
  },
  'microsoft-user-unknown': {
    status: 403,
    title: 'Nobody here is linked with this Microsoft account',
    next: 'Begin again with another Microsoft account, or do what is said above.',
  },
  'sign-in-blocked': {
    status: 403,
    title: 'This person may not sign in',
    next: 'Begin again after that was changed; it holds within a minute.',
  },
  'token-refused': {
    status: 409,
    title: 'The proof of the sign-in is not valid',
    next: 'Begin again. If it stays, give the operator the `requestId`: the reason stands in the log.',
  },
  'microsoft-refused': {
    status: 409,
    title: 'Microsoft refused',
    next: 'See `detail` for what Microsoft said and what to do.',
  },
  'microsoft-unavailable': {
    status: 503,
    title: 'Microsoft does not answer now',
    next: 'Try again in a minute. Nothing was lost.',
  },
  'report-unknown': {
    status: 403,
    title: 'The report names no routing domain that waits for one',
    next: 'Get a new script in the portal: each one replaces the one before and lasts a week.',
  },
  'tenant-taken': {
    status: 409,
    title: 'This Microsoft 365 tenant is connected already',
    next: 'See `detail`. A tenant cannot be moved from one account to another yet: disconnect it there first.',
  },
  'credential-invalid': {
    status: 409,
    title: 'The credential cannot be used',
    next: 'See `detail` for what is wrong with it.',
  },
  'wrong-state': {
    status: 409,
    title: 'That is not possible in the present state',
    next: 'Read it again: its state says what is possible.',
  },
  'preview-outdated': {
    status: 409,
    title: 'What was previewed is not what would happen now',
    next: 'Look at the new preview and confirm that one.',
  },
  'changed-meanwhile': {
    status: 409,
    title: 'Somebody changed it meanwhile',
    next: 'See `detail` for who. Read it again and repeat your change on top of it: nothing of yours was applied.',
  },
  'link-taken': {
    status: 409,
    title: 'That user at Microsoft is linked with somebody else already',
    next: 'See `detail` for whom. Forget that match first, or choose another user.',
  },
  'not-a-candidate': {
    status: 409,
    title: 'That user at Microsoft cannot be matched',
    next: 'See `detail` for why. Guests, shared mailboxes, resource accounts and disabled users are no candidates.',
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
