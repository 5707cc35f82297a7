import type {
  Connection,
  ConnectionState,
  OutgoingMail,
  Role,
  RoutingDomainStep,
  RoutingDomainView,
} from '@tandem/contract';
import type { Word } from './states.ts';

/** Total records: a new state does not compile until it has its word and its colour. */
export const connectionWords: Record<ConnectionState, Word> = {
  'not-connected': { word: 'Not connected', tone: 'quiet' },
  'signed-in': { word: 'Signed in, not approved', tone: 'info' },
  'consent-pending': { word: 'Microsoft copies the approval', tone: 'info' },
  'consent-incomplete': { word: 'Approval incomplete', tone: 'warn' },
  connected: { word: 'Connected', tone: 'good' },
  expiring: { word: 'Credential ends soon', tone: 'warn' },
  expired: { word: 'Credential ended', tone: 'bad' },
  interrupted: { word: 'Interrupted', tone: 'bad' },
  disconnected: { word: 'Disconnected', tone: 'quiet' },
};

/** A connection that worked and lacks a permission is not drawn in plain green. */
export function connectionWord({ state, missing, works }: Connection): Word {
  return works && missing.length > 0 ? { word: 'Permission missing', tone: 'warn' } : connectionWords[state];
}

export type Turn = Connection['turn'];

/** Whose turn it is; undefined when nobody has to do anything. */
export function turnWords(turn: Turn, role: Role): string | undefined {
  switch (turn) {
    case 'nobody':
      return undefined;
    case 'entra-admin':
      return role === 'operator'
        ? 'The customer’s Microsoft 365 administrator'
        : 'Your Microsoft 365 administrator';
    case 'account-admin':
      return role === 'admin' ? 'You, as the administrator here' : 'An administrator of the account';
    case 'operator':
      return role === 'operator' ? 'You, the operator' : 'The operator of this platform';
    case 'microsoft':
      return 'Microsoft';
  }
}

export const domainWords: Record<RoutingDomainView['state'], Word> = {
  WANTED: { word: 'Not added yet', tone: 'quiet' },
  UNVERIFIED: { word: 'Not verified', tone: 'warn' },
  VERIFIED: { word: 'Verified, not active', tone: 'info' },
  ACTIVE: { word: 'Active', tone: 'good' },
  STUCK: { word: 'Stuck at Microsoft', tone: 'bad' },
  BY_HAND: { word: 'Kept by hand', tone: 'quiet' },
};

export const objectWords: Record<RoutingDomainView['objects'][number]['state'], Word> = {
  present: { word: 'There', tone: 'good' },
  missing: { word: 'Missing', tone: 'bad' },
  different: { word: 'Different', tone: 'warn' },
  unread: { word: 'Not read', tone: 'quiet' },
};

export const objectKindWords: Record<RoutingDomainView['objects'][number]['kind'], string> = {
  usage: 'PSTN usage',
  route: 'Voice route',
  policy: 'Voice routing policy',
  'dial-plan': 'Dial plan',
  'calling-policy': 'Calling policy',
};

export const readByWords: Record<NonNullable<RoutingDomainView['readBackBy']>, string> = {
  script: 'told by the script',
  paste: 'pasted report',
  graph: 'read at Microsoft',
};

interface StepWord {
  readonly button: string;
  readonly title: string;
}
export const domainStepWords: Record<RoutingDomainStep, StepWord> = {
  add: { button: 'Add', title: 'Add the name to the tenant?' },
  publish: { button: 'Publish', title: 'Write the DNS records?' },
  verify: { button: 'Verify', title: 'Let Microsoft look at DNS?' },
  activate: { button: 'Activate', title: 'Make the activation account?' },
  'clean-up': { button: 'Give the licence back', title: 'Give the licence of the activation account back?' },
  'by-hand': { button: 'Keep it by hand', title: 'Keep domain and voice routing by hand?' },
  watch: { button: 'Watch it again', title: 'Let Tandem look after the domain again?' },
};

export const mailWords: Record<OutgoingMail['state'], Word> = {
  waiting: { word: 'Waiting', tone: 'info' },
  sent: { word: 'Sent', tone: 'good' },
  failed: { word: 'Failed', tone: 'bad' },
  'not-sent': { word: 'Not sent', tone: 'warn' },
};

export const credentialWords = { certificate: 'Certificate', secret: 'Secret' } as const;

export const tenantName = ({ tenant }: Pick<Connection, 'tenant'>): string =>
  tenant.name ?? tenant.domains[0] ?? tenant.id;
