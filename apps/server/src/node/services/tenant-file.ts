import type { OwnConnectionBoard } from '@tandem/adapters/http/own-connection-board.ts';
import type { ProvisioningBoard } from '@tandem/adapters/http/provisioning-board.ts';
import type { TenantFileBoard } from '@tandem/adapters/http/tenant-file-board.ts';
import { needsConfirmation } from '@tandem/adapters/http/views/presence-sync-view.ts';
import type { Stores } from '@tandem/adapters/postgres/stores.ts';
import { createTenantFileBoard, type TenantGround } from '@tandem/adapters/tenant-file/board.ts';
import type { Step } from '@tandem/adapters/tenant-file/plan-file.ts';
import type { TenantState } from '@tandem/adapters/tenant-file/state.ts';
import type { WebhookBoard } from '@tandem/adapters/webhooks/webhook-board.ts';
import type { ProvisioningChange } from '@tandem/contract';
import type { AuditEntry, AuditLog } from '@tandem/engine/ports/audit.ts';
import type { PresenceSyncDesk } from '@tandem/engine/presence-sync/presence-desk.ts';
import type { ChangeLog } from './change-log.ts';
import { type CarrierStep, makeCarrier } from './tenant-file/make-carriers.ts';
import {
  type ConnectionParts,
  type ConnectionStep,
  makeConnection,
  microsoftOf,
  wordsOfFeatures,
} from './tenant-file/make-connections.ts';
import { letGo, makeLine, type PhonePasswords } from './tenant-file/make-lines.ts';
import { makeNumber, type NumberStep } from './tenant-file/make-numbers.ts';
import { forwardOf, keepOwn, makeOwn, makeVoicemail, type OwnPresenceParts } from './tenant-file/make-own.ts';
import { makePeople } from './tenant-file/make-people.ts';
import { changePresence, makeSettings } from './tenant-file/make-settings.ts';
import { letPeopleGo, makeSignIn, type SignInStep } from './tenant-file/make-sign-ins.ts';
import type { BoardsInside, LineStep, Making, PersonStep } from './tenant-file/making.ts';
import { allPeople, type ReadingParts, readAccount } from './tenant-file/read-account.ts';

export interface TenantFileParts {
  readonly stores: ReadingParts['stores'] & Pick<Stores, 'together'>;
  /** The boards that everybody uses, on stores that write within one transaction; refreshing is left to us. */
  readonly boardsOn: (stores: Stores, audit: AuditLog) => BoardsInside;
  readonly provisioning: Pick<ProvisioningBoard, 'list' | 'change' | 'preview'>;
  readonly presence: Pick<PresenceSyncDesk, 'settingsOf' | 'change' | 'preview' | 'choose' | 'choiceOf'>;
  readonly own: ReadingParts['own'] & OwnPresenceParts['own'];
  readonly speed: ReadingParts['speed'] & Pick<OwnConnectionBoard, 'change'>;
  readonly phones: PhonePasswords;
  readonly webhooks: Pick<WebhookBoard, 'list'>;
  readonly microsoft: ConnectionParts;
  readonly audit: AuditLog;
  /** Entries of the audit that stand in the chain with what they tell of. */
  readonly stored: ChangeLog['stored'];
  readonly refresh: () => Promise<unknown>;
  readonly newId: () => string;
  readonly wall: () => number;
}

/** Accounts as files, on the boards and stores of everybody else: the audit and the routing facts follow. */
export function createTenantFiles(parts: TenantFileParts): TenantFileBoard {
  const { stores, audit } = parts;

  const ground: TenantGround = {
    read: (accountId) =>
      readAccount({ ...parts, microsoft: { of: (id) => microsoftOf(parts.microsoft, id) } }, accountId),
    async make(accountId, steps, by) {
      const scope = { kind: 'account', accountId } as const;
      const words = new Map<Step, string>();
      const refusals = new Map<Step, string>();
      const settings = steps.filter((step) => step.do === 'change-provisioning');
      const presence = steps.filter((step) => step.do === 'change-presence');
      const within = steps.filter((step): step is Exclude<Step, AfterStep> => !isAfterStep(step));
      const connected = new Set<string>(
        parts.provisioning.list(scope).map(({ connectionId }) => connectionId),
      );
      for (const step of settings)
        if (!connected.has(step.connectionId)) refusals.set(step, 'The tenant is not connected any more.');
      const connections = steps.filter(isConnectionStep);
      const standing = microsoftOf(parts.microsoft, accountId);
      for (const step of connections)
        if (!standing.some((one) => isOf(one, step)))
          refusals.set(step, 'The tenant is not connected any more.');
      if (refusals.size > 0) return { kind: 'refused', refusals };
      const forwards = new Map<Step, ProvisioningChange['leaverForward']>();
      try {
        const entries = await stores.together.all(accountId, async (inside) => {
          const noted: AuditEntry[] = [];
          const note = (entry: AuditEntry): void => void noted.push(entry);
          const boards = parts.boardsOn(inside.stores, { note: async (entry) => note(entry) });
          const changing = membersOf(steps);
          const making: Making = {
            accountId,
            inside,
            boards,
            note,
            by,
            words,
            refusals,
            people: changing.length === 0 ? [] : await inside.lockPeople({ ids: changing, upns: [] }),
            spared: numbersAsked(steps),
            newId: parts.newId,
            wall: parts.wall,
          };
          await letGo(steps, making);
          await letPeopleGo(steps, making);
          const people = steps.filter(isPersonStep);
          let peopleMade = false;
          for (const step of within) {
            if (isLineStep(step)) await makeLine(step, making, parts.phones);
            else if (isNumberStep(step)) await makeNumber(step, making);
            else if (isCarrierStep(step)) await makeCarrier(step, making);
            else if (step.do === 'change-voicemail') await makeVoicemail(step.change, making);
            else if (step.do === 'change-own') await makeOwn(step, making);
            else if (isSignInStep(step)) await makeSignIn(step, making, parts.phones.newPassword);
            else if (!isPersonStep(step)) await makeSettings(step, making);
            else if (!peopleMade) {
              peopleMade = true;
              await makePeople(people, making);
            }
          }
          for (const step of settings) {
            if (step.forward === undefined) continue;
            const forward = step.forward && (await forwardOf(step.forward, making));
            if (forward === undefined)
              refusals.set(step, 'Who is rung for those who left is not there any more.');
            else forwards.set(step, forward);
          }
          if (refusals.size > 0) throw new NothingMade();
          return await inside.append(noted, parts.wall());
        });
        parts.stored(accountId, entries);
      } catch (error) {
        if (error instanceof NothingMade) return { kind: 'refused', refusals };
        throw error;
      }
      for (const step of connections) {
        const fault = await makeConnection(step, parts.microsoft, accountId, by);
        if (fault !== undefined) words.set(step, fault);
      }
      // They restart what provisions, which reads what was committed.
      for (const step of settings) {
        const forward = forwards.get(step);
        const change = forward === undefined ? step.change : { ...step.change, leaverForward: forward };
        await parts.provisioning.change(scope, step.connectionId, change, by);
      }
      // The first queue may have come by this file, and the rules count only where there is one.
      const own = steps.filter((step) => step.do === 'change-own');
      const speed = steps.filter((step) => step.do === 'change-own-connections');
      if (presence.length > 0 || own.length > 0) await parts.refresh();
      for (const step of presence) {
        const fault = await changePresence(parts.presence, accountId, step.change, by);
        if (fault !== undefined) words.set(step, fault);
      }
      for (const step of speed) await parts.speed.change(accountId, step.change, by);
      if (own.length > 0) {
        const people = new Map(
          (await allPeople(stores, accountId)).map((one) => [one.upn.toLowerCase(), one]),
        );
        for (const [step, fault] of await keepOwn(own, parts, accountId, people, by)) words.set(step, fault);
      }
      return { kind: 'made', words };
    },
    async consequence(accountId, step) {
      if (step.do === 'change-features') return wordsOfFeatures(step);
      if (step.do === 'change-presence' && step.change.mode !== undefined) {
        const { settings } = parts.presence.settingsOf(accountId);
        const preview = await parts.presence.preview(accountId, { ...settings, ...step.change });
        return needsConfirmation(preview)
          ? `Sync of presence begins for ${preview.begins} people and ends for ${preview.ends} at once.`
          : undefined;
      }
      if (step.do !== 'change-provisioning') return undefined;
      const scope = { kind: 'account', accountId } as const;
      const preview = parts.provisioning.preview(scope, step.connectionId, step.change);
      return preview?.needsConfirmation
        ? `This takes the numbers of ${preview.leave} people away at once.`
        : undefined;
    },
    settled: async () => void (await parts.refresh()),
  };
  return createTenantFileBoard({ ground, audit, wall: parts.wall });
}

/** Thrown so that nothing of the transaction stays. */
class NothingMade extends Error {}

type AfterStep =
  | ConnectionStep
  | Extract<Step, { do: 'change-provisioning' | 'change-presence' | 'change-own-connections' }>;
const isConnectionStep = (step: Step): step is ConnectionStep =>
  step.do === 'change-features' || step.do === 'choose-music';
const isAfterStep = (step: Step): step is AfterStep =>
  isConnectionStep(step) ||
  step.do === 'change-provisioning' ||
  step.do === 'change-presence' ||
  step.do === 'change-own-connections';
const isOf = ({ id, routingDomains }: TenantState['microsoft'][number], step: ConnectionStep): boolean =>
  step.do === 'change-features'
    ? id === step.connectionId
    : routingDomains.some((domain) => domain.id === step.domainId);
const isNumberStep = (step: Step): step is NumberStep => step.do.endsWith('-number');
const isPersonStep = (step: Step): step is PersonStep => step.do.endsWith('-person');
const isCarrierStep = (step: Step): step is CarrierStep => step.do.endsWith('-carrier');
const isSignInStep = (step: Step): step is SignInStep => step.do.endsWith('-sign-in');
const isLineStep = (step: Step): step is LineStep => /-(queue|phone)$/.test(step.do);

/** People whose queue, phone or sign-in changes: the audit names them as they were. */
const membersOf = (steps: readonly Step[]) =>
  steps.flatMap((step) =>
    step.do === 'change-queue' || step.do === 'remove-queue'
      ? step.queue.members.map(({ personId }) => personId)
      : (step.do === 'change-phone' || step.do === 'remove-phone') && step.phone.personId
        ? [step.phone.personId]
        : (step.do === 'change-sign-in' || step.do === 'remove-sign-in') && step.signIn.personId
          ? [step.signIn.personId]
          : [],
  );

/** Numbers that a queue or a phone wants: nobody gets them as the next free one. */
const numbersAsked = (steps: readonly Step[]): ReadonlySet<string> =>
  new Set(
    steps.flatMap((step) =>
      'wish' in step && 'number' in step.wish && typeof step.wish.number === 'string'
        ? [step.wish.number]
        : [],
    ),
  );
