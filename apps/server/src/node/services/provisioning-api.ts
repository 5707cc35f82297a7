import type {
  ActOutcome,
  PersonAction,
  ProvisioningBoard,
} from '@tandem/adapters/http/provisioning-board.ts';
import { type Scope, seesAccount } from '@tandem/adapters/http/scope.ts';
import type { Directory } from '@tandem/adapters/http/services.ts';
import {
  toHeldRemoval,
  toPersonProvisioning,
  toProvisioning,
  toSettings,
  toStep,
} from '@tandem/adapters/http/views/provisioning-view.ts';
import { instant } from '@tandem/adapters/http/views/shape.ts';
import type {
  ActionItem,
  HeldRemoval,
  ProvisioningChange,
  Provisioning as ShownProvisioning,
  TenantWrite,
} from '@tandem/contract';
import {
  type AccountId,
  type ConnectionId,
  type E164,
  isE164,
  type LeaverForward,
  type Link,
  type Person,
  type PolicyField,
  policyFields,
  sentenceOf,
} from '@tandem/domain';
import {
  type AuditActor,
  type AuditLog,
  actionItemsOf,
  type MicrosoftFacts,
  type ProvisioningSettings,
  previewSettings,
} from '@tandem/engine';
import type { Provisioning, RunningConnection } from './provisioning.ts';
import { takeOverOf } from './take-over.ts';

const mostNames = 20;
const undoWords: Readonly<Record<'number' | PolicyField, string>> = {
  number: 'Switches calls in Teams off for the person and takes the number back.',
  voiceRouting: 'Takes the policy away: the tenant’s default counts again for this person.',
  calling: 'Takes the policy away: the tenant’s default counts again for this person.',
  dialPlan: 'Takes the dial plan away: the tenant’s default counts again for this person.',
};

/** Before a change Microsoft has the number of before, after a refusal none of ours or that one: what was read decides. */
function mayStand({ state, assignedNumber }: Link, seen: MicrosoftFacts['number'] | undefined): boolean {
  if ((state !== 'QUEUED' && state !== 'FAILED') || seen === undefined || seen === 'unread') return true;
  return seen.holder.is === 'this-person' || seen.otherNumber === assignedNumber;
}

/** Provisioning behind the API. What changes a person goes through the directory, so that calls and the audit follow. */
export function createProvisioningBoard(parts: {
  readonly provisioning: Provisioning;
  readonly directory: Pick<Directory, 'changePerson'>;
  readonly audit: AuditLog;
  readonly wall: () => number;
  readonly people: () => ReadonlyMap<Person['id'], Person>;
  /** Changes of many people that wait at the directory of a connection. */
  readonly heldAtDirectory?: (connectionId: ConnectionId) => readonly HeldRemoval[];
  /** What the whole tenant has of ours. */
  readonly writtenInTenant?: (one: RunningConnection) => readonly TenantWrite[];
  /** Accounts whose mails reach no administrator. */
  readonly withoutAdmin?: () => ReadonlySet<AccountId>;
}): ProvisioningBoard {
  const { provisioning, directory, audit, wall } = parts;
  const visible = (scope: Scope): readonly RunningConnection[] =>
    [...provisioning.running(), ...provisioning.waiting()].filter(
      ({ accountId }) => scope.kind !== 'person' && seesAccount(scope, accountId),
    );
  const find = (scope: Scope, connectionId: string): RunningConnection | undefined =>
    visible(scope).find((one) => one.connectionId === connectionId);

  /** What is held on the way from the directory is held for the same reason, and shown beside. */
  const shown = (one: RunningConnection): ShownProvisioning => {
    const view = toProvisioning(one);
    const held = parts.heldAtDirectory?.(one.connectionId) ?? [];
    return { ...view, status: { ...view.status, held: [...view.status.held, ...held] } };
  };
  const unreachable = (scope: Scope, owner: string | undefined): readonly ActionItem[] =>
    owner !== undefined && owner !== 'platform-admin'
      ? []
      : [...(parts.withoutAdmin?.() ?? [])]
          .filter((accountId) => scope.kind !== 'person' && seesAccount(scope, accountId))
          .map((accountId) => ({
            accountId,
            code: 'no-admin-address',
            title: 'No administrator of the account has a mail address: mails about it go to the operator.',
            owner: 'platform-admin',
            fix: 'Give an administrator a sign-in name that is a mail address.',
            people: 0,
            names: [],
          }));

  const nextSettings = (before: ProvisioningSettings, change: ProvisioningChange): ProvisioningSettings => {
    const { licences, messages, personas, leaverForward, ...rest } = change;
    const { leaverForward: standing, ...kept } = before;
    const forward = leaverForward === undefined ? standing : (leaverForward as LeaverForward | null);
    const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
    return {
      ...kept,
      ...(forward && { leaverForward: forward }),
      ...(given as Partial<ProvisioningSettings>),
      ...(personas && { personas: JSON.parse(JSON.stringify(personas)) as ProvisioningSettings['personas'] }),
      ...(licences && {
        licences: {
          assign: licences.assign,
          ...(licences.total !== null && { total: licences.total }),
        },
      }),
      ...(messages && {
        messages: {
          toPerson: messages.toPerson,
          ...(messages.testNumber !== undefined && { testNumber: messages.testNumber }),
        },
      }),
    };
  };

  async function change(person: Person, number: E164, by: AuditActor): Promise<ActOutcome> {
    const scope: Scope = { kind: 'account', accountId: person.accountId };
    const outcome = await directory.changePerson(scope, person.id, { number }, by);
    if (outcome.kind === 'number-taken')
      return { kind: 'number-taken', detail: outcome.say ?? `${number} is taken.` };
    return { kind: outcome.kind === 'changed' ? 'done' : 'nothing-to-decide' };
  }

  async function act(
    one: RunningConnection,
    person: Person,
    action: PersonAction,
    by: AuditActor,
  ): Promise<ActOutcome> {
    const { provisioner } = one;
    const said = (outcome: ReturnType<typeof provisioner.act>): ActOutcome =>
      outcome === 'unknown' ? { kind: 'not-provisioned' } : { kind: outcome };
    switch (action.kind) {
      case 'override':
      case 'works': {
        const proof = action.kind === 'works' ? 'person' : 'override';
        const client = action.kind === 'works' ? action.client : 'desktop';
        return provisioner.confirm(person.id, proof, by.name, client)
          ? { kind: 'done' }
          : { kind: 'nothing-to-decide', detail: 'Microsoft has not accepted the number yet.' };
      }
      case 'undo': {
        if (action.what !== 'number')
          return said(provisioner.act(person.id, { kind: 'undo', what: action.what }, by.name));
        const scope: Scope = { kind: 'account', accountId: person.accountId };
        const off = await directory.changePerson(scope, person.id, { teamsToggle: false }, by);
        return { kind: off.kind === 'changed' ? 'done' : 'nothing-to-decide' };
      }
      case 'drift': {
        const link = provisioner.entries().get(person.id)?.link;
        const drift = link?.drift?.find(({ field }) => field === action.field);
        const last = link?.decisions?.find(({ field, undone }) => field === action.field && !undone);
        if (action.field === 'number' && action.decision !== 'repair') {
          // Accepting gives the person Microsoft's number here, undoing the one of before: both are our own change.
          const accepted = action.decision === 'accept' ? drift?.theirs : undefined;
          const undone =
            action.decision === 'undo' ? (last?.decision === 'accept' ? last.ours : last?.theirs) : undefined;
          const number = accepted ?? undone;
          if (number === undefined || number === null || !isE164(number))
            return { kind: 'nothing-to-decide', detail: 'There is no number to take over.' };
          const outcome = await change(person, number, by);
          if (outcome.kind !== 'done') return outcome;
        }
        // The change of the number may have settled the difference already: the decision is remembered all the same.
        if (action.field === 'number' && action.decision === 'accept' && drift)
          provisioner.noteDecision(person.id, drift, 'accept', by.name);
        const outcome =
          action.field === 'number' && action.decision === 'accept'
            ? ({ kind: 'done' } as const)
            : said(provisioner.act(person.id, action, by.name));
        // The number was changed, so the difference may be gone already.
        return action.field === 'number' && action.decision !== 'repair' ? { kind: 'done' } : outcome;
      }
      case 'take-over': {
        const found = takeOverOf(provisioning.running(), one, person);
        if (found.kind !== 'preview') return found;
        if (found.preview.preview !== action.preview)
          return {
            kind: 'preview-outdated',
            detail: `Somebody else has the number by now: ${found.preview.sentence}`,
          };
        const { entraObjectId } = found.preview.holder;
        return said(provisioner.act(person.id, { kind: 'take-over', objectId: entraObjectId }, by.name));
      }
      case 'choose': {
        const { objectId } = action;
        const candidates = provisioner.entries().get(person.id)?.facts?.candidates ?? [];
        if (objectId !== null && !candidates.some((one) => one.objectId === objectId.toLowerCase()))
          return {
            kind: 'nothing-to-decide',
            detail:
              candidates.length === 0
                ? 'No two Microsoft users match this person.'
                : `Choose one of ${candidates.map(({ upn }) => upn).join(', ')}.`,
          };
        const chosen = objectId === null ? null : objectId.toLowerCase();
        return said(provisioner.act(person.id, { kind: 'choose', objectId: chosen }, by.name));
      }
      case 'approve':
        return said(provisioner.act(person.id, action, by.name));
      default:
        return said(provisioner.act(person.id, { kind: action.kind }, by.name));
    }
  }

  const page = <Item>(
    items: readonly Item[],
    ask: { readonly limit: number; readonly cursor?: string | undefined },
  ) => {
    const from = ask.cursor === undefined ? 0 : Number.parseInt(ask.cursor, 36) || 0;
    const part = items.slice(from, from + ask.limit);
    const more = from + ask.limit < items.length;
    return {
      items: part,
      total: items.length,
      ...(more && { nextCursor: (from + ask.limit).toString(36) }),
    };
  };

  return {
    list: (scope) => visible(scope).map(shown),
    read(scope, connectionId) {
      const one = find(scope, connectionId);
      return one && shown(one);
    },
    async change(scope, connectionId, asked, by) {
      const one = find(scope, connectionId);
      if (!one) return undefined;
      const before = one.provisioner.settings;
      const after = nextSettings(before, asked);
      await provisioning.saveSettings(one.connectionId, after);
      const named = Object.keys(asked) as (keyof ProvisioningChange)[];
      const only = (settings: ProvisioningSettings) => {
        const shown = toSettings(settings);
        return Object.fromEntries(named.map((key) => [key, shown[key]]));
      };
      await audit.note({
        accountId: one.accountId,
        actor: by,
        action: 'provisioning.change',
        object: { kind: 'connection', id: connectionId },
        before: only(before),
        after: only(after),
      });
      const now = find(scope, connectionId);
      // Settings that mean nobody end the provisioning; what was decided is shown all the same.
      return now ? toProvisioning(now) : { ...toProvisioning(one), settings: toSettings(after) };
    },
    preview(scope, connectionId, asked) {
      const one = find(scope, connectionId);
      if (!one) return undefined;
      const preview = previewSettings(one.provisioner, nextSettings(one.provisioner.settings, asked));
      return { ...preview, examples: [...preview.examples] };
    },
    async decideHeld(scope, connectionId, decision, by) {
      const one = find(scope, connectionId);
      if (!one) return undefined;
      const decided = one.provisioner.decideHeld(decision).map((held) => toHeldRemoval(held, parts.people()));
      if (decided.length > 0)
        await audit.note({
          accountId: one.accountId,
          actor: by,
          action: `provisioning.${decision}`,
          object: { kind: 'connection', id: connectionId },
          after: { people: decided.reduce((sum, held) => sum + held.people, 0) },
        });
      return decided;
    },
    unmatched(scope, connectionId, ask) {
      const one = find(scope, connectionId);
      if (!one) return undefined;
      const { items, ...rest } = page(one.provisioner.unmatched, ask);
      return {
        ...rest,
        items: items.map(({ objectId, ...member }) => ({
          accountId: one.accountId,
          entraObjectId: objectId,
          code: 'PRV-101' as const,
          sentence: sentenceOf('PRV-101', { mail: member.mail ?? member.upn }),
          ...member,
        })),
      };
    },
    inventory(scope, connectionId, ask) {
      const one = find(scope, connectionId);
      if (!one) return undefined;
      const written: TenantWrite[] = [...(parts.writtenInTenant?.(one) ?? [])];
      for (const [personId, { link, person, facts }] of one.provisioner.entries()) {
        const who = {
          accountId: one.accountId,
          personId,
          displayName: person?.displayName ?? 'a deleted person',
        };
        const leaving = link.state === 'REMOVING' || !person;
        if (link.assignedNumber !== undefined && mayStand(link, facts?.number))
          written.push({
            ...who,
            what: 'number',
            value: link.assignedNumber,
            ...(link.acceptedWallMs !== undefined && { since: instant(link.acceptedWallMs) }),
            undo: leaving ? 'It is being taken back.' : undoWords.number,
            undoBy: leaving ? 'under-way' : 'tandem',
          });
        for (const field of policyFields) {
          const policy = link.policies?.[field];
          if (policy)
            written.push({
              ...who,
              what: field,
              value: policy.name,
              since: instant(policy.wroteWallMs),
              undo: leaving ? 'It is being taken back.' : undoWords[field],
              undoBy: leaving ? 'under-way' : 'tandem',
            });
        }
      }
      return page(written, ask);
    },
    actionItems(scope, owner) {
      return unreachable(scope, owner).concat(
        visible(scope).flatMap((one): ActionItem[] =>
          actionItemsOf(one.provisioner, ({ link, person }) =>
            person ? (one.provisioner.reportOf(link.personId)?.checks ?? []) : [],
          )
            .filter((item) => owner === undefined || item.owner === owner)
            .map(({ code, check, people, sinceWallMs }) => ({
              accountId: one.accountId,
              connectionId: one.connectionId,
              code,
              title: check.sentence,
              owner: check.owner,
              fix: check.fix,
              ...(people.length === 0 && check.link !== undefined && { link: check.link }),
              people: people.length,
              names: people.slice(0, mostNames).map(({ personId, link }) => ({
                personId,
                displayName: parts.people().get(personId)?.displayName ?? '',
                ...(link !== undefined && { link }),
              })),
              ...(sinceWallMs !== undefined && { since: instant(sinceWallMs) }),
            })),
        ),
      );
    },
    person: (person) => toPersonProvisioning(person, provisioning.ofPerson(person), wall()),
    takeOver: (person) => takeOverOf(provisioning.running(), provisioning.ofPerson(person), person),
    async history(person, limit) {
      const steps = await provisioning.history.list(person.accountId, person.id, limit);
      return steps.map(toStep);
    },
    async act(person, action, by) {
      const one = provisioning.ofPerson(person);
      if (!one?.provisioner.entries().has(person.id)) return { kind: 'not-provisioned' };
      const holder =
        action.kind === 'take-over' ? takeOverOf(provisioning.running(), one, person) : undefined;
      const outcome = await act(one, person, action, by);
      if (outcome.kind === 'done' && action.kind !== 'recheck')
        await audit.note({
          accountId: person.accountId,
          actor: by,
          action: `provisioning.${action.kind}`,
          object: { kind: 'person', id: person.id, label: person.displayName },
          ...(holder?.kind === 'preview' && {
            before: {
              number: holder.preview.number,
              holder: holder.preview.holder.upn,
              state: holder.preview.holder.state,
            },
          }),
          after: JSON.parse(JSON.stringify(action)) as Record<string, unknown>,
          ...(action.kind === 'override' && { reason: action.reason }),
        });
      return outcome;
    },
  };
}
