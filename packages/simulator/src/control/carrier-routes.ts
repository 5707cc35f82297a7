import type { CarrierCall } from '../carrier/carrier-call.ts';
import { rehearsalWorld } from '../world/rehearsal-world.ts';
import { problem } from './problem.ts';
import { type Route, route } from './route.ts';
import * as schemas from './schemas.ts';

const carrierActions: Record<
  string,
  (call: CarrierCall) => Promise<string | undefined> | string | undefined
> = {
  hold: (call) => call.reoffer('sendonly'),
  resume: (call) => call.reoffer('sendrecv'),
  hangup: (call) => {
    call.hangUp();
    return undefined;
  },
};

/** The rehearsal carrier, its numbers and what parties there do. */
export const carrierRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/carrier',
    summary: 'Numbers, habits and calls of the rehearsal carrier',
    run: ({ twin: { carrier } }) => ({
      ports: carrier.ports,
      defaultHabit: carrier.defaultHabit,
      numbers: [...carrier.habits].map(([number, habit]) => ({
        number,
        name: rehearsalWorld.carrier.numbers.find((known) => known.number === number)?.name,
        habit,
      })),
      calls: [...carrier.calls.values()].map((call) => call.view()),
    }),
  }),
  route({
    method: 'PATCH',
    path: '/carrier',
    summary: 'How the carrier treats calls to its numbers',
    body: schemas.carrierChange,
    run: ({ twin: { carrier } }, { body }) => {
      if (body.defaultHabit) carrier.defaultHabit = body.defaultHabit;
      if (body.number !== undefined && body.habit !== undefined) {
        if (body.habit === null) carrier.habits.delete(body.number);
        else carrier.habits.set(body.number, body.habit);
      }
      return { defaultHabit: carrier.defaultHabit, numbers: Object.fromEntries(carrier.habits) };
    },
  }),
  route({
    method: 'POST',
    path: '/carrier/call',
    summary: 'A party at the carrier calls a number; answers when the INVITE is out',
    body: schemas.carrierCallTo,
    run: async ({ twin }, { body }) => {
      const { protocol, ...rest } = body;
      return (await twin.carrier.place({ ...rest, ...(protocol ? { protocol } : {}) })).view();
    },
  }),
  ...Object.keys(carrierActions).map((action) =>
    route({
      method: 'POST',
      path: `/carrier/${action}`,
      summary: `A party at the carrier does: ${action}`,
      body: schemas.carrierAction,
      run: async ({ twin: { carrier } }, { body }, reply) => {
        const calls = [...carrier.calls.values()];
        const call = body.call === undefined ? calls[0] : carrier.calls.get(body.call);
        if (!call) return problem(reply, 409, 'no-call', 'there is no such call');
        const why = await carrierActions[action]?.(call);
        return why === undefined ? call.view() : problem(reply, 409, 'not-possible', why);
      },
    }),
  ),
];
