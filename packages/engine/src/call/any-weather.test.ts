import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asPersonId } from '@tandem/domain';
import type { TestPeer } from '@tandem/sip/ua/test-network.ts';
import { seededRandom } from '@tandem/sip/ua/test-network.ts';
import type { VoicemailStore } from '../ports/voicemail-store.ts';
import {
  type Answered,
  accept,
  account,
  acmeId,
  danaNumber,
  device,
  globexNumber,
  offerSdp,
  outside,
  type PlacedCall,
  World,
} from './test-world.ts';

/**
 * Whatever the network and the parties do: every call that was admitted has one record, opened once and closed once,
 * all legs are over, at most one branch was taken, no port is held, no timer is left (I4). One seed, one run; a failing seed is in the title.
 */
/** Raise to hunt; 300 took 35 s when this was written. */
const seeds = 15;
const firstSeed = 1;

function misbehave(world: World, peer: TestPeer, random: () => number): void {
  const pick = <T>(...choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T;
  peer.handlers = {
    onInvite: (invite) => {
      const act = (ms: number, work: () => void) => world.clock.after(ms, work);
      const ring = pick(0, 1, 2);
      if (ring > 0) act(random() * 3000, () => invite.progress(pick(180, 183), { contact: peer.contact }));
      if (ring > 1)
        act(random() * 3000, () =>
          invite.progress(183, { contact: peer.contact, body: offerSdp(), contentType: 'application/sdp' }),
        );
      const fate = pick('answer', 'answer', 'answer', 'refuse', 'silence', 'answer without SDP');
      if (fate === 'refuse')
        act(random() * 5000, () => invite.reject(pick(404, 408, 480, 486, 488, 500, 503, 603, 302)));
      // Even a dead phone gives up at last; our CANCEL may never have got through.
      if (fate === 'silence') act(100_000, () => invite.reject(480));
      if (fate === 'answer')
        act(random() * 5000, () => {
          const state: Answered = { invite, dialog: undefined, ends: [], requests: [] };
          invite.onAckTimeout = () => state.dialog?.bye();
          const dialog = accept(peer, invite, state);
          if (random() < 0.5) act(random() * 8000, () => dialog.bye());
          if (random() < 0.4)
            act(random() * 8000, () => hold(dialog, pick('sendonly', 'inactive', 'sendrecv')));
        });
      if (fate === 'answer without SDP')
        act(random() * 5000, () => {
          const dialog = invite.accept({ contact: peer.contact });
          invite.onAckTimeout = () => dialog.bye();
        });
    },
  };
}

function mailboxes(random: () => number): VoicemailStore & { readonly open: Set<string> } {
  const open = new Set<string>();
  let made = 0;
  return {
    open,
    newId: () => `message-${++made}`,
    async begin({ id }) {
      if (random() < 0.2) return undefined;
      open.add(id);
      return `/${id}`;
    },
    async finish(id) {
      open.delete(id);
      return { kept: true, lengthMs: 1_000 };
    },
    greetingOf: () => undefined,
  };
}

function hold(dialog: PlacedCall['dialog'], direction: string): void {
  if (dialog?.state !== 'confirmed') return;
  const body = offerSdp(`a=${direction}\r\n`);
  dialog.request({ method: 'INVITE', body, contentType: 'application/sdp', onFinal() {} });
}

for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
  test(`seed ${seed}: ten calls in bad weather, each with one record, nothing left over`, async () => {
    const random = seededRandom(seed * 7919);
    const voicemail = mailboxes(random);
    const world = new World({
      weather: { seed, loss: random() * 0.3, duplicate: random() * 0.3, jitterMs: random() * 200 },
      // Dana's calls have three branches.
      // Some are answered by a mailbox at last, or at once; some of those by one that has no room.
      choices: new Map([[acmeId, { owner: seed % 3 === 0 ? 'teams' : 'platform' }]]),
      accounts: [account('acme', { noAnswerSeconds: 5 }), account('globex')],
      voicemail,
      devices: [
        device('dana-desk', 'acme', { personId: asPersonId('Dana') }),
        device('dana-home', 'acme', { personId: asPersonId('Dana') }),
        device('lobby', 'acme', { extension: '1005' }),
      ],
    });
    for (const peer of world.net.peers) if (peer !== world.tandem) misbehave(world, peer, random);
    // Connections break too, now and then.
    if (random() < 0.4)
      world.clock.after(random() * 6000, () => world.net.cut(world.tandem, world.hubs[0] as TestPeer));
    const calls: PlacedCall[] = [];
    for (let count = 0; count < 10; count++) {
      world.clock.after(random() * 5000, () => {
        const call =
          random() < 0.2
            ? world.fromPhone(
                random() < 0.5 ? 'dana-desk' : 'lobby',
                random() < 0.3 ? outside : random() < 0.5 ? '1001' : '1002',
              )
            : random() < 0.5
              ? world.fromCarrier(
                  random() < 0.8 ? danaNumber : globexNumber,
                  random() < 0.2 ? { body: Buffer.alloc(0) } : {},
                )
              : world.fromTeams(random() < 0.7 ? outside : random() < 0.5 ? '1002' : '911');
        calls.push(call);
        const at = random() * 9000;
        if (random() < 0.3) world.clock.after(at, () => call.invite.cancel());
        if (random() < 0.4) world.clock.after(at, () => call.dialog?.bye());
        if (random() < 0.3) world.clock.after(at, () => hold(call.dialog, 'sendonly'));
      });
    }
    world.clock.after(random() * 12_000, () => {
      for (const relay of world.media.open.values()) if (random() < 0.2) relay.emit({ kind: 'engine-lost' });
    });
    for (let at = 0; at < 15_000; at += 700)
      world.clock.after(at, () => {
        for (const relay of world.media.open.values())
          if (random() < 0.5) relay.emit({ kind: 'played', side: 'a' });
          else if (random() < 0.1) relay.emit({ kind: 'recorded', side: 'a', end: 'full' });
      });
    await world.run(15_000, 20);
    // What still talks is hung up by its operator, or would talk for ever.
    for (const call of world.engine.activeCalls()) world.engine.hangUp(call.callId);
    await world.settle();

    assert.deepEqual(world.bugs, []);
    const opened = world.log.openedRecords.map((record) => record.callId);
    assert.deepEqual(world.log.closedRecords.map((record) => record.callId).sort(), opened.sort());
    for (const record of world.log.closedRecords) {
      assert.ok(record.result && record.code && record.endedBy && record.endedAt, JSON.stringify(record));
      assert.ok(record.why.length > 0);
      // Two answers may cross; only one of them ever becomes the other end.
      const taken = record.attempts.filter((attempt) => attempt.result === '200');
      assert.ok(taken.length <= 1, JSON.stringify(record.attempts));
    }
    assert.equal(world.media.open.size, 0);
    assert.deepEqual([...voicemail.open], [], 'every room for a message was looked at again');
    assert.equal(world.media.allocated, world.media.released);
    assert.equal(world.engine.activeCalls().length, 0);
    assert.equal(world.clock.timers.length, 0);
    for (const peer of world.net.peers)
      assert.deepEqual(peer.ua.counts, { transactions: 0, dialogs: 0 }, peer.name);
    for (const call of calls) assert.ok(call.accepted || call.failed, 'the caller was told something final');
  });
}
