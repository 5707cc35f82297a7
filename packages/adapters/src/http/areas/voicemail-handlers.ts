import type { VoicemailMessage, VoicemailOfAccount, VoicemailOfPerson } from '@tandem/contract';
import type { voicemailRoutes } from '@tandem/contract/areas/voicemail-routes.ts';
import { type Account, type AccountId, type Person, type PersonId, voicemailDefaults } from '@tandem/domain';
import type { KeptMessage } from '../../postgres/voicemail-store.ts';
import { actorOf } from '../auth/actor.ts';
import { bytesAnswer } from '../bytes-answer.ts';
import type { HandlersOf } from '../handlers.ts';
import { Refusal } from '../refusal.ts';
import { narrow, type Scope, seesPerson } from '../scope.ts';
import type { ApiServices } from '../services.ts';
import { toCard } from '../views/contact-view.ts';
import { compact, instant } from '../views/shape.ts';

/** Mailboxes (product-behaviour 4.13). */
export function voicemailHandlers(services: ApiServices): HandlersOf<typeof voicemailRoutes> {
  const { directory, contacts, voicemail } = services;
  const none = () => new Refusal('not-found');
  const noMessage = () => new Refusal('not-found', { detail: 'There is no such message.' });
  const within = (accountId: AccountId): Scope => ({ kind: 'account', accountId });

  async function personIn(scope: Scope, id: string): Promise<Person | undefined> {
    const person = await directory.person(scope, id);
    return person && seesPerson(scope, { accountId: person.accountId, personId: person.id })
      ? person
      : undefined;
  }

  async function accountIn(scope: Scope, id: string): Promise<Account | undefined> {
    const narrowed = narrow(scope, id);
    return narrowed && (await directory.accounts(narrowed, { limit: 1 })).items[0];
  }

  /** Who left each, as far as the account knows them, and how they are now. */
  async function shown(owner: Person, messages: readonly KeptMessage[]): Promise<VoicemailMessage[]> {
    const byNumber = await contacts.peopleByNumber(
      owner.accountId,
      messages.map(({ from }) => from),
    );
    const people = new Map<PersonId, Person | undefined>();
    const callerOf = async ({ callingPersonId, from }: KeptMessage): Promise<Person | undefined> => {
      const personId = callingPersonId ?? byNumber.get(from);
      if (personId === undefined) return undefined;
      if (!people.has(personId))
        people.set(personId, await directory.person(within(owner.accountId), personId));
      return people.get(personId);
    };
    const items: VoicemailMessage[] = [];
    for (const message of messages) {
      const person = await callerOf(message);
      const { id, callId, from, callerName, atWallMs, lengthMs, heardAtWallMs } = message;
      items.push(
        compact({
          id,
          callId,
          from,
          callerName,
          card: person && toCard({ person, presence: services.presence.of(person.id) }),
          leftAt: instant(atWallMs),
          lengthMs,
          heardAt: heardAtWallMs === undefined ? undefined : instant(heardAtWallMs),
        }),
      );
    }
    return items;
  }

  async function settingsOf({ accountId, id: personId }: Person): Promise<VoicemailOfPerson> {
    const { own, account, counts } = await voicemail.ofPerson(accountId, personId);
    const ofAccount = account.owner ?? voicemailDefaults.owner;
    return compact({
      personId,
      owner: own.owner ?? ofAccount,
      chosen: own.owner,
      ofAccount,
      greetingMs: own.greetingMs,
      accountGreetingMs: account.greetingMs,
      ...counts,
    });
  }

  async function ofAccount(accountId: AccountId): Promise<VoicemailOfAccount> {
    const { account, counts, announcementMs } = await voicemail.ofAccount(accountId);
    return compact({
      accountId,
      owner: account.owner ?? voicemailDefaults.owner,
      maxSeconds: account.maxSeconds ?? voicemailDefaults.maxSeconds,
      retentionDays: account.retentionDays ?? voicemailDefaults.retentionDays,
      greetingMs: account.greetingMs,
      announcementMs,
      ...counts,
    });
  }

  const unusable = (say: string) =>
    new Refusal('invalid-request', { errors: [{ path: 'wav', message: say }] });

  return {
    'voicemail.messages': async ({ scope, input }) => {
      const owner = await personIn(scope, input.params.id);
      if (!owner) return none();
      const { items, nextCursor } = await voicemail.list(owner.accountId, owner.id, input.query);
      return compact({ items: await shown(owner, items), nextCursor });
    },
    'voicemail.sound': async ({ scope, input, caller }) => {
      const owner = await personIn(scope, input.params.id);
      const sound = owner && (await voicemail.sound(owner.accountId, owner.id, input.params.message));
      return sound ? bytesAnswer(sound, 'audio/wav', caller.range) : noMessage();
    },
    'voicemail.change': async ({ scope, input }) => {
      const owner = await personIn(scope, input.params.id);
      if (!owner) return none();
      const { heard } = input.body;
      const message = await voicemail.setHeard(owner.accountId, owner.id, input.params.message, heard);
      const [item] = message ? await shown(owner, [message]) : [];
      return item ?? noMessage();
    },
    'voicemail.delete': async ({ scope, input }) => {
      const owner = await personIn(scope, input.params.id);
      if (!owner) return none();
      const gone = await voicemail.remove(owner.accountId, owner.id, input.params.message);
      return gone ? undefined : noMessage();
    },
    'voicemail.read': async ({ scope, input }) => {
      const person = await personIn(scope, input.params.id);
      return person ? await settingsOf(person) : none();
    },
    'voicemail.choose': async ({ scope, input, principal, caller }) => {
      const person = await personIn(scope, input.params.id);
      if (!person) return none();
      const by = actorOf(principal, caller);
      const done = await voicemail.choose(person.accountId, person.id, input.body, by);
      return done ? await settingsOf(person) : none();
    },
    'voicemail.greet': async ({ scope, input, principal, caller }) => {
      const person = await personIn(scope, input.params.id);
      if (!person) return none();
      const file = Buffer.from(input.body.wav, 'base64');
      const outcome = await voicemail.greet(person.accountId, person.id, file, actorOf(principal, caller));
      return outcome.ok ? await settingsOf(person) : unusable(outcome.say);
    },
    'voicemail.ungreet': async ({ scope, input, principal, caller }) => {
      const person = await personIn(scope, input.params.id);
      if (!person) return none();
      await voicemail.greet(person.accountId, person.id, undefined, actorOf(principal, caller));
      return undefined;
    },
    'voicemail.account': async ({ scope, input }) => {
      const account = await accountIn(scope, input.params.id);
      return account ? await ofAccount(account.id) : none();
    },
    'voicemail.changeAccount': async ({ scope, input, principal, caller }) => {
      const account = await accountIn(scope, input.params.id);
      if (!account) return none();
      await voicemail.choose(account.id, undefined, input.body, actorOf(principal, caller));
      return await ofAccount(account.id);
    },
    'voicemail.greetAccount': async ({ scope, input, principal, caller }) => {
      const account = await accountIn(scope, input.params.id);
      if (!account) return none();
      const file = Buffer.from(input.body.wav, 'base64');
      const outcome = await voicemail.greet(account.id, undefined, file, actorOf(principal, caller));
      return outcome.ok ? await ofAccount(account.id) : unusable(outcome.say);
    },
    'voicemail.announceAccount': async ({ scope, input, principal, caller }) => {
      const account = await accountIn(scope, input.params.id);
      if (!account) return none();
      const file = Buffer.from(input.body.wav, 'base64');
      const outcome = await voicemail.announce(account.id, file, actorOf(principal, caller));
      return outcome.ok ? await ofAccount(account.id) : unusable(outcome.say);
    },
    'voicemail.unannounceAccount': async ({ scope, input, principal, caller }) => {
      const account = await accountIn(scope, input.params.id);
      if (!account) return none();
      await voicemail.announce(account.id, undefined, actorOf(principal, caller));
      return undefined;
    },
    'voicemail.ungreetAccount': async ({ scope, input, principal, caller }) => {
      const account = await accountIn(scope, input.params.id);
      if (!account) return none();
      await voicemail.greet(account.id, undefined, undefined, actorOf(principal, caller));
      return undefined;
    },
  };
}
