import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestNetwork, type TestPeer } from './test-network.ts';
import type { Dialog, FinalOutcome, InviteOptions, OutgoingInvite } from './types.ts';

const SDP = Buffer.from('v=0\r\n');

interface Call {
  invite: OutgoingInvite;
  dialog: Dialog | undefined;
  extras: Dialog[];
  provisional: number[];
  failed: FinalOutcome | undefined;
  finals: number;
}

/** `from` calls `to`; the caller ACKs by itself. */
export function call(from: TestPeer, to: TestPeer, more: Partial<InviteOptions> = {}): Call {
  const state: Omit<Call, 'invite'> = {
    dialog: undefined,
    extras: [],
    provisional: [],
    failed: undefined,
    finals: 0,
  };
  const invite = from.ua.invite(
    {
      requestUri: `sip:${to.name}@${to.host}:${to.port}`,
      from: `<sip:${from.name}@example.net>`,
      to: `<sip:${to.name}@example.net>`,
      contact: from.contact,
      destination: to.at('UDP'),
      body: SDP,
      handlers: {
        onProvisional: (response) => void state.provisional.push(response.status),
        onAccepted: (_response, dialog, extra) => {
          if (extra) state.extras.push(dialog);
          else {
            state.finals++;
            state.dialog = dialog;
            dialog.ack();
          }
        },
        onFailed: (outcome) => {
          state.finals++;
          state.failed = outcome;
        },
      },
      ...more,
    },
    from.net.now,
  );
  return Object.assign(state, { invite });
}

test('Alice calls Bob, he rings and answers, she hangs up: every message once', () => {
  const net = new TestNetwork();
  const alice = net.peer('alice');
  const bob = net.peer('bob', {
    onInvite: (invite) => {
      invite.progress(180, { contact: bob.contact });
      const dialog = invite.accept({ contact: bob.contact, body: SDP });
      dialog.onEnded = (why) => ends.push(why.kind);
    },
  });
  const ends: string[] = [];
  const made = call(alice, bob);
  net.run(100);
  assert.equal(made.dialog?.state, 'confirmed');
  assert.equal(bob.invites[0]?.state, 'confirmed');
  made.dialog!.onEnded = (why) => ends.push(why.kind);
  made.dialog?.bye();
  net.run(100);
  assert.deepEqual(net.ladder, [
    'alice>bob INVITE',
    'bob>alice 100 INVITE',
    'bob>alice 180 INVITE',
    'bob>alice 200 INVITE',
    'alice>bob ACK',
    'alice>bob BYE',
    'bob>alice 200 BYE',
  ]);
  assert.deepEqual(ends, ['bye-received', 'bye-sent']);
  net.settle();
  assert.deepEqual(alice.ua.counts, { transactions: 0, dialogs: 0 });
  assert.deepEqual(bob.ua.counts, { transactions: 0, dialogs: 0 });
});
