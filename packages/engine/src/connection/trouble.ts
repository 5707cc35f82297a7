/**
 * Why a connection does not work, and what the sign-in service's numbers mean (microsoft-graph 1.7). One row a reason:
 * what is said, what is to be done, whose turn it is.
 */
export const troubles = [
  'app-removed',
  'app-disabled',
  'permission-missing',
  'credential-expired',
  'credential-refused',
  'clock-differs',
  'blocked-by-policy',
  'tenant-gone',
  'tenant-elsewhere',
  'access-denied',
  'silent',
  'sign-in-refused',
  'declined',
  'user-only',
  'needs-admin',
  'role-unknown',
] as const;
export type Trouble = (typeof troubles)[number];

export type Turn = 'entra-admin' | 'account-admin' | 'operator' | 'microsoft' | 'nobody';

export interface TroubleRow {
  readonly say: string;
  readonly next: string;
  readonly turn: Turn;
}

export const troubleTable: Readonly<Record<Trouble, TroubleRow>> = {
  'app-removed': {
    say: 'Microsoft does not know our app in this tenant: its approval was taken back, or the enterprise application was deleted.',
    next: 'An administrator approves it again under Connection.',
    turn: 'entra-admin',
  },
  'app-disabled': {
    say: 'Our enterprise application is switched off in this tenant.',
    next: 'In Entra, under Enterprise applications, allow users to sign in to it again.',
    turn: 'entra-admin',
  },
  'permission-missing': {
    say: 'A permission that was approved is not there any more.',
    next: 'An administrator approves it again under Connection.',
    turn: 'entra-admin',
  },
  'credential-expired': {
    say: 'The secret or certificate of the app has expired.',
    next: 'Add a new one under Connection.',
    turn: 'account-admin',
  },
  'credential-refused': {
    say: 'Microsoft refuses the secret or certificate of the app.',
    next: 'Register the present certificate with the app, or enter a new secret under Connection.',
    turn: 'account-admin',
  },
  'clock-differs': {
    say: "This server's clock differs from Microsoft's by more than is allowed, so nobody can sign in.",
    next: "The operator sets the server's clock (NTP); readyz says by how much it is off. It goes on by itself.",
    turn: 'operator',
  },
  'blocked-by-policy': {
    say: 'A Conditional Access policy of the tenant blocks our app.',
    next: 'In Entra, exclude our enterprise application from the policy.',
    turn: 'entra-admin',
  },
  'tenant-gone': {
    say: 'Microsoft does not know this tenant any more.',
    next: 'If the tenant was deleted, disconnect it here. If not, check the tenant id.',
    turn: 'account-admin',
  },
  'tenant-elsewhere': {
    say: 'This tenant lives in another national cloud of Microsoft, which Tandem does not reach.',
    next: 'Connect a tenant of the global cloud.',
    turn: 'account-admin',
  },
  'access-denied': {
    say: 'Microsoft refuses our requests although it gives us tokens.',
    next: 'Look again; if it stays, an administrator approves the app again under Connection.',
    turn: 'entra-admin',
  },
  silent: {
    say: 'Microsoft has answered nothing for three minutes.',
    next: 'Nothing: it goes on by itself as soon as Microsoft answers.',
    turn: 'microsoft',
  },
  'sign-in-refused': {
    say: 'The sign-in service of Microsoft refuses our app.',
    next: 'Look again; if it stays, an administrator approves the app again under Connection.',
    turn: 'entra-admin',
  },
  declined: {
    say: 'The approval was declined at Microsoft.',
    next: 'Repeat the approval when you are ready.',
    turn: 'account-admin',
  },
  'user-only': {
    say: 'Only a permission for one user was given, not for the organisation: nothing was started.',
    next: 'Repeat the approval and tick "Consent on behalf of your organization".',
    turn: 'entra-admin',
  },
  'needs-admin': {
    say: 'Whoever signed in at Microsoft may not approve for the whole tenant.',
    next: 'A Global Administrator or Privileged Role Administrator must do it: sign in as one, or send them the link.',
    turn: 'entra-admin',
  },
  'role-unknown': {
    say: "Microsoft did not say which roles the signed-in person has, so nobody's right to connect this tenant is proved.",
    next: 'The operator sets groupMembershipClaims to DirectoryRole in the app registration; then sign in again.',
    turn: 'operator',
  },
};

/** Numbers of AADSTS that settle the matter: asking again would not help. By number, never by text. */
const numbers: readonly (readonly [Trouble, readonly number[]])[] = [
  ['app-removed', [700016, 65001, 500011, 50001]],
  ['app-disabled', [7000112, 70001]],
  ['credential-expired', [7000222]],
  ['credential-refused', [7000215, 7000218, 700027, 50012, 700025]],
  ['clock-differs', [700024]],
  ['blocked-by-policy', [53003, 530032, 50076, 50079]],
  ['tenant-gone', [90002]],
  ['tenant-elsewhere', [90038]],
  ['declined', [65004]],
  ['needs-admin', [90094, 90095]],
];

/** What an AADSTS number says of the connection. Undefined: it says nothing final. */
export function troubleOfNumber(number: number): Trouble | undefined {
  return numbers.find(([, known]) => known.includes(number))?.[0];
}

/** The number in a description (`AADSTS65004: …`): redirects carry no `error_codes` (microsoft-graph 1.3). */
export function aadstsNumber(description: string | undefined): number | undefined {
  const found = /\bAADSTS(\d{4,8})\b/.exec(description ?? '')?.[1];
  return found === undefined ? undefined : Number(found);
}
