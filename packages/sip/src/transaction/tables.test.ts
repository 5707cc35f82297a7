/** The tables against the RFC's figures, edge by edge, and their shape. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dialogMachine } from '../dialog/dialog.machine.ts';
import { inviteTurn } from '../dialog/invite-turn.machine.ts';
import { drawMachine } from './diagram.ts';
import { inviteClient } from './invite-client.machine.ts';
import { inviteServer } from './invite-server.machine.ts';
import { nonInviteClient } from './non-invite-client.machine.ts';
import { nonInviteServer } from './non-invite-server.machine.ts';

type AnyMachine = Readonly<Record<string, Readonly<Record<string, readonly string[] | undefined>>>>;

const client = ['retransmit', 'timeout', 'linger', 'giveUp', 'r1xx', 'r2xx', 'r3xx6xx', 'transportError'];
const server = [
  'request',
  'ack',
  'send1xx',
  'send2xx',
  'send3xx6xx',
  'retransmit',
  'timeout',
  'linger',
  'transportError',
];

/** Every edge of the figure as `state input -> next`; whatever is not here must be ignored. */
const figures: readonly {
  name: string;
  machine: AnyMachine;
  inputs: readonly string[];
  last: string;
  edges: readonly string[];
}[] = [
  {
    name: 'INVITE client: RFC 3261 figure 5 with RFC 6026 figure 2',
    machine: inviteClient,
    inputs: client,
    last: 'terminated',
    edges: [
      'calling retransmit -> calling', // timer A
      'calling timeout -> terminated', // timer B
      'calling transportError -> terminated',
      'calling giveUp -> terminated', // §9.1
      'calling r1xx -> proceeding',
      'calling r2xx -> accepted',
      'calling r3xx6xx -> completed',
      'proceeding r1xx -> proceeding',
      'proceeding r2xx -> accepted',
      'proceeding r3xx6xx -> completed',
      'proceeding giveUp -> terminated', // §9.1
      'accepted r2xx -> accepted',
      'accepted linger -> terminated', // timer M
      'completed r3xx6xx -> completed',
      'completed transportError -> terminated',
      'completed linger -> terminated', // timer D
    ],
  },
  {
    name: 'non-INVITE client: RFC 3261 figure 6',
    machine: nonInviteClient,
    inputs: client,
    last: 'terminated',
    edges: [
      'trying retransmit -> trying', // timer E
      'trying timeout -> terminated', // timer F
      'trying transportError -> terminated',
      'trying giveUp -> terminated',
      'trying r1xx -> proceeding',
      'trying r2xx -> completed',
      'trying r3xx6xx -> completed',
      'proceeding retransmit -> proceeding',
      'proceeding timeout -> terminated',
      'proceeding transportError -> terminated',
      'proceeding giveUp -> terminated',
      'proceeding r1xx -> proceeding',
      'proceeding r2xx -> completed',
      'proceeding r3xx6xx -> completed',
      'completed linger -> terminated', // timer K
    ],
  },
  {
    name: 'INVITE server: RFC 3261 figure 7 with RFC 6026 figure 1',
    machine: inviteServer,
    inputs: server,
    last: 'terminated',
    edges: [
      'proceeding request -> proceeding',
      'proceeding send1xx -> proceeding',
      'proceeding send2xx -> accepted',
      'proceeding send3xx6xx -> completed',
      'accepted request -> accepted',
      'accepted ack -> accepted',
      'accepted send2xx -> accepted',
      'accepted linger -> terminated', // timer L
      'completed request -> completed',
      'completed ack -> confirmed',
      'completed retransmit -> completed', // timer G
      'completed timeout -> terminated', // timer H
      'confirmed request -> confirmed',
      'confirmed ack -> confirmed',
      'confirmed linger -> terminated', // timer I
    ],
  },
  {
    name: 'non-INVITE server: RFC 3261 figure 8',
    machine: nonInviteServer,
    inputs: server,
    last: 'terminated',
    edges: [
      'trying request -> trying',
      'trying send1xx -> proceeding',
      'trying send2xx -> completed',
      'trying send3xx6xx -> completed',
      'trying timeout -> terminated', // RFC 4320 §4.2
      'proceeding request -> proceeding',
      'proceeding send1xx -> proceeding',
      'proceeding send2xx -> completed',
      'proceeding send3xx6xx -> completed',
      'proceeding timeout -> terminated', // RFC 4320 §4.2
      'completed request -> completed',
      'completed linger -> terminated', // timer J
    ],
  },
  {
    name: 'dialog: RFC 3261 §12 and §15',
    machine: dialogMachine,
    inputs: ['accepted', 'inviteFailed', 'byeReceived', 'byeSent', 'byeFinished', 'gone'],
    last: 'ended',
    edges: [
      'early accepted -> confirmed',
      'early inviteFailed -> ended',
      'early byeReceived -> ended',
      'early byeSent -> leaving',
      'early gone -> ended',
      'confirmed byeReceived -> ended',
      'confirmed byeSent -> leaving',
      'confirmed gone -> ended',
      'leaving byeReceived -> ended',
      'leaving byeFinished -> ended',
    ],
  },
];

for (const { name, machine, inputs, last, edges } of figures) {
  test(`${name}: every state answers every input, and exactly as drawn`, () => {
    const drawn = new Set(edges);
    const found = new Set<string>();
    for (const [state, row] of Object.entries(machine)) {
      assert.deepEqual(Object.keys(row).sort(), [...inputs].sort(), `${state} lists or ignores every input`);
      for (const [input, step] of Object.entries(row)) {
        if (!step) continue;
        found.add(`${state} ${input} -> ${step[0]}`);
        assert.ok(step[0] && step[0] in machine, `${state} ${input} leads to a state`);
      }
    }
    assert.deepEqual([...found].sort(), [...drawn].sort());
    assert.ok(
      Object.values(machine[last] ?? {}).every((step) => step === undefined),
      `${last} is the end`,
    );
  });
}

test('the INVITE turn always comes back to idle: no state without a way out (RFC 3261 §14)', () => {
  for (const state of ['ours', 'theirs', 'unacked'] as const) {
    const next = Object.values(inviteTurn[state]).map((step) => step?.[0]);
    assert.ok(
      next.some((to) => to === 'idle' || to === 'unacked'),
      state,
    );
  }
  for (const row of Object.values(inviteTurn)) {
    assert.ok(row.weInvite && row.theyInvite, 'both kinds of INVITE are always decided');
  }
});

test('the diagram shows every edge that does something, from the first state to the last', () => {
  const diagram = drawMachine(inviteClient);
  assert.match(diagram, /^stateDiagram-v2\n {4}\[\*\] --> calling\n/);
  assert.match(diagram, / {4}calling --> completed: r3xx6xx \/ stopTimers, ack, linger, passUp\n/);
  assert.match(diagram, / {4}terminated --> \[\*\]\n$/);
});
