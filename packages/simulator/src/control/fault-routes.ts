import { carrierFaults, dnsFaults, graphFaults, hubFaults, loginFaults } from '../faults/fault-board.ts';
import { problem } from './problem.ts';
import { type Route, route } from './route.ts';
import * as schemas from './schemas.ts';

/** What is broken on purpose. */
export const faultRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/faults',
    summary: 'What can be broken, and what is',
    run: ({ twin }) => ({
      active: twin.faults.list(),
      known: {
        hub: hubFaults,
        carrier: carrierFaults,
        dns: dnsFaults,
        login: loginFaults,
        graph: graphFaults,
      },
    }),
  }),
  route({
    method: 'POST',
    path: '/faults',
    summary: 'Break something',
    body: schemas.faultSetting,
    run: async ({ twin }, { body }, reply) => {
      const { fault, ...target } = body;
      const set = await twin.faults.set(target, fault);
      return set ?? problem(reply, 422, 'unknown-fault', `${body.at} has no fault ${fault}: see GET /faults`);
    },
  }),
  route({
    method: 'DELETE',
    path: '/faults',
    summary: 'Mend everything',
    run: async ({ twin }) => ({ cleared: await twin.faults.clear() }),
  }),
  route({
    method: 'DELETE',
    path: '/faults/:id',
    summary: 'Mend one thing',
    run: async ({ twin }, { params }, reply) => {
      const cleared = await twin.faults.clear(params.id);
      return cleared > 0 ? { cleared } : problem(reply, 404, 'unknown-fault', `${params.id} is not broken`);
    },
  }),
];
