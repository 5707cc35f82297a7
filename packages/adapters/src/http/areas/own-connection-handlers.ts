import { roleMay } from '@tandem/contract';
import type { ownConnectionRoutes } from '@tandem/contract/areas/own-connection-routes.ts';
import { type AccountId, asPersonId, type Person } from '@tandem/domain';
import type { OwnAsker, OwnOutcome } from '@tandem/engine/own-connection/own-connection-desk.ts';
import { actorOf } from '../auth/actor.ts';
import type { Principal } from '../auth/principal.ts';
import type { Caller, HandlersOf } from '../handlers.ts';
import { Refusal } from '../refusal.ts';
import { narrow, type Scope, seesAccount, seesPerson } from '../scope.ts';
import type { ApiServices } from '../services.ts';
import { askerOf } from './connection-handlers.ts';

const notFound = (): Refusal => new Refusal('not-found');

/** Own connections of people, and sign-ins that make presence faster. */
export function ownConnectionHandlers(services: ApiServices): HandlersOf<typeof ownConnectionRoutes> {
  const { directory, ownConnections: board } = services;

  async function personIn(scope: Scope, id: string): Promise<Person | undefined> {
    const person = await directory.person(scope, id);
    return person && seesPerson(scope, { accountId: person.accountId, personId: person.id })
      ? person
      : undefined;
  }
  async function accountOf(scope: Scope, id: string): Promise<AccountId | undefined> {
    const narrowed = narrow(scope, id);
    return narrowed && (await directory.accounts(narrowed, { limit: 1 })).items[0]?.id;
  }

  return {
    'ownConnection.read': async ({ scope, input }) => {
      const person = await personIn(scope, input.params.id);
      return person ? board.show(person) : notFound();
    },
    'ownConnection.begin': async ({ scope, input, principal, caller }) => {
      const person = await personIn(scope, input.params.id);
      if (!person) return notFound();
      return settled(await board.begin(person, input.body, ownAsker(scope, principal, caller)));
    },
    'ownConnection.complete': async ({ scope, input, principal, caller }) =>
      settled(await board.complete(input.body, ownAsker(scope, principal, caller))),
    'ownConnection.disconnect': async ({ scope, input, principal, caller }) => {
      const person = await personIn(scope, input.params.id);
      if (!person) return notFound();
      await board.disconnect(person, actorOf(principal, caller));
      return board.show(person);
    },
    'acceleration.read': async ({ scope, input }) => {
      const accountId = await accountOf(scope, input.params.id);
      return accountId ? board.acceleration(accountId) : notFound();
    },
    'acceleration.change': async ({ scope, input, principal, caller }) => {
      const accountId = await accountOf(scope, input.params.id);
      if (!accountId) return notFound();
      await board.change(accountId, input.body, actorOf(principal, caller));
      return board.acceleration(accountId);
    },
    'acceleration.begin': async ({ scope, input, principal, caller }) => {
      const accountId = await accountOf(scope, input.params.id);
      if (!accountId) return notFound();
      const by = ownAsker(scope, principal, caller);
      return settled(await board.beginAccelerator(accountId, input.body.returnTo, by));
    },
    'acceleration.remove': async ({ scope, input, principal, caller }) => {
      const accountId = await accountOf(scope, input.params.id);
      if (!accountId) return notFound();
      await board.removeAccelerator(accountId, input.params.signIn, actorOf(principal, caller));
      return board.acceleration(accountId);
    },
  };
}

function settled<Value>(outcome: OwnOutcome<Value>): Value | Refusal {
  if (outcome.ok) return outcome.value;
  return new Refusal(outcome.code, outcome.detail === undefined ? {} : { detail: outcome.detail });
}

/** A person only as a user who is that person: an administrator's session is nobody's own. */
const ownAsker = (scope: Scope, principal: Principal, caller: Caller): OwnAsker => ({
  ...askerOf(principal, caller),
  ...(scope.kind === 'person' &&
    principal.personId !== undefined && { personId: asPersonId(principal.personId) }),
  setsUp: (accountId) =>
    scope.kind !== 'person' &&
    roleMay(principal.role, 'presence-sync:write') &&
    seesAccount(scope, accountId),
});
