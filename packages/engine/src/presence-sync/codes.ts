/** Why a person's presence is not kept equal with Teams (product-behaviour 2.9). A code is stable and never reused. */
export const presenceCodes = [
  'PRS-101',
  'PRS-102',
  'PRS-103',
  'PRS-104',
  'PRS-105',
  'PRS-106',
  'PRS-110',
  'PRS-112',
  'PRS-113',
  'PRS-120',
  'PRS-121',
  'PRS-122',
  'PRS-123',
  'PRS-130',
] as const;
export type PresenceCode = (typeof presenceCodes)[number];

export type PresenceOwner =
  | 'nobody'
  | 'entra-admin'
  | 'teams-admin'
  | 'platform-admin'
  | 'user'
  | 'vendor'
  | 'microsoft';

export interface PresenceCodeRow {
  readonly meaning: string;
  /** `{who}`: the names of the others; `{why}`: what is known more closely. */
  readonly sentence: string;
  readonly fix: string;
  readonly owner: PresenceOwner;
  /** Looked at again every hour: it goes away once its cause is gone, without anybody here doing anything. */
  readonly selfClears: boolean;
}

const row = (
  meaning: string,
  sentence: string,
  fix: string,
  owner: PresenceOwner,
  selfClears: boolean,
): PresenceCodeRow => ({ meaning, sentence, fix, owner, selfClears });

export const presenceCodeTable: Readonly<Record<PresenceCode, PresenceCodeRow>> = {
  'PRS-101': row(
    'No platform user',
    'Nobody here matches {who}.',
    'Create the person here, or correct the address of the person who is meant.',
    'platform-admin',
    true,
  ),
  'PRS-102': row(
    'Platform user disabled',
    'The person is not active here.',
    'Activate the person here.',
    'platform-admin',
    true,
  ),
  'PRS-103': row(
    'No Microsoft user',
    'Nobody in Microsoft 365 matches.{why}',
    'Correct the address on one of the two sides, or choose the right user under Mismatches.',
    'platform-admin',
    true,
  ),
  'PRS-104': row(
    'Edition without presence',
    'The person has no licence of this platform, and presence comes with it.',
    'Give the person a licence here.',
    'platform-admin',
    true,
  ),
  'PRS-105': row(
    'Microsoft user disabled',
    '{who} may not sign in at Microsoft.',
    'In Entra, allow the user to sign in.',
    'entra-admin',
    true,
  ),
  'PRS-106': row(
    'Guest or resource',
    '{who} is a guest or a resource account at Microsoft.',
    'Choose the user of the person under Mismatches, or leave the person out.',
    'platform-admin',
    true,
  ),
  'PRS-110': row(
    'No e-mail',
    'The person has no address here by which to look at Microsoft.',
    'Enter the address with which the person signs in to Teams.',
    'platform-admin',
    true,
  ),
  'PRS-112': row(
    'Ambiguous match',
    'The address fits more than one: {who}. Nobody guesses which is meant.',
    'Choose under Mismatches, or give each its own address.',
    'platform-admin',
    true,
  ),
  'PRS-113': row(
    'Linked elsewhere',
    'The user at Microsoft is linked with {who} already.',
    'Forget that match if it is wrong, or give the person another address.',
    'platform-admin',
    true,
  ),
  'PRS-120': row(
    'Read refused',
    'Presence cannot be read at Microsoft.{why}',
    'Under Connection, an administrator of Microsoft 365 approves it again.',
    'entra-admin',
    true,
  ),
  'PRS-121': row(
    'Write refused',
    'Teams does not show what happens here: Microsoft does not let us write presence.',
    'Under Connection, switch on “Presence, both ways” and approve it.',
    'entra-admin',
    true,
  ),
  'PRS-122': row(
    'Throttled',
    'Microsoft asked us to wait, or did not answer.',
    'Nothing: it is tried again every hour.',
    'nobody',
    true,
  ),
  'PRS-123': row(
    'Not a Teams user',
    '{who} has no Teams at Microsoft.',
    'Give the user a licence with Teams in Microsoft 365.',
    'entra-admin',
    true,
  ),
  'PRS-130': row(
    'Unsynced by an administrator',
    'An administrator took the person out.',
    'Resync brings the person back.',
    'platform-admin',
    false,
  ),
};

/** What fills a code's sentence. */
export interface CodeDetail {
  readonly who?: readonly string[];
  readonly why?: string;
}

export function presenceSentence(code: PresenceCode, { who, why }: CodeDetail = {}): string {
  return presenceCodeTable[code].sentence
    .replace('{who}', who && who.length > 0 ? who.join(' and ') : 'the user')
    .replace('{why}', why === undefined ? '' : ` ${why}`);
}
