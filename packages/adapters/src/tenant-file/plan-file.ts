import type {
  Permission,
  PresenceSyncSettings,
  ProvisioningChange,
  Role,
  TenantFileChange,
  VoicemailAccountChange,
} from '@tandem/contract';
import type { Device, E164, Person, Queue } from '@tandem/domain';
import type { AccountChangeAsk } from '../http/connection-board.ts';
import type { FileTarget } from './common-shape.ts';
import { differing, type Facts } from './differing.ts';
import type { TenantFile } from './file-shape.ts';
import type { FileOwn } from './own-shape.ts';
import { type PeopleAfter, peopleAfter } from './people-after.ts';
import { type CarrierWish, planCarriers } from './plan-carriers.ts';
import { type FeaturesChange, type MusicChange, planConnections } from './plan-connections.ts';
import { compareLines, type PhoneWish, planLines, type QueueWish } from './plan-lines.ts';
import { freedWithin, type HoldWish, planNumbers, pruneReleased } from './plan-numbers.ts';
import { planOwn } from './plan-own.ts';
import { planPeople } from './plan-people.ts';
import { planPresence } from './plan-presence.ts';
import { type AfterFile, planProvisioning } from './plan-provisioning.ts';
import { planRanges, type RangeChange } from './plan-ranges.ts';
import { planSignIns, type SignInWish } from './plan-sign-ins.ts';
import { planWebhooks } from './plan-webhooks.ts';
import type {
  RangePlace,
  SpeedSettings,
  StoredCarrier,
  StoredSignIn,
  StoredWebhook,
  TenantState,
} from './state.ts';
import { accountFacts, usedCarriers } from './write-file.ts';

/** What a change of a person sets. `next`: the next free number of the account. */
export interface PersonWish {
  readonly displayName?: string;
  readonly mail?: string | null;
  readonly extension?: string | null;
  readonly numbers?: readonly E164[] | 'next';
  readonly active?: boolean;
  readonly teamsToggle?: boolean;
  readonly platformLicence?: boolean;
  readonly tags?: readonly string[];
}

/** How a planned change is carried out. */
export type Step =
  | {
      readonly do: 'change-account';
      readonly change: Omit<AccountChangeAsk, 'carriers'>;
      /** By name, first choice first. */
      readonly carriers?: readonly string[];
    }
  | {
      readonly do: 'create-carrier';
      readonly name: string;
      readonly wish: CarrierWish;
    }
  | { readonly do: 'change-carrier'; readonly carrier: StoredCarrier; readonly wish: CarrierWish }
  | { readonly do: 'remove-carrier'; readonly carrier: StoredCarrier }
  | {
      readonly do: 'change-provisioning';
      readonly connectionId: string;
      readonly change: ProvisioningChange;
      /** Who is rung for those who left, by name; null: nobody. Absent: as it is. */
      readonly forward?: FileTarget | null;
    }
  | {
      readonly do: 'create-range';
      readonly name: string;
      readonly first: E164;
      readonly last: E164;
      readonly when?: RangePlace;
    }
  | { readonly do: 'change-range'; readonly id: string; readonly change: RangeChange }
  | { readonly do: 'remove-range'; readonly id: string }
  | { readonly do: 'create-number'; readonly number: E164; readonly hold: HoldWish }
  | { readonly do: 'change-number'; readonly number: E164; readonly hold: HoldWish }
  /** `released`: somebody gave it up by this file, and somebody else may have taken it as the next free one. */
  | { readonly do: 'remove-number'; readonly number: E164; readonly released?: true }
  | ({ readonly do: 'change-features' } & FeaturesChange)
  | ({ readonly do: 'choose-music' } & MusicChange)
  | {
      readonly do: 'create-person';
      readonly upn: string;
      readonly wish: PersonWish & { readonly displayName: string };
    }
  | { readonly do: 'change-person'; readonly person: Person; readonly wish: PersonWish }
  | { readonly do: 'remove-person'; readonly person: Person }
  | { readonly do: 'create-queue'; readonly name: string; readonly wish: QueueWish }
  | { readonly do: 'change-queue'; readonly queue: Queue; readonly wish: QueueWish }
  | { readonly do: 'remove-queue'; readonly queue: Queue }
  | {
      readonly do: 'create-phone';
      readonly name: string;
      readonly wish: PhoneWish & { readonly sipUser: string };
    }
  | { readonly do: 'change-phone'; readonly phone: Device; readonly wish: PhoneWish }
  | { readonly do: 'remove-phone'; readonly phone: Device }
  | { readonly do: 'change-presence'; readonly change: Partial<PresenceSyncSettings> }
  | { readonly do: 'change-own-connections'; readonly change: Partial<SpeedSettings> }
  | { readonly do: 'change-voicemail'; readonly change: VoicemailAccountChange }
  | { readonly do: 'change-own'; readonly upn: string; readonly wish: FileOwn }
  | { readonly do: 'create-webhook'; readonly wanted: Omit<StoredWebhook, 'id'> }
  | { readonly do: 'change-webhook'; readonly id: string; readonly change: Partial<StoredWebhook> }
  | { readonly do: 'remove-webhook'; readonly id: string }
  | {
      readonly do: 'create-sign-in';
      readonly name: string;
      readonly wish: SignInWish & { readonly role: Role };
    }
  | { readonly do: 'change-sign-in'; readonly signIn: StoredSignIn; readonly wish: SignInWish }
  | { readonly do: 'remove-sign-in'; readonly signIn: StoredSignIn };

/** One change as it is shown. `before` and `after` hold only what differs. */
export interface Change {
  readonly kind: TenantFileChange['kind'];
  readonly what: string;
  readonly action: 'create' | 'change' | 'remove' | 'refused';
  readonly before?: Facts;
  readonly after?: Facts;
  readonly words?: string;
  /** Of a refusal: where in the file. */
  readonly line?: number;
  readonly field?: string;
}

export interface Planned {
  readonly change: Change;
  /** Absent: refused. */
  readonly step?: Step;
  /** The part of the file that is refused: the very value that was read, and the field of it. */
  readonly at?: { readonly of: object; readonly field?: string };
}

export interface PlanAsk {
  /** Also remove people, ranges, queues, phones and webhooks that a section of the file does not name. */
  readonly prune: boolean;
  readonly may: (permission: Permission) => boolean;
  /** The sign-in of who applies the file. */
  readonly own?: string;
  readonly nowWallMs: number;
}

/**
 * What has to be done so that the account is as the file says; nothing, once it is. A section that is absent is left
 * alone, whatever `prune` says: only a list that is there, be it empty, can be what remains.
 */
export function planTenantFile(
  file: TenantFile,
  stored: TenantState,
  { prune, may, own, nowWallMs }: PlanAsk,
): Planned[] {
  const ranges = file.ranges ? planRanges(file.ranges, stored, prune, freedWithin(file, stored, prune)) : [];
  const stock = planNumbers(file, stored, { prune, nowWallMs }, ranges);
  const state: TenantState = { ...stored, numbers: stock.uses };
  const planned: Planned[] = [];
  const allowed = (permission: Permission, changes: readonly Planned[]): void => {
    planned.push(
      ...(may(permission)
        ? changes
        : changes.map(({ change }) =>
            refused(change, 'Only the operator of this platform may change this.'),
          )),
    );
  };
  const used = new Set(file.account?.carriers ?? usedCarriers(state));
  allowed('carriers:write', file.carriers ? planCarriers(file.carriers, state, prune, used) : []);
  allowed('accounts:write', planAccount(file, state));
  allowed('numbers:write', ranges);
  allowed('numbers:write', stock.changes);
  const lines = compareLines(file, state, prune);
  const people = file.people ? planPeople(file.people, state, prune, lines) : [];
  const after = peopleAfter(state, people);
  allowed('people:write', people);
  const { queues, phones } = planLines(lines, state, after);
  allowed('queues:write', queues);
  allowed('people:write', phones);
  if (prune) allowed('numbers:write', pruneReleased(file, state, people, lines.released));
  const left = queues.reduce(
    (count, { step }) => count + (step?.do === 'create-queue' ? 1 : step?.do === 'remove-queue' ? -1 : 0),
    state.queues.length,
  );
  const { voicemail } = file;
  const messages = voicemail && differing({ ...state.voicemail }, voicemail);
  if (messages)
    allowed('voicemail:account-write', [
      {
        change: { kind: 'voicemail', what: state.account.name, action: 'change', ...messages },
        step: { do: 'change-voicemail', change: messages.after },
      },
    ]);
  allowed('presence-sync:write', file.presence ? planPresence(file.presence, state, left > 0) : []);
  const known = afterFile(file, state, after, queues);
  allowed(
    'people:write',
    planOwn(file.people ?? [], state, {
      ...known,
      extensions: extensionsAfter(file, state),
      personalRules: file.presence?.personalOverrides ?? state.presence.personalOverrides,
    }),
  );
  allowed('connections:write', planConnections(file.connections ?? [], state.microsoft));
  allowed(
    'provisioning:write',
    (file.provisioning ?? []).flatMap((wanted) => planProvisioning(wanted, state, known)),
  );
  allowed('webhooks:write', file.webhooks ? planWebhooks(file.webhooks, state, prune) : []);
  allowed('sign-ins:write', file.signIns ? planSignIns(file.signIns, state, prune, after, own) : []);
  return planned;
}

export const refused = (change: Change, words: string, at?: Planned['at']): Planned => ({
  change: { ...change, action: 'refused', words },
  ...(at && { at }),
});

/** What rules may name once the file is applied. */
function afterFile(
  file: TenantFile,
  state: TenantState,
  people: PeopleAfter,
  planned: readonly Planned[],
): AfterFile {
  const gone = new Set(
    planned.flatMap(({ change, step }) => (step?.do === 'remove-queue' ? [change.what] : [])),
  );
  const queues = [
    ...state.queues.filter(
      ({ name }) =>
        !gone.has(name) && !file.queues?.some((one) => one.name === name && one.number !== undefined),
    ),
    ...(file.queues ?? []),
  ];
  const numbers = (all: readonly { readonly number?: string | null | undefined }[]): string[] =>
    all.flatMap(({ number }) => number ?? []);
  return {
    people,
    queues: new Set([
      ...state.queues.flatMap(({ name }) => (gone.has(name) ? [] : [name])),
      ...(file.queues ?? []).map(({ name }) => name),
    ]),
    queueNumbers: new Set(numbers(queues)),
    numbers: new Set([
      ...[...state.numbers].flatMap(([number, use]) => (use.by === 'hold' ? [] : [number])),
      ...numbers(queues),
      ...numbers(file.phones ?? []),
      ...numbers(file.people ?? []),
      ...(file.people ?? []).flatMap(({ otherNumbers }) => otherNumbers ?? []),
    ]),
  };
}

type AccountFacts = Omit<AccountChangeAsk, 'carriers' | 'teams'> & {
  readonly carriers?: readonly string[];
  readonly teams?: { readonly enabled: boolean; readonly endsAt?: string };
};

/** Extensions that somebody or something has, or gets by this file. */
const extensionsAfter = (file: TenantFile, { people, queues, phones }: TenantState): ReadonlySet<string> =>
  new Set(
    [
      ...people,
      ...queues,
      ...phones,
      ...(file.people ?? []),
      ...(file.queues ?? []),
      ...(file.phones ?? []),
    ].flatMap(({ extension }: { readonly extension?: string | null | undefined }) => extension ?? []),
  );

function planAccount(file: TenantFile, state: TenantState): readonly Planned[] {
  const { account } = state;
  if (!file.account) return [];
  const { name: _, teams: wantedTeams, ...rest } = file.account;
  const now = accountFacts(account, state);
  const teams = now.teams as typeof wantedTeams;
  // Ended is ended: a file that names no time leaves the one that stands.
  const ended = wantedTeams?.enabled === false && wantedTeams.endsAt === undefined && teams;
  const wanted = { ...rest, teams: ended && !ended.enabled ? teams : wantedTeams };
  const found = differing(now, wanted);
  if (!found) return [];
  const change: Change = { kind: 'account', what: account.name, action: 'change', ...found };
  const { carriers, teams: service, ...facts } = found.after as AccountFacts;
  const asked: Omit<AccountChangeAsk, 'carriers'> = {
    ...facts,
    ...(service && {
      teams: {
        enabled: service.enabled,
        ...(service.endsAt !== undefined && { endsAtWallMs: Date.parse(service.endsAt) }),
      },
    }),
  };
  const known = new Set<string>([
    ...state.carriers.map(({ name }) => name),
    ...state.sharedCarriers.flatMap(({ id, name }) => [id, name]),
    ...(file.carriers ?? []).map(({ name }) => name),
  ]);
  const missing = carriers?.find((name) => !known.has(name));
  if (missing !== undefined)
    return [
      refused(change, `There is no carrier ${missing} that this account may use.`, {
        of: file.account,
        field: 'carriers',
      }),
    ];
  return [{ change, step: { do: 'change-account', change: asked, ...(carriers && { carriers }) } }];
}
