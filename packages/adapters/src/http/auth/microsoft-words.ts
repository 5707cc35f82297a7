/** What is said on the page of the sign-in when Microsoft, or we, say no: by number of AADSTS (microsoft-graph 1.7), never by text. */
const approve =
  'An administrator of your Microsoft 365 (a Global Administrator or Privileged Role Administrator) approves it: in this portal under Microsoft 365, Connection, or by the link that is made there.';
const again = 'Begin again.';

const rows: readonly (readonly [readonly number[], string])[] = [
  [[65001, 90094, 90095], `Your organisation has not approved that people sign in here. ${approve}`],
  [[700016, 500011, 650052], `Your organisation does not know this platform. ${approve}`],
  [
    [7000112, 70001],
    'Your organisation has switched off sign-ins to this platform. In Entra, under Enterprise applications, an administrator allows users to sign in to it.',
  ],
  [
    [50105],
    'Your organisation lets only chosen people sign in here. In Entra, under Enterprise applications, an administrator assigns you to it.',
  ],
  [
    [53003, 530032, 50076, 50079, 50158],
    'A security policy of your organisation (Conditional Access) stopped the sign-in. Begin again and do what Microsoft asks; if it stays, ask an administrator of your Microsoft 365.',
  ],
  [
    [50020, 50034],
    'Microsoft does not know this account in your organisation. Begin again and choose another.',
  ],
  [[50057], 'Your Microsoft account is disabled. An administrator of your Microsoft 365 enables it.'],
  [[54005, 70008, 501481], `The sign-in was used already or took too long. ${again}`],
  [
    [7000215, 7000222, 7000218, 700027, 50012, 700025, 700024, 50011],
    "Microsoft does not accept this platform's own registration. That is for the operator to mend.",
  ],
];

export const cancelled = (number: number | undefined, error: string | undefined): boolean =>
  number === 65004 || (number === undefined && error === 'access_denied');

export function refusedWords(number: number | undefined, error: string | undefined): string {
  if (cancelled(number, error)) return 'The sign-in was cancelled at Microsoft. You can begin again.';
  const named = number === undefined ? '' : ` (AADSTS${number})`;
  const row = rows.find(([numbers]) => number !== undefined && numbers.includes(number));
  if (row) return `${row[1]}${named}`;
  if (error === 'consent_required')
    return `Your organisation has not approved that people sign in here. ${approve}`;
  return `Microsoft ended the sign-in${named}. ${again}`;
}

/** `tenantKnown`: a customer is connected with the tenant, and nobody there is this Microsoft user. */
export const strangerWords = (name: string, tenantKnown: boolean): string =>
  tenantKnown
    ? `You signed in at Microsoft as ${name}, and nobody of your organisation here is linked with that account. An administrator of your account adds you under People with your address at Microsoft, and the link follows within a minute; whoever needs more than their own page gets a sign-in with that role and that person, under Sign-ins.`
    : `You signed in at Microsoft as ${name}, whose Microsoft 365 tenant no customer of this platform is connected with. An administrator of your account connects it under Microsoft 365.`;

export const blockedWords = {
  disabled: (name: string) =>
    `Sign-in is blocked in Entra for ${name}. An administrator of your Microsoft 365 enables the account.`,
  deleted: (name: string) => `The Microsoft account of ${name} was deleted in Entra.`,
  inactive: (name: string) =>
    `${name} is not active here. An administrator of your account changes that under People.`,
  off: (name: string) =>
    `The sign-in of ${name} is switched off here. An administrator of your account changes that under Sign-ins.`,
} as const;
