import type { ProvisioningSettings } from '@tandem/contract';
import type { Account, Device, Person, Queue } from '@tandem/domain';
import { differing } from './differing.ts';
import { ownFacts } from './own-facts.ts';
import { nothingOwn } from './own-shape.ts';
import type { StoredCarrier, StoredMicrosoft, StoredRange, StoredSignIn, TenantState } from './state.ts';
import { isWithin, type StoredHold } from './stock.ts';
import { targetFacts } from './target-facts.ts';

/**
 * The account as a file. Written by hand rather than by a library: tens of thousands of people in a fraction of a second,
 * each field on a line of its own, always in the same order, so that two exports differ only in what changed.
 */
export function writeTenantFile(state: TenantState): string {
  const { account } = state;
  const lines = [
    `# ${comment(account.name)}: everything of this account that a file can set. Plan it, then apply it:`,
    '# tandem file plan FILE --account ID; what a file does not name stays as it is.',
    'version: 1',
    'account:',
    ...fields(accountFacts(account, state), 2),
    ...list('carriers', state.carriers, carrierFacts),
    ...list('connections', state.microsoft, connectionFacts),
    ...list('provisioning', state.connections, ({ tenantId, settings }) => ({
      tenant: tenantId,
      ...settingsFacts(settings, state),
    })),
    ...list('ranges', state.ranges, rangeFacts),
    ...list('numbers', beside(state), ([number, hold]) => ({ number, hold })),
    ...list(
      'people',
      [...state.people].sort((a, b) => (a.upn < b.upn ? -1 : 1)),
      (person) => ({
        ...personFacts(person),
        tags: state.tags.get(person.id) ?? [],
        own: shownOwn(person, state),
      }),
    ),
    ...list('queues', state.queues, (queue) => queueFacts(queue, state.people)),
    ...list('phones', state.phones, (phone) => phoneFacts(phone, state.people)),
    'presence:',
    ...fields({ ...state.presence }, 2),
    'voicemail:',
    ...fields({ ...state.voicemail }, 2),
    ...list('webhooks', state.webhooks, ({ name, url, events, active }) => ({ name, url, events, active })),
    ...list('signIns', state.signIns, (signIn) => signInFacts(signIn, state.people)),
  ];
  return `${lines.join('\n')}\n`;
}

/** What a file says of an account. */
export function accountFacts(account: Account, state: TenantState): Readonly<Record<string, unknown>> {
  const { name, country, areaCode, timeZone, mailDomains, mainNumber, unknownCaller, noAnswerSeconds } =
    account;
  const { status, teams: { enabled, endsAtWallMs } = { enabled: true, endsAtWallMs: undefined } } = account;
  const teams = {
    enabled,
    ...(!enabled && endsAtWallMs !== undefined && { endsAt: new Date(endsAtWallMs).toISOString() }),
  };
  const carriers = usedCarriers({ ...state, account });
  return {
    name,
    country,
    areaCode,
    timeZone,
    mailDomains,
    mainNumber,
    unknownCaller,
    noAnswerSeconds,
    status,
    teams,
    carriers,
  };
}

/** Over which calls go out, by name. */
export function usedCarriers(state: TenantState): readonly string[] {
  const names = carrierNames(state);
  return state.account.carriers.map((id) => names.get(id) ?? id);
}

/** The names of all carriers that the account may use, by id. One of the operator's with the name of an own one is its id. */
export function carrierNames({ carriers, sharedCarriers }: TenantState): ReadonlyMap<string, string> {
  const own = new Set(carriers.map(({ name }) => name));
  return new Map([
    ...sharedCarriers.map(({ id, name }) => [id, own.has(name) ? id : name] as const),
    ...carriers.map(({ id, name }) => [id, name] as const),
  ]);
}

/** What a file says of a range. */
export function rangeFacts({ name, first, last, when }: StoredRange): Readonly<Record<string, unknown>> {
  return { name, first, last, when: when ? { ...when } : null };
}

/** The stock that no range says: what lies beside the ranges, and what is held. */
function beside({ stock, ranges }: TenantState): readonly (readonly [string, StoredHold | null])[] {
  return [...stock].filter(
    ([number, hold]) => hold !== null || !ranges.some((range) => isWithin(number, range)),
  );
}

/** What a file says of a connection with Microsoft: what it is used for, never how it is proved. */
function connectionFacts({ tenantId, features, routingDomains }: StoredMicrosoft) {
  return {
    tenant: tenantId,
    features,
    ...(routingDomains.length > 0 && {
      routingDomains: routingDomains.map(({ host, holdMusic = null }) => ({ host, holdMusic })),
    }),
  };
}

/** What a file says of a carrier: all but what it proves itself with. */
export function carrierFacts(carrier: StoredCarrier): Readonly<Record<string, unknown>> {
  const { name, targets, sources, probeWithOptions, maxCalls = null, numberFormat, emergency } = carrier;
  return { name, targets, sources, probeWithOptions, maxCalls, numberFormat, emergency };
}

/** What a file says of a sign-in: all but its password, which nobody can read. */
export function signInFacts(
  { name, role, personId, disabled }: StoredSignIn,
  people: readonly Person[],
): Readonly<Record<string, unknown>> {
  const person = people.find(({ id }) => id === personId)?.upn.toLowerCase() ?? null;
  return { name, role, person, active: !disabled };
}

/** What a file says of the settings of a connection. */
export function settingsFacts(
  { leaverForward, ...settings }: ProvisioningSettings,
  state: TenantState,
): Readonly<Record<string, unknown>> {
  return { ...settings, leaverForward: targetFacts(leaverForward, state) };
}

/** What a file says of a person: all of it, so that nothing is left open. */
export function personFacts(person: Person): Readonly<Record<string, unknown>> {
  const [number = null, ...others] = person.numbers;
  return {
    upn: person.upn,
    displayName: person.displayName,
    mail: person.mail ?? null,
    extension: person.extension ?? null,
    number,
    ...(others.length > 0 && { otherNumbers: others }),
    teams: person.teamsToggle,
    licence: person.platformLicence,
    active: person.active,
  };
}

/** All of it, or that there is nothing. */
function shownOwn(person: Person, state: TenantState): Readonly<Record<string, unknown>> | 'none' {
  if (person.leaver === undefined && !state.own.has(person.id)) return 'none';
  const facts = ownFacts(person, state);
  return differing({ ...nothingOwn }, facts) ? facts : 'none';
}

/** What a file says of a queue. */
export function queueFacts(queue: Queue, people: readonly Person[]): Readonly<Record<string, unknown>> {
  const { name, extension = null, number = null, overflow } = queue;
  const { offerSeconds, wrapUpSeconds, maxWaitSeconds, maxWaiting } = queue;
  const ids = new Set(queue.members.map(({ personId }) => personId));
  const upns = new Map(
    people.flatMap(({ id, upn }) => (ids.has(id) ? [[id, upn.toLowerCase()] as const] : [])),
  );
  return {
    name,
    extension,
    number,
    members: queue.members.flatMap(({ personId }) => upns.get(personId) ?? []),
    offerSeconds,
    wrapUpSeconds,
    maxWaitSeconds,
    maxWaiting,
    overflowTo: overflow.kind === 'forward' ? overflow.to : null,
  };
}

/** What a file says of a phone: all but its password, which nobody can read. */
export function phoneFacts(phone: Device, people: readonly Person[]): Readonly<Record<string, unknown>> {
  const { name, kind, sipUser, extension = null, number = null, personId } = phone;
  const person = people.find(({ id }) => id === personId)?.upn.toLowerCase() ?? null;
  return { name, kind, sipUser, extension, number, person };
}

const comment = (text: string): string => text.replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, ' ');

function list<Item>(
  key: string,
  items: readonly Item[],
  shown: (item: Item) => Readonly<Record<string, unknown>>,
): string[] {
  if (items.length === 0) return [`${key}: []`];
  return [`${key}:`, ...items.flatMap((item) => listItem(shown(item), 2))];
}

function listItem(item: Readonly<Record<string, unknown>>, indent: number): string[] {
  const [first = '', ...rest] = fields(item, indent + 2);
  return [`${' '.repeat(indent)}- ${first.trimStart()}`, ...rest];
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function fields(shape: Readonly<Record<string, unknown>>, indent: number): string[] {
  const space = ' '.repeat(indent);
  return Object.entries(shape).flatMap(([key, value]) => {
    if (value === undefined) return [];
    if (isObject(value)) {
      const inner = fields(value, indent + 2);
      return inner.length === 0 ? [`${space}${key}: {}`] : [`${space}${key}:`, ...inner];
    }
    if (Array.isArray(value) && value.some(isObject))
      return [
        `${space}${key}:`,
        ...(value as unknown[]).flatMap((item) => (isObject(item) ? listItem(item, indent + 2) : [])),
      ];
    if (Array.isArray(value)) return [`${space}${key}: [${value.map(scalar).join(', ')}]`];
    return [`${space}${key}: ${scalar(value)}`];
  });
}

/** Words that YAML, of whatever version, takes for something else than a text. */
const taken = /^(null|true|false|yes|no|on|off|y|n|~)$/i;

/** Plain where no reader can take it for anything else, in the quotes of JSON otherwise (YAML 1.2.2 chapter 1.3). */
function scalar(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value) ?? 'null';
  const plain = /^[\p{L}][\p{L}\p{N} @._/-]*$/u.test(value) && !value.endsWith(' ') && !taken.test(value);
  // JSON leaves these as they are, and YAML counts them as breaks of a line.
  return plain
    ? value
    : JSON.stringify(value).replace(
        /[\u0085\u2028\u2029\u007f-\u009f\ufeff]/g,
        (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`,
      );
}
