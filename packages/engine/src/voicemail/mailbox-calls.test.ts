import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type AccountId,
  asPersonId,
  asQueueId,
  type CallId,
  type E164,
  type PersonId,
  queueDefaults,
  type VoicemailChoice,
  type VoicemailChoices,
} from '@tandem/domain';
import {
  accept,
  acmeId,
  answers,
  danaNumber,
  device,
  outside,
  person,
  refuses,
  rings,
  statuses,
  World,
  type WorldOptions,
} from '../call/test-world.ts';
import type { MediaEvent } from '../ports/media-port.ts';
import type { GateVerdict, PresenceGate } from '../ports/presence-gate.ts';
import type { MessageEnvelope, VoicemailStore } from '../ports/voicemail-store.ts';

const dana = asPersonId('Dana');
const desk = device('dana-desk', 'acme', { personId: dana });
const choices = (...rows: readonly (readonly [AccountId | PersonId, VoicemailChoice])[]): VoicemailChoices =>
  new Map(rows);
const platform = choices([acmeId, { owner: 'platform' }]);

class KeptMessages implements VoicemailStore {
  readonly begun: MessageEnvelope[] = [];
  readonly finished: string[] = [];
  full = false;
  lengthMs = 5_000;
  greeting: string | undefined;
  newId(): string {
    return `message-${this.begun.length + 1}`;
  }
  async begin(envelope: MessageEnvelope): Promise<string | undefined> {
    if (this.full) return undefined;
    this.begun.push(envelope);
    return `/spool/${envelope.id}`;
  }
  async finish(id: string): ReturnType<VoicemailStore['finish']> {
    this.finished.push(id);
    return { kept: this.lengthMs >= 1_000, lengthMs: this.lengthMs };
  }
  greetingOf(): string | undefined {
    return this.greeting;
  }
}

function worldWith(more: Partial<WorldOptions> = {}): World & { messages: KeptMessages } {
  const messages = new KeptMessages();
  const world = new World({ choices: platform, voicemail: messages, ...more });
  return Object.assign(world, { messages });
}

const says = (world: World, event: MediaEvent): void => {
  for (const { emit } of world.media.open.values()) emit(event);
};
const played = async (world: World): Promise<void> => {
  says(world, { kind: 'played', side: 'a' });
  await world.run(50);
};
const why = (world: World): string => world.log.closedRecords.at(-1)?.why.join(' ') ?? '';
/** What the media engine did for the caller since the mailbox took over. */
const sounds = (world: World): string[] =>
  world.media.log.filter((line) => /^(?:play|record|recorded|leave)/.test(line));

test('Dana does not answer for 25 s: Teams is cancelled, the caller hears the greeting and the beep and leaves a message', async () => {
  const world = worldWith();
  const hub = rings(world.hubs[0]!);
  const call = world.fromCarrier(danaNumber);
  await world.run(24_000);
  assert.deepEqual([statuses(call), hub.ends.length], [[180], 0]);
  await world.run(2_000);
  assert.deepEqual(statuses(call), [180, 200]);
  assert.match(hub.ends[0] ?? '', /cause=19/);
  assert.deepEqual(sounds(world), ['leave b', 'play mailbox a']);
  await played(world);
  await played(world);
  assert.deepEqual(sounds(world).slice(2), ['play beep a', 'record a /spool/message-1 180000']);
  const [envelope] = world.messages.begun;
  assert.deepEqual(
    [envelope?.accountId, envelope?.personId, envelope?.from, envelope?.callerName],
    [acmeId, dana, outside, 'Pat Example'],
  );
  call.dialog?.bye();
  await world.settle();
  assert.deepEqual(sounds(world).slice(4), ['recorded a']);
  assert.deepEqual(world.messages.finished, ['message-1']);
  const [record] = world.log.closedRecords;
  assert.deepEqual(
    [record?.code, record?.result, record?.endedBy, record?.answeredMs, record?.personId],
    ['voicemail', 'no-answer', 'caller', undefined, dana],
  );
  assert.match(why(world), /Nobody answered\. The mailbox of Dana answered\. .* A message of 5 s was left\./);
  assert.deepEqual([world.media.open.size, world.bugs, world.engine.activeCalls().length], [0, [], 0]);
});

test('an account that chose nothing: Teams rings as long as ever, and what it says is the end', async () => {
  const world = worldWith({ choices: choices() });
  rings(world.hubs[0]!);
  const call = world.fromCarrier(danaNumber);
  await world.run(50_000, 100);
  assert.deepEqual(statuses(call), [180]);
  call.invite.cancel();
  await world.settle();
  assert.deepEqual(world.messages.begun, []);
});

test('one owner: who chose Teams in an account of the platform has no mailbox here, and the other way round', async () => {
  for (const [rows, status] of [
    [choices([acmeId, { owner: 'platform' }], [dana, { owner: 'teams' }]), 486],
    [choices([acmeId, { owner: 'teams' }], [dana, { owner: 'platform' }]), 200],
  ] as const) {
    const world = worldWith({ choices: rows });
    refuses(world.hubs[0]!, 486);
    const call = world.fromCarrier(danaNumber);
    await world.run(1_000);
    assert.equal(statuses(call).at(-1), status);
  }
});

for (const [status, mailbox] of [
  [486, true],
  [480, true],
  [603, true],
  [404, false],
  [488, false],
] as const)
  test(`Teams says ${status}: ${mailbox ? 'the mailbox answers at once' : 'so does Tandem'}`, async () => {
    const world = worldWith();
    refuses(world.hubs[0]!, status);
    const call = world.fromCarrier(danaNumber);
    await world.run(1_000);
    assert.equal(statuses(call).at(-1), mailbox ? 200 : status);
  });

test('Dana answers in the last moment: the call is hers, and nothing is recorded', async () => {
  const world = worldWith();
  const hub = answers(world.hubs[0]!);
  const call = world.fromCarrier(danaNumber);
  await world.run(60_000, 100);
  assert.equal(hub.ends.length, 0);
  call.dialog?.bye();
  await world.settle();
  assert.deepEqual([world.messages.begun, world.log.closedRecords[0]?.result], [[], 'answered']);
});

test('Teams answers while the mailbox takes over: it gets ACK and BYE, and the caller one answer', async () => {
  const world = worldWith({ devices: [desk] });
  const hub = rings(world.hubs[0]!);
  refuses(world.phone('dana-desk'), 486);
  const call = world.fromCarrier(danaNumber);
  await world.run(24_990);
  // The 200 crosses the CANCEL.
  await world.run(8, 1);
  if (hub.invite) accept(world.hubs[0]!, hub.invite, hub);
  await world.run(2_000);
  const said = statuses(call).filter((status) => status === 200);
  assert.equal(said.length, 1);
  call.dialog?.bye();
  await world.settle();
  assert.deepEqual([world.media.open.size, world.bugs, world.log.closedRecords.length], [0, [], 1]);
});

test('the caller hangs up into the greeting: no message, and the record says so', async () => {
  const world = worldWith();
  refuses(world.hubs[0]!, 486);
  world.messages.lengthMs = 0;
  const call = world.fromCarrier(danaNumber);
  await world.run(1_000);
  call.dialog?.bye();
  await world.settle();
  assert.match(why(world), /The caller left no message\./);
  assert.equal(world.log.closedRecords[0]?.code, 'voicemail');
  assert.deepEqual(sounds(world), ['leave b', 'play mailbox a']);
});

test('the caller cancels while it rings: nothing is answered, nothing recorded', async () => {
  const world = worldWith();
  rings(world.hubs[0]!);
  const call = world.fromCarrier(danaNumber);
  await world.run(5_000);
  call.invite.cancel();
  await world.settle();
  assert.deepEqual([world.log.closedRecords[0]?.code, world.messages.begun], ['caller-cancelled', []]);
});

test('a message as long as it may be: a beep, and the mailbox hangs up', async () => {
  const world = worldWith({ choices: choices([acmeId, { owner: 'platform', maxSeconds: 60 }]) });
  refuses(world.hubs[0]!, 486);
  const call = world.fromCarrier(danaNumber);
  await world.run(1_000);
  await played(world);
  await played(world);
  assert.match(sounds(world).at(-1) ?? '', /record .* 60000$/);
  says(world, { kind: 'recorded', side: 'a', end: 'full' });
  await played(world);
  assert.deepEqual(call.ends, ['bye-received']);
  await world.settle();
  assert.deepEqual([world.log.closedRecords[0]?.endedBy, world.messages.finished.length], ['platform', 1]);
});

test('nothing can be kept: the mailbox answers nobody, and the caller hears what Teams said', async () => {
  const world = worldWith();
  world.messages.full = true;
  refuses(world.hubs[0]!, 486);
  const call = world.fromCarrier(danaNumber);
  await world.settle();
  assert.equal(statuses(call).at(-1), 486);
  assert.equal(world.log.closedRecords[0]?.code, 'busy');
  assert.match(why(world), /nothing can be recorded now/);
});

test('the recording cannot begin, or the disk fills: the caller hears that it did not work, and is let go', async () => {
  const world = worldWith();
  refuses(world.hubs[0]!, 486);
  world.media.refuseRecording = true;
  const call = world.fromCarrier(danaNumber);
  await world.run(1_000);
  await played(world);
  await played(world);
  assert.equal(sounds(world).at(-1), 'play sorry a');
  await played(world);
  assert.deepEqual(call.ends, ['bye-received']);
  await world.settle();
  assert.match(why(world), /could not be recorded/);
});

test('a greeting that never says that it ended is over after 65 s; a key skips it', async () => {
  const world = worldWith();
  world.messages.greeting = '/greetings/dana.wav';
  refuses(world.hubs[0]!, 486);
  const call = world.fromCarrier(danaNumber);
  await world.run(1_000);
  assert.equal(sounds(world).at(-1), 'play file a');
  says(world, { kind: 'dtmf', side: 'a', digit: '1' });
  await world.run(50);
  assert.equal(sounds(world).at(-1), 'play beep a');
  await world.run(66_000, 100);
  assert.match(sounds(world).at(-1) ?? '', /^record a/);
  call.dialog?.bye();
  await world.settle();
});

test('the media engine is lost in mid-message: what was said is finished all the same', async () => {
  const world = worldWith();
  refuses(world.hubs[0]!, 486);
  const call = world.fromCarrier(danaNumber);
  await world.run(1_000);
  await played(world);
  await played(world);
  says(world, { kind: 'engine-lost' });
  await world.settle();
  assert.deepEqual([call.ends, world.messages.finished], [['bye-received'], ['message-1']]);
  assert.equal(world.log.closedRecords[0]?.code, 'engine-lost');
});

test('a caller who left the offer to us gets one in the 200, and its answer in the ACK is taken', async () => {
  const world = worldWith();
  refuses(world.hubs[0]!, 486);
  const call = world.fromCarrier(danaNumber, { body: Buffer.alloc(0) });
  await world.run(1_000);
  assert.equal(statuses(call).at(-1), 200);
  assert.deepEqual(world.media.log.slice(-2), ['answer a fork', 'play mailbox a']);
});

/** Presence says no, and voicemail was chosen for it. */
const noCalls = (verdict?: Partial<GateVerdict>): PresenceGate => ({
  verdictFor: () => ({
    rings: false,
    label: 'dnd',
    because: 'Dana shows Do not disturb.',
    otherwise: { kind: 'voicemail' },
    ...(verdict as object),
  }),
  onChange: () => () => undefined,
});

test('Dana shows Do not disturb: nobody is rung, the mailbox answers; where Teams takes messages, 480 as before', async () => {
  const world = worldWith({ gate: noCalls() });
  const hub = rings(world.hubs[0]!);
  const call = world.fromCarrier(danaNumber);
  await world.run(1_000);
  assert.deepEqual([statuses(call), hub.invite], [[200], undefined]);
  assert.equal(sounds(world)[0], 'play mailbox a');
  call.dialog?.bye();
  await world.settle();
  const [record] = world.log.closedRecords;
  assert.deepEqual(
    [record?.direction, record?.code, record?.result],
    ['to-person', 'voicemail', 'no-answer'],
  );
  const teams = worldWith({ gate: noCalls(), choices: choices() });
  const refused = teams.fromCarrier(danaNumber);
  await teams.settle();
  assert.equal(statuses(refused).at(-1), 480);
  assert.equal(teams.log.closedRecords[0]?.code, 'callee-unavailable');
});

test('a phone nobody has registered, and Teams off: the mailbox answers at once', async () => {
  const world = worldWith({
    people: [
      {
        id: dana,
        accountId: acmeId,
        displayName: 'Dana',
        upn: 'dana@acme.example',
        numbers: [danaNumber],
        active: true,
        teamsToggle: false,
        platformLicence: true,
      },
    ],
    devices: [desk],
  });
  world.registered.clear();
  const call = world.fromCarrier(danaNumber);
  await world.run(1_000);
  assert.deepEqual(statuses(call), [200]);
});

test('Dana called for help: whoever calls back rings until somebody answers, and no mailbox takes it', async () => {
  const world = worldWith({ devices: [desk] });
  answers(world.first);
  const help = world.fromPhone('dana-desk', '911');
  await world.run(1_000);
  help.dialog?.bye();
  await world.run(5_000);
  rings(world.hubs[0]!);
  rings(world.phone('dana-desk'));
  const call = world.fromCarrier(danaNumber);
  await world.run(60_000, 100);
  assert.deepEqual([statuses(call), world.messages.begun], [[180], []]);
});

test('while a caller speaks to the mailbox nobody of ours talks or rings', async () => {
  const world = worldWith({ devices: [desk] });
  rings(world.hubs[0]!);
  rings(world.phone('dana-desk'));
  world.fromCarrier(danaNumber);
  await world.run(2_000);
  assert.equal(world.engine.activeCalls()[0]?.ends().length, 2);
  await world.run(30_000, 100);
  assert.deepEqual(
    world.engine.activeCalls().map((call) => [call.ends(), call.parties()]),
    [[[], []]],
  );
});

test('the caller puts the mailbox on hold and comes back: each re-INVITE is answered here', async () => {
  const world = worldWith();
  refuses(world.hubs[0]!, 486);
  const call = world.fromCarrier(danaNumber);
  await world.run(1_000);
  let status: number | undefined;
  call.dialog?.request({
    method: 'INVITE',
    body: Buffer.from(
      'v=0\r\no=- 1 2 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\na=sendonly\r\n',
    ),
    contentType: 'application/sdp',
    onFinal: (final) => {
      status = final.kind === 'response' ? final.response.status : 0;
    },
  });
  await world.run(1_000);
  assert.equal(status, 200);
  call.dialog?.bye();
  await world.settle();
  assert.deepEqual(world.bugs, []);
});

test('every message belongs to one call, and every room that was made is looked at again', async () => {
  const world = worldWith();
  refuses(world.hubs[0]!, 486);
  const calls = Array.from({ length: 5 }, () => world.fromCarrier(danaNumber));
  await world.run(1_000);
  for (const call of calls) call.dialog?.bye();
  await world.settle();
  const ids = new Set<CallId>(world.messages.begun.map(({ callId }) => callId));
  assert.deepEqual([ids.size, world.messages.finished.length], [5, 5]);
});

test('a queue sends on to somebody who is not there: the caller, who is answered already, is let go with the queue’s word', async () => {
  const world = worldWith({
    gate: noCalls(),
    people: [
      { ...person('Dana', 'acme', danaNumber), extension: '1001' },
      { ...person('Sam', 'acme', undefined), extension: '1002' },
    ],
    devices: [device('sam-desk', 'acme', { personId: asPersonId('Sam') })],
    queues: [
      {
        ...queueDefaults,
        id: asQueueId('sales'),
        accountId: acmeId,
        name: 'Sales',
        extension: '1500',
        number: '+12025550150' as E164,
        members: [{ personId: asPersonId('Sam'), loggedIn: true }],
        maxWaitSeconds: 10,
        overflow: { kind: 'forward', to: '1001' },
      },
    ],
  });
  const call = world.fromCarrier('+12025550150');
  await world.run(15_000, 50);
  assert.deepEqual([statuses(call), call.ends], [[200], ['bye-received']]);
  await world.settle();
  assert.deepEqual([world.log.closedRecords[0]?.code, world.messages.begun], ['queue-timeout', []]);
});
