import type {
  Account as AccountView,
  Carrier as CarrierView,
  NumberEntry,
  Person as PersonView,
  Trunk,
} from '@tandem/contract';
import type { Account, Person } from '@tandem/domain';
import type { Scope } from '../scope.ts';
import type { ApiServices, ListedCarrier, NumberOwner } from '../services.ts';
import { summaryOf } from './readiness-view.ts';
import { compact, instant } from './shape.ts';

export function toAccount(account: Account): AccountView {
  return compact({
    id: account.id,
    name: account.name,
    status: account.status,
    sbcHosts: [...account.sbcHosts],
    mailDomains: [...account.mailDomains],
    entraTenantId: account.entraTenantId,
    country: account.country,
    areaCode: account.areaCode,
    timeZone: account.timeZone,
    mainNumber: account.mainNumber,
    unknownCaller: account.unknownCaller,
    carriers: [...account.carriers],
    noAnswerSeconds: account.noAnswerSeconds,
    teams: compact({
      enabled: account.teams?.enabled ?? true,
      endsAt: account.teams?.endsAtWallMs === undefined ? undefined : instant(account.teams.endsAtWallMs),
    }),
  });
}

export function toTrunks(account: Account): Trunk[] {
  return account.sbcHosts.map((host, index) => ({
    host,
    accountId: account.id,
    accountName: account.name,
    usedForCalls: index === 0,
  }));
}

/** `account` is the person's own; without it the readiness says that it could not be judged. */
export function toPerson(
  person: Person,
  account: Account | undefined,
  boards: Pick<ApiServices, 'readiness' | 'presence'>,
): PersonView {
  return compact({
    id: person.id,
    accountId: person.accountId,
    displayName: person.displayName,
    upn: person.upn,
    mail: person.mail,
    extension: person.extension,
    numbers: [...person.numbers],
    active: person.active,
    teamsToggle: person.teamsToggle,
    platformLicence: person.platformLicence,
    leaver: person.leaver && { ...person.leaver },
    readiness: summaryOf(boards.readiness, account, person),
    presence: boards.presence.of(person.id),
  });
}

/** Whoever only uses the operator's carrier sees that it exists and where calls go, not whom it is recognised by. */
export function toCarrier(carrier: ListedCarrier, scope: Scope): CarrierView {
  const owns = scope.kind === 'platform' || (scope.kind === 'account' && carrier.owner === scope.accountId);
  return compact({
    id: carrier.id,
    name: carrier.name,
    owner: carrier.owner,
    targets: carrier.targets.map((target) => ({ ...target })),
    sources: owns ? carrier.sources.map((source) => ({ ...source })) : undefined,
    probeWithOptions: carrier.probeWithOptions,
    hasCredentials: carrier.username !== undefined,
    maxCalls: carrier.maxCalls,
    numberFormat: carrier.numberFormat,
    emergency: carrier.emergency,
  });
}

export function toNumber(entry: NumberOwner): NumberEntry {
  const { person, device, queue, held } = entry;
  return compact({
    number: entry.number,
    accountId: entry.accountId,
    owner: person
      ? { kind: 'person' as const, personId: person.id, displayName: person.displayName }
      : device
        ? { kind: 'device' as const, deviceId: device.id, displayName: device.name }
        : queue && { kind: 'queue' as const, queueId: queue.id, displayName: queue.name },
    state: person || device || queue ? ('assigned' as const) : (held?.kind ?? ('free' as const)),
    heldUntil: held?.untilWallMs === undefined ? undefined : instant(held.untilWallMs),
    heldReason: held?.reason,
    reservedFor: held?.reservedFor,
    formerOwner: held?.formerOwner,
    forward: held?.forward && { ...held.forward },
  });
}
