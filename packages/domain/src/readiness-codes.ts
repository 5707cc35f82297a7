/**
 * The error catalogue of provisioning (product-behaviour 1.3) as one table. A code is stable, documented in the API and
 * never reused; the sentence and the fix are the English copy, with {parameters} that `sentenceOf` fills in.
 */

/** Whose turn it is. */
export type ReadinessOwner =
  | 'entra-admin'
  | 'teams-admin'
  | 'platform-admin'
  | 'user'
  | 'vendor'
  | 'microsoft'
  | 'nobody';

/** What the code stops: the whole account, writes to Microsoft, this person, or nothing (`warn`, `no`). */
export type Blocks = 'all' | 'writes' | 'user' | 'both' | 'drift' | 'item' | 'warn' | 'no';

export interface ReadinessCodeRow {
  readonly meaning: string;
  /** Template of the sentence that the admin reads. */
  readonly sentence: string;
  /** Template of the next step. */
  readonly fix: string;
  /** Whose turn it is, the first one first. */
  readonly owners: readonly [ReadinessOwner, ...ReadinessOwner[]];
  readonly blocks: Blocks;
  /** Whether it goes away by itself once the cause is gone. */
  readonly selfClears: 'yes' | 'no' | 'on-restore' | 'not-applicable';
  /** The honest clock: what is usual and what is the worst seen, seconds. */
  readonly usualSeconds?: number;
  readonly worstSeconds?: number;
}

const hour = 3600;
const row = (
  meaning: string,
  sentence: string,
  fix: string,
  owners: ReadinessCodeRow['owners'],
  blocks: Blocks,
  selfClears: ReadinessCodeRow['selfClears'],
  clock?: { readonly usualSeconds: number; readonly worstSeconds: number },
): ReadinessCodeRow => ({ meaning, sentence, fix, owners, blocks, selfClears, ...clock });

export const readinessCodes = {
  'PRV-001': row(
    'Tenant not connected',
    'Microsoft 365 is not connected. Open Microsoft Teams > Connection and sign in.',
    'Open Microsoft Teams > Connection and sign in.',
    ['entra-admin'],
    'all',
    'yes',
  ),
  'PRV-002': row(
    'Consent missing or withdrawn',
    'Permission {scope} is missing. An administrator must approve it again.',
    'Approve the permission {scope} again.',
    ['entra-admin'],
    'writes',
    'yes',
  ),
  'PRV-003': row(
    'Client secret or certificate expired',
    'The app secret expired on {date}. Add a new one.',
    'Add a new secret or certificate to the app.',
    ['entra-admin'],
    'writes',
    'yes',
  ),
  'PRV-004': row(
    'Account suspended, or not enabled for Teams',
    'The account is {state}.',
    'Ask the operator.',
    ['vendor'],
    'all',
    'yes',
  ),
  'PRV-005': row(
    "The server's clock is wrong",
    "This server's clock differs from Microsoft's by more than five minutes: Microsoft gives no tokens, and nothing is verified.",
    "Set the server's clock (NTP); calls go on meanwhile.",
    ['vendor'],
    'no',
    'yes',
  ),
  'PRV-010': row(
    'Routing domain not verified',
    'Add TXT record {value}; we check every minute.',
    'Add the TXT record {value} to the DNS.',
    ['entra-admin', 'platform-admin'],
    'all',
    'yes',
  ),
  'PRV-011': row(
    'Domain verified, not activated',
    'Microsoft has not activated {domain}. It needs one licensed user with that suffix; usual wait 1-24 h. Do not repeat the step.',
    'Wait; see that one licensed user has the suffix {domain}.',
    ['entra-admin', 'microsoft'],
    'all',
    'yes',
    { usualSeconds: hour, worstSeconds: 24 * hour },
  ),
  'PRV-012': row(
    'Domain stuck for more than 24 h',
    'Start again with a new routing domain.',
    'Press "Start again with a new routing domain"; the users are kept.',
    ['platform-admin'],
    'all',
    'no',
  ),
  'PRV-013': row(
    'Voice routing policy or route missing in the tenant',
    'Run the routing script again; {object} was not found.',
    'Run the routing script again.',
    ['teams-admin'],
    'all',
    'yes',
  ),
  'PRV-014': row(
    'Edge not reachable by Microsoft',
    'Microsoft has not sent OPTIONS to {fqdn} for {n} min.',
    'Nothing for the customer to do; the operator looks at the edge.',
    ['vendor'],
    'warn',
    'yes',
  ),
  'PRV-101': row(
    'No platform user',
    '{mail} is in the group but has no platform user. Create or import.',
    'Create or import the user.',
    ['platform-admin'],
    'user',
    'yes',
  ),
  'PRV-102': row(
    'Platform user disabled',
    'Enable the user or remove from the group.',
    'Enable the user or remove from the group.',
    ['platform-admin'],
    'user',
    'yes',
  ),
  'PRV-111': row(
    'Two platform users with this identity',
    '{a} and {b} share {mail}. Change one.',
    'Change the address of one of the two.',
    ['platform-admin'],
    'both',
    'yes',
  ),
  'PRV-112': row(
    'Two Entra users match',
    '{upn1} and {upn2} match. Choose one.',
    'Choose one of the two.',
    ['platform-admin'],
    'user',
    'no',
  ),
  'PRV-201': row(
    'No Entra user',
    'No Microsoft user matches {mail}.',
    'Create the Microsoft user, or correct the address on the platform.',
    ['entra-admin', 'platform-admin'],
    'user',
    'yes',
  ),
  'PRV-202': row(
    'Entra account disabled',
    'Sign-in is blocked in Entra.',
    'Allow the sign-in in Entra.',
    ['entra-admin'],
    'user',
    'yes',
  ),
  'PRV-203': row(
    'Guest or external',
    'Guests cannot have Teams calling.',
    'Use a member account.',
    ['entra-admin'],
    'user',
    'yes',
  ),
  'PRV-204': row(
    'Resource or ineligible account',
    'This is a resource account; use Queues and menus > Teams resource accounts.',
    'Use Queues and menus > Teams resource accounts.',
    ['teams-admin'],
    'user',
    'yes',
  ),
  'PRV-205': row(
    'Not in the enable group',
    'Add to {group}.',
    'Add to {group}.',
    ['entra-admin'],
    'user',
    'yes',
  ),
  'PRV-206': row(
    'In the enable groups of two accounts',
    'Also claimed by account {x}.',
    'Take the person out of the enable group of one of the accounts.',
    ['platform-admin'],
    'user',
    'no',
  ),
  'PRV-207': row(
    'Entra user deleted (soft)',
    'Deleted in Entra on {date}; number still held until {until}.',
    'Restore the user in Entra.',
    ['entra-admin'],
    'user',
    'on-restore',
  ),
  'PRV-208': row(
    'Not "Teams only", or homed on premises',
    'Move the user to Teams-only.',
    'Move the user to Teams-only.',
    ['teams-admin'],
    'user',
    'yes',
  ),
  'PRV-209': row(
    'Waits for an approval',
    'Is in {group} and waits for an approval.',
    'Approve the person for calls in Teams.',
    ['platform-admin'],
    'user',
    'no',
  ),
  'PRV-301': row(
    'No number in the platform',
    'Assign a number.',
    'Assign a number.',
    ['platform-admin'],
    'user',
    'yes',
  ),
  'PRV-302': row(
    'Number not valid E.164',
    '{n} is not a valid number; did you mean {suggestion}?',
    'Correct the number.',
    ['platform-admin'],
    'user',
    'yes',
  ),
  'PRV-303': row(
    'Teams toggle off',
    'Turn on Teams calling.',
    'Turn on Teams calling.',
    ['platform-admin'],
    'user',
    'yes',
  ),
  'PRV-304': row(
    'Number used by another Microsoft user',
    '{n} is held by {upn} ({state}).',
    'Take the number over, or choose another.',
    ['teams-admin'],
    'user',
    'no',
  ),
  'PRV-305': row(
    'Number is of another type in Microsoft',
    '{n} is a {type} number.',
    'Choose a Direct Routing number, or release this one in Microsoft first.',
    ['teams-admin'],
    'user',
    'no',
  ),
  'PRV-306': row(
    'Number managed on premises',
    'Clear the on-premises line value{whose}, sync, retry.',
    'Clear the on-premises line value{whose}, sync, retry.',
    ['entra-admin'],
    'user',
    'yes',
  ),
  'PRV-307': row(
    'Number in quarantine or reserved',
    'Held until {date} for {reason}.',
    'Wait, or let the account admin override it.',
    ['platform-admin'],
    'user',
    'yes',
  ),
  'PRV-308': row(
    'Country mismatch or not supported',
    'User is in {x}, number in {y}.',
    "Correct the user's usage location or the number.",
    ['platform-admin', 'entra-admin'],
    'warn',
    'yes',
  ),
  'PRV-401': row(
    'Microsoft phone licence missing',
    'Needs Teams Phone. {k} spare licences of {sku}.',
    'Assign a licence that contains Teams Phone and Teams.',
    ['entra-admin'],
    'user',
    'yes',
  ),
  'PRV-402': row(
    'Platform licence missing',
    'No free Teams licence; {used} of {n} used.',
    'Assign a Teams licence of the platform.',
    ['platform-admin'],
    'user',
    'yes',
  ),
  'PRV-403': row(
    'Licence assigned, plan still pending',
    'Microsoft is still enabling the licence (usual < 1 h, up to 24 h).',
    'Wait.',
    ['microsoft'],
    'user',
    'yes',
    { usualSeconds: hour, worstSeconds: 24 * hour },
  ),
  'PRV-404': row(
    'Calling Plan also assigned',
    'A Calling Plan would route calls past us. Remove it.',
    'Remove the Calling Plan licence.',
    ['entra-admin'],
    'user',
    'yes',
  ),
  'PRV-405': row(
    'Licence removed while the number was assigned',
    'Licence was removed first; the number is stranded in Microsoft.',
    'Add the licence again, release the number, then remove the licence.',
    ['entra-admin'],
    'user',
    'yes',
  ),
  'PRV-501': row(
    'Number operation refused',
    'Microsoft refused: {reason}.',
    'Clear the reason, then press Retry.',
    ['teams-admin'],
    'user',
    'no',
  ),
  'PRV-502': row(
    'Policy assignment refused',
    'Microsoft refused: {reason}.',
    'Clear the reason, then press Retry.',
    ['teams-admin'],
    'user',
    'no',
  ),
  'PRV-503': row(
    'Throttled',
    'Microsoft asked us to slow down; resuming {time}.',
    'Wait.',
    ['microsoft'],
    'no',
    'yes',
    { usualSeconds: 30, worstSeconds: 300 },
  ),
  'PRV-504': row(
    'Read-back late',
    'Accepted {t} ago, not visible yet.',
    'Wait; do not repeat the step.',
    ['microsoft'],
    'no',
    'yes',
    { usualSeconds: 600, worstSeconds: 24 * hour },
  ),
  'PRV-505': row(
    'Enterprise voice off after the assignment',
    'Voice is off although the number is set; we repair.',
    'Wait: Tandem assigns the number again, and voice with it. If it stays, repair the difference by hand.',
    ['vendor'],
    'user',
    'yes',
  ),
  'PRV-506': row(
    'Another admin changed it',
    'Changed outside: {field} {old} to {new}.',
    'Repair it, accept it, or undo such a decision on the page of the person.',
    ['teams-admin'],
    'drift',
    'no',
  ),
  'PRV-507': row(
    'Calling policy switches calling off',
    'The calling policy {policy} does not allow calls (AllowPrivateCalling is off): Teams refuses calls from and to this person.',
    'Give the person a calling policy that allows calls, or switch on "Make private calls" in {policy} and run the routing script again.',
    ['teams-admin'],
    'user',
    'yes',
    { usualSeconds: hour, worstSeconds: 24 * hour },
  ),
  'PRV-601': row(
    'Only the web client was seen',
    'Sign in to Teams desktop once.',
    'Sign in to Teams desktop once.',
    ['user'],
    'warn',
    'yes',
  ),
  'PRV-602': row(
    'Relaunch needed',
    'Quit Teams fully and open it again.',
    'Quit Teams fully and open it again.',
    ['user'],
    'warn',
    'yes',
  ),
  'PRV-603': row(
    'Dial pad not confirmed after 24 h',
    'The dial pad has not been confirmed for 24 h.',
    'Open the guided check: licence, voice, routing policy, app policy, cache.',
    ['user', 'teams-admin'],
    'warn',
    'yes',
  ),
  'PRV-701': row(
    'Inbound calls answered 404 by Teams',
    'Teams does not know {n} yet.',
    'Wait; we check again by ourselves.',
    ['microsoft'],
    'warn',
    'yes',
  ),
  'PRV-702': row(
    'Outbound refused by our edge',
    'No licence or route: {reason}.',
    'Give the person a route or a licence for this call.',
    ['platform-admin'],
    'warn',
    'yes',
  ),
  'PRV-801': row(
    'Bulk item skipped',
    'Skipped because {code}.',
    'Clear the cause and run the item again.',
    ['nobody'],
    'item',
    'not-applicable',
  ),
} as const satisfies Record<`PRV-${number}`, ReadinessCodeRow>;

export type ReadinessCode = keyof typeof readinessCodes;

/**
 * Said instead of the row's sentence when a parameter of it is not known: the first of which everything is known. A code
 * that is not here reads well with the words of `unknownValues`.
 */
const shorterSentences: Readonly<Partial<Record<ReadinessCode, readonly string[]>>> = {
  'PRV-002': ['A permission that Tandem needs is missing. An administrator must approve it again.'],
  'PRV-003': ['The app secret has expired. Add a new one.'],
  'PRV-004': ['The account may not use Teams.'],
  'PRV-010': ['Add the TXT record that Connection shows; we check every minute.'],
  'PRV-014': ['Microsoft has not sent OPTIONS for a while.'],
  'PRV-101': ['Somebody is in the group but has no platform user. Create or import.'],
  'PRV-111': ['{a} and {b} share an address. Change one.', 'Two users share an address. Change one.'],
  'PRV-112': ['{upn2} matches as well. Choose one.', 'Two Microsoft users match. Choose one.'],
  'PRV-206': ['Also claimed by another account.'],
  'PRV-207': [
    'Deleted in Entra on {date}; number still held for 30 days from then.',
    'Deleted in Entra; number still held for 30 days.',
  ],
  'PRV-302': ['{n} is not a valid number.', 'The number is not valid.'],
  'PRV-304': [
    '{n} is held by {upn}.',
    '{n} is held by another Microsoft user.',
    'The number is held by another Microsoft user.',
  ],
  'PRV-305': ['{n} is not a Direct Routing number.', 'The number is not a Direct Routing number.'],
  'PRV-307': ['Held until {date}.', 'The number is held for now.'],
  'PRV-308': ['User and number are in different countries.'],
  'PRV-401': ['Needs Teams Phone.'],
  'PRV-402': ['Has no Teams licence of the platform.'],
  'PRV-501': ['Microsoft refused, without a reason.'],
  'PRV-502': ['Microsoft refused, without a reason.'],
  'PRV-506': ['Changed outside.'],
  'PRV-702': ['There is no licence or no route for the call.'],
};

/** What a parameter is called when its value is not known: a sentence never shows a brace. */
const unknownValues: Readonly<Record<string, string>> = {
  code: 'of an earlier finding',
  domain: 'the routing domain',
  group: 'the enable group',
  mail: 'this address',
  n: 'the number',
  object: 'a routing object',
  policy: 'of the person',
  scope: 'that Tandem needs',
  t: 'some time',
  time: 'soon',
  value: 'that Connection shows',
  whose: '',
};

export type ReadinessParams = Readonly<Record<string, string | number>>;

/** A value that is a sentence itself (Microsoft's reasons are) brings no second full stop. */
const fill = (template: string, params: ReadinessParams): string =>
  template.replace(/\{(\w+)\}(\.?)/g, (_, name: string, stop: string) => {
    const value = String(params[name] ?? unknownValues[name] ?? 'unknown');
    return stop !== '' && value.endsWith('.') ? value : `${value}${stop}`;
  });

const knowsAll = (template: string, params: ReadinessParams): boolean =>
  [...template.matchAll(/\{(\w+)\}/g)].every(([, name = '']) => params[name] !== undefined);

/** The sentence of a code for a person who has to act on it. */
export function sentenceOf(code: ReadinessCode, params: ReadinessParams = {}): string {
  const { sentence } = readinessCodes[code];
  const [known] = [sentence, ...(shorterSentences[code] ?? [])].filter((each) => knowsAll(each, params));
  return fill(known ?? sentence, params);
}

/** The next step of a code. */
export function fixOf(code: ReadinessCode, params: ReadinessParams = {}): string {
  return fill(readinessCodes[code].fix, params);
}
