/** Why a person's sign-in does not work any more, told from one another by Microsoft's numbers (microsoft-graph 1.7). */
export const signInTroubles = [
  'password-changed',
  'token-ended',
  'consent-withdrawn',
  'app-removed',
  'person-disabled',
  'person-gone',
  'second-factor',
  'blocked-by-policy',
  'access-denied',
  'sign-in-refused',
] as const;
export type SignInTrouble = (typeof signInTroubles)[number];

interface Row {
  /** Without "your" and without a name: the same words for the person and for an administrator. */
  readonly say: string;
  readonly next: string;
  readonly numbers: readonly number[];
  /** It may work again without a new sign-in, so it is asked after now and then. */
  readonly mayReturn: boolean;
}

const again = 'Sign in at Microsoft again.';

export const signInTroubleTable: Record<SignInTrouble, Row> = {
  'password-changed': {
    say: 'The password was changed, or an administrator ended all sign-ins of the account.',
    next: again,
    numbers: [50173],
    mayReturn: false,
  },
  'token-ended': {
    say: 'The sign-in has ended: it was not used for long, or the organisation asks for it anew.',
    next: again,
    numbers: [700082, 700084, 70008, 70043, 70000],
    mayReturn: false,
  },
  'consent-withdrawn': {
    say: 'The consent was withdrawn at Microsoft.',
    next: 'Sign in at Microsoft again and agree to what is asked.',
    numbers: [65001, 65004],
    mayReturn: true,
  },
  'app-removed': {
    say: 'The organisation has removed or disabled our app in Entra.',
    next: 'An administrator of the organisation allows the app again; then sign in again.',
    numbers: [700016, 7000112, 70001, 500011, 50001, 50105],
    mayReturn: true,
  },
  'person-disabled': {
    say: 'The account is disabled at Microsoft.',
    next: 'An administrator of the organisation enables it; it then goes on by itself.',
    numbers: [50057],
    mayReturn: true,
  },
  'person-gone': {
    say: 'Microsoft does not know the account any more.',
    next: 'Sign in with the account that is used now.',
    numbers: [50034, 50020],
    mayReturn: false,
  },
  'second-factor': {
    say: 'The organisation asks for a second factor.',
    next: `${again} The second factor is asked for there.`,
    numbers: [50076, 50079, 50074],
    mayReturn: false,
  },
  'blocked-by-policy': {
    say: 'A Conditional Access policy of the organisation blocks our app.',
    next: 'An administrator of the organisation excludes the app from the policy; it then goes on by itself.',
    numbers: [53003, 530032],
    mayReturn: true,
  },
  'access-denied': {
    say: 'Microsoft gives tokens, and refuses what is asked with them.',
    next: again,
    numbers: [],
    mayReturn: false,
  },
  'sign-in-refused': {
    say: 'The sign-in service of Microsoft refuses the sign-in.',
    next: again,
    numbers: [],
    mayReturn: false,
  },
};

/** Undefined: the number says nothing about the person's sign-in (a fault of ours, or of the service). */
export const signInTroubleOf = (number: number): SignInTrouble | undefined =>
  signInTroubles.find((trouble) => signInTroubleTable[trouble].numbers.includes(number));
