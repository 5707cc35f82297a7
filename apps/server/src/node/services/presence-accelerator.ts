import { createPrivateKey, type KeyObject, randomBytes } from 'node:crypto';
import type { MicrosoftEndpoints } from '@tandem/adapters/graph/endpoints.ts';
import type { GraphClient } from '@tandem/adapters/graph/graph-client.ts';
import type { HttpsExchange } from '@tandem/adapters/graph/https-exchange.ts';
import { PresenceSubscription } from '@tandem/adapters/graph/presence-subscription.ts';
import {
  createPresenceInbox,
  type InboxResult,
} from '@tandem/adapters/graph-notifications/presence-inbox.ts';
import { hooksPath } from '@tandem/adapters/graph-notifications/receiver.ts';
import type { SubscriptionBook } from '@tandem/adapters/graph-notifications/subscription-book.ts';
import { createMicrosoftKeys } from '@tandem/adapters/microsoft-sign-in/microsoft-keys.ts';
import { makeCertificate } from '@tandem/adapters/microsoft-sign-in/own-certificate.ts';
import type { AccountId, PersonId, RoutingSnapshot, SignInId } from '@tandem/domain';
import {
  assignWatched,
  type Clock,
  type PresencePerson,
  type PresencePolicies,
  type SignInKeeper,
  type StoredSignIn,
  type TeamsRead,
} from '@tandem/engine';
import type { NotificationTaker } from './directory.ts';

export interface AcceleratorParts {
  readonly keeper: SignInKeeper;
  readonly graphOf: (signIn: StoredSignIn) => GraphClient;
  /** Told after sign-ins or settings changed. Returns the way to stop. */
  readonly onChange: (heard: () => void) => () => void;
  readonly people: () => readonly PresencePerson[];
  readonly policies: PresencePolicies;
  readonly snapshot: () => RoutingSnapshot;
  readonly book: SubscriptionBook;
  readonly clock: Clock;
  readonly endpoints: MicrosoftEndpoints;
  readonly https: HttpsExchange;
  readonly clientId: string | undefined;
  /** Where Microsoft reaches this platform, without a slash at the end. Undefined: nowhere. */
  readonly publicUrl: () => string | undefined;
  readonly heard: (entraTenantId: string, objectId: string, read: TeamsRead) => void;
  readonly hinted: (entraTenantId: string, objectId: string) => void;
  readonly onResult?: (result: InboxResult) => void;
  readonly onProblem: (what: string, accountId: AccountId | undefined) => void;
}

export interface AcceleratedSignIn {
  readonly signIn: StoredSignIn;
  readonly watching: number;
  /** What Microsoft said last, while nothing is told. */
  readonly trouble?: string;
}

export interface Acceleration {
  /** Whether Microsoft can reach us, and our app is there. */
  readonly possible: boolean;
  readonly signIns: readonly AcceleratedSignIn[];
  /** People of the account who are read from Teams. */
  readonly people: number;
}

export interface Accelerator extends NotificationTaker {
  of(accountId: AccountId): Acceleration;
  /** Microsoft shall stop to tell by this sign-in, while there is a token to say so. */
  giveUp(id: SignInId): Promise<void>;
  start(): void;
  stop(): Promise<void>;
}

/** Whom to watch may be others as people come and go; Microsoft is not asked because of each. */
const lookEveryMs = 30_000;
const certificateDays = 400;
const farewellMs = 500;

interface Running {
  readonly signIn: StoredSignIn;
  readonly subscription: PresenceSubscription;
  ids: readonly string[];
}

/**
 * Changes of presence that Microsoft tells of by itself, by the sign-ins that an account gave for it (G20, N52). It adds to polling
 * and takes nothing from it: whatever becomes of a subscription, everybody is read as before.
 */
export function createAccelerator(parts: AcceleratorParts): Accelerator {
  const { keeper, clock, book } = parts;
  const running = new Map<SignInId, Running>();
  let stopped = true;
  let cancelLook: (() => void) | undefined;
  let stopListening: (() => void) | undefined;
  /** Made when it is first needed; it lives and dies with the process, as what is sealed for it does. */
  let sealing: Promise<{ readonly base64: string; readonly id: string }> | undefined;
  const privateKeys = new Map<string, KeyObject>();

  async function makeKey(): Promise<{ readonly base64: string; readonly id: string }> {
    const made = await makeCertificate('Tandem notifications', clock.wall(), certificateDays);
    const id = randomBytes(12).toString('hex');
    privateKeys.set(id, createPrivateKey(made.privateKey));
    return { base64: made.certificate.replace(/-----[A-Z ]+-----|\s/g, ''), id };
  }

  const inbox =
    parts.clientId === undefined
      ? undefined
      : createPresenceInbox({
          keys: createMicrosoftKeys({ login: parts.endpoints.login, https: parts.https, wall: clock.wall }),
          clientId: parts.clientId,
          login: parts.endpoints.login,
          wall: clock.wall,
          contentKeys: (id) => privateKeys.get(id),
          onPresence: parts.heard,
          onHint: parts.hinted,
          onResult: (result) => parts.onResult?.(result),
        });

  const isWanted = (signIn: StoredSignIn): boolean =>
    signIn.use === 'accelerator' &&
    signIn.life.state === 'CONNECTED' &&
    keeper.settingsOf(signIn.accountId).accelerate &&
    parts.snapshot().accounts.get(signIn.accountId)?.status === 'active';

  /** Those whom a queue may ring first, then who has a number, then all others: by object id, each once. */
  function peopleOf(accountId: AccountId, entraTenantId: string): readonly string[] {
    const { queues, people } = parts.snapshot();
    const inQueue = new Set<PersonId>(
      [...(queues?.values() ?? [])].flatMap(({ members }) => members.map(({ personId }) => personId)),
    );
    const rank = (personId: PersonId): number =>
      inQueue.has(personId) ? 0 : (people.get(personId)?.numbers.length ?? 0) > 0 ? 1 : 2;
    const wanted = parts
      .people()
      .filter(
        (one) =>
          one.accountId === accountId &&
          one.entraTenantId === entraTenantId &&
          parts.policies.of(one.personId).readsTeams,
      );
    wanted.sort((a, b) => rank(a.personId) - rank(b.personId) || (a.objectId < b.objectId ? -1 : 1));
    return [...new Set(wanted.map(({ objectId }) => objectId))];
  }

  async function open(signIn: StoredSignIn, base: string): Promise<void> {
    sealing ??= makeKey();
    const certificate = await sealing;
    // Ended, or begun by another look, while the key was made.
    if (stopped || running.has(signIn.id) || !keeper.find(signIn.id)) return;
    const subscription = new PresenceSubscription({
      graph: parts.graphOf(signIn),
      connectionId: signIn.id,
      notificationUrl: `${base}${hooksPath}/${signIn.id}`,
      book,
      clock,
      newSecret: () => randomBytes(32).toString('base64url'),
      certificate,
    });
    running.set(signIn.id, { signIn, subscription, ids: [] });
    assign();
    subscription.start();
  }

  function assign(): void {
    const groups = Map.groupBy(
      running.values(),
      ({ signIn }) => `${signIn.accountId} ${signIn.entraTenantId}`,
    );
    for (const group of groups.values()) {
      const [first] = group;
      if (!first) continue;
      const { accountId, entraTenantId } = first.signIn;
      const lists = assignWatched(
        group.map(({ ids }) => ids),
        peopleOf(accountId, entraTenantId),
      );
      for (const [i, one] of group.entries()) {
        one.ids = lists[i] ?? [];
        one.subscription.watch(one.ids);
      }
    }
  }

  function look(): void {
    if (stopped) return;
    const base = parts.publicUrl();
    for (const [id, { subscription }] of running) {
      const signIn = keeper.find(id);
      if (signIn && isWanted(signIn) && base !== undefined) continue;
      running.delete(id);
      // With a sign-in that works Microsoft is told; without one the subscription runs out within the hour.
      void subscription.end();
    }
    if (base !== undefined && parts.clientId !== undefined)
      for (const signIn of keeper.list())
        if (isWanted(signIn) && !running.has(signIn.id))
          void open(signIn, base).catch((error: Error) =>
            parts.onProblem(`the speed-up of presence: ${error.message}`, signIn.accountId),
          );
    assign();
  }

  function again(): void {
    cancelLook = clock.after(lookEveryMs, () => {
      look();
      if (!stopped) again();
    });
  }

  return {
    of(accountId) {
      const signIns = keeper.acceleratorsOf(accountId).map((signIn): AcceleratedSignIn => {
        const subscription = running.get(signIn.id)?.subscription;
        const { watching = 0, trouble } = subscription ?? {};
        return { signIn, watching, ...(trouble !== undefined && { trouble }) };
      });
      const people = parts
        .people()
        .filter((one) => one.accountId === accountId && parts.policies.of(one.personId).readsTeams);
      return {
        possible: parts.clientId !== undefined && parts.publicUrl() !== undefined,
        signIns,
        people: people.length,
      };
    },
    hint(signInId, hint) {
      const found = running.get(signInId as SignInId);
      if (hint.kind === 'reauthorize') found?.subscription.reauthorize();
      else found?.subscription.heard();
    },
    content(signInId, post) {
      running.get(signInId as SignInId)?.subscription.heard();
      void inbox?.(post);
    },
    async giveUp(id) {
      const found = running.get(id);
      running.delete(id);
      await found?.subscription.end();
    },
    start() {
      stopped = false;
      stopListening = parts.onChange(look);
      look();
      again();
    },
    async stop() {
      stopped = true;
      cancelLook?.();
      stopListening?.();
      const ends = [...running.values()].map(({ subscription }) => subscription.end());
      running.clear();
      await Promise.race([
        Promise.all(ends),
        new Promise<void>((resolve) => void clock.after(farewellMs, resolve)),
      ]);
    },
  };
}
