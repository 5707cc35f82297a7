import type { ClientCall, TeamsClients } from '../clients/teams-client.ts';
import { noUser, problem } from './problem.ts';
import { type Body, type Route, type RouteContext, route } from './route.ts';
import * as schemas from './schemas.ts';

function clientsOf(context: RouteContext, upn: string | undefined): TeamsClients | undefined {
  return context.twin.clients.get((upn ?? '').toLowerCase());
}

function callOf(clients: TeamsClients, guid: string | undefined): ClientCall | string {
  const calls = [...clients.calls.values()];
  if (guid !== undefined) return clients.calls.get(guid) ?? `no call ${guid}`;
  if (calls.length === 1) return calls[0] as ClientCall;
  return calls.length === 0 ? 'there is no call' : 'there are several calls: say which';
}

const actions: Record<
  string,
  (
    call: ClientCall,
    body: Body<typeof schemas.clientAction>,
  ) => Promise<string | undefined> | string | undefined
> = {
  answer: (call, body) => call.answer(body.client),
  decline: (call) => call.decline(),
  hold: (call) => call.hold(),
  resume: (call) => call.resume(),
  refresh: (call) => call.refresh(),
  digits: (call, body) => (body.digits === undefined ? 'digits are missing' : call.sendDigits(body.digits)),
  hangup: (call) => {
    call.hangUp();
    return undefined;
  },
};

/** What people do with Teams, on whichever client. */
export const clientRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/clients/:upn',
    summary: 'Clients, calls and call history of a user',
    run: (context, { params }, reply) => clientsOf(context, params.upn)?.view() ?? noUser(reply, params.upn),
  }),
  route({
    method: 'PATCH',
    path: '/clients/:upn',
    summary: 'How the clients take calls',
    body: schemas.clientChange,
    run: (context, { params, body }, reply) => {
      const clients = clientsOf(context, params.upn);
      if (!clients) return noUser(reply, params.upn);
      if (body.answers) clients.answers = body.answers;
      if (body.silent183 !== undefined) clients.forks.silent183 = body.silent183;
      if (body.silentFork !== undefined) clients.forks.silentFork = body.silentFork;
      if (body.sessionOutlivesDisabling !== undefined)
        clients.sessionOutlivesDisabling = body.sessionOutlivesDisabling;
      if (body.voicemailAfterMs !== undefined) clients.voicemailAfterMs = body.voicemailAfterMs ?? undefined;
      return clients.view();
    },
  }),
  ...(['sign-in', 'sign-out'] as const).map((action) =>
    route({
      method: 'POST',
      path: `/clients/:upn/${action}`,
      summary: action === 'sign-in' ? 'A client signs in' : 'A client signs out',
      body: schemas.signIn,
      run: (context, { params, body }, reply) => {
        const clients = clientsOf(context, params.upn);
        if (!clients) return noUser(reply, params.upn);
        if (action === 'sign-in') clients.signedIn.add(body.client);
        else clients.signedIn.delete(body.client);
        return clients.view();
      },
    }),
  ),
  route({
    method: 'POST',
    path: '/clients/:upn/relaunch',
    summary: 'The user restarts Teams',
    run: (context, { params }, reply) => {
      const clients = clientsOf(context, params.upn);
      if (!clients) return noUser(reply, params.upn);
      clients.relaunch();
      return clients.view();
    },
  }),
  route({
    method: 'POST',
    path: '/clients/:upn/call',
    summary: 'The user dials a number; answers when the INVITE is out',
    body: schemas.clientCallTo,
    run: async ({ twin }, { params, body }, reply) => {
      const placed = await twin.proxy.place({
        upn: params.upn ?? '',
        to: body.to,
        ...(body.region ? { region: body.region } : {}),
      });
      if (!placed.ok) return problem(reply, 409, 'not-placed', `${placed.status}: ${placed.why}`);
      return placed.call.view();
    },
  }),
  ...Object.keys(actions).map((action) =>
    route({
      method: 'POST',
      path: `/clients/:upn/${action}`,
      summary: `The client does: ${action}`,
      body: schemas.clientAction,
      run: async (context, { params, body }, reply) => {
        const clients = clientsOf(context, params.upn);
        if (!clients) return noUser(reply, params.upn);
        const call = callOf(clients, body.call);
        if (typeof call === 'string') return problem(reply, 409, 'no-call', call);
        if (body.region && 'laterRegion' in call) call.laterRegion = body.region;
        const why = await actions[action]?.(call, body);
        return why === undefined ? call.view() : problem(reply, 409, 'not-possible', why);
      },
    }),
  ),
];
