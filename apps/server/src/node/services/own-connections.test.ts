import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { acmeId as acmeTenant } from '@tandem/simulator/testing/test-graph.ts';
import { graphAppClientId } from '@tandem/simulator/world/rehearsal-world.ts';
import { acme, type OwnWorld, openOwnWorld } from './testing/own-world.ts';

const minute = 60_000;

/** Everything over https against the twin's Entra and Graph, with the product's own parts. */
describe('P02: Dana’s own connection, where the organisation has none', () => {
  let world: OwnWorld;
  before(async () => {
    world = await openOwnWorld(25_000);
  });
  after(() => world?.close());

  const user = (name: string) => {
    const found = world.twin.directory.user(`${name}@acme.example`);
    assert.ok(found);
    return found.user;
  };
  const label = (name: string) => world.presence.board.of(world.person(name).id)?.label;
  const inTeams = (name: string): string => {
    const { availability, activity } = world.twin.microsoft365.presence.shown(user(name));
    return `${availability}/${activity}`;
  };
  const mine = () => {
    const found = world.own.keeper.ofPerson(world.person('dana').id);
    assert.ok(found);
    return found;
  };

  test('nothing is known of anybody; then she connects, and her state in Teams is hers here, nobody else’s', async () => {
    await world.time.pass(10_000);
    assert.equal(label('dana'), undefined);
    const outcome = await world.connect('dana');
    assert.ok(outcome.ok, JSON.stringify(outcome));
    assert.match(outcome.value.sentence, /^Your Microsoft account .* is connected now\.$/);
    await world.time.until(() => label('dana') === 'available', 'available');
    world.twin.microsoft365.presence.setClient(user('dana'), {
      availability: 'Busy',
      activity: 'InAMeeting',
    });
    await world.time.until(() => label('dana') === 'calendar_busy', 'in a meeting');
    assert.equal(label('alex'), undefined);
    world.twin.microsoft365.presence.setClient(user('dana'), null);
    await world.time.until(() => label('dana') === 'available', 'available again');
  });

  test('her call at a desk phone shows in Teams by her own token, and ends there with the call', async () => {
    world.talk('dana', 'one');
    await world.time.until(() => inTeams('dana') === 'Busy/InACall', 'in a call in Teams');
    assert.equal(label('dana'), 'on_call');
    world.presence.callEnded('one');
    await world.time.until(() => inTeams('dana') === 'Available/Available', 'available in Teams');
  });

  test('her token asked for nothing but her own presence, and for nobody else', () => {
    const asked = [...new Set(world.asked())];
    const own = new RegExp(`(/me\\b|/users/${user('dana').objectId}/presence/)`);
    assert.ok(asked.length > 0);
    for (const one of asked) assert.match(one, own);
  });

  test('Alex signs in as Dana: refused naming both, and nothing of Dana’s is touched', async () => {
    const before = mine();
    const outcome = await world.connect('alex', 'dana');
    assert.ok(!outcome.ok);
    assert.equal(outcome.code, 'other-person');
    assert.match(outcome.detail ?? '', /Dana Doe.*Alex Amber/);
    assert.equal(world.own.keeper.ofPerson(world.person('alex').id), undefined);
    assert.equal(mine(), before);
  });

  test('her password is changed: said and mailed once, calls go on, her state in Teams is not believed any more', async () => {
    world.twin.microsoft365.signIns.revoke(user('dana').objectId);
    await world.time.until(() => mine().life.state === 'INTERRUPTED', 'interrupted', 12 * minute);
    assert.equal(mine().life.reason, 'password-changed');
    await world.time.pass(6 * minute, 10_000);
    assert.equal(world.mails.length, 1);
    assert.deepEqual(world.mails[0]?.to, ['dana@acme.example']);
    const shown = world.presence.own.vector(world.person('dana'));
    assert.ok(!shown.sentence.includes('Teams shows'), shown.sentence);
    world.talk('dana', 'two');
    await world.time.pass(2_000);
    assert.equal(label('dana'), 'on_call');
    world.presence.callEnded('two');
  });

  test('she signs in again: the same connection goes on, with nothing to choose', async () => {
    const before = mine();
    const outcome = await world.connect('dana');
    assert.ok(outcome.ok, JSON.stringify(outcome));
    assert.equal(mine().id, before.id);
    assert.match(outcome.value.sentence, /again; everything goes on as it was/);
    world.twin.microsoft365.presence.setClient(user('dana'), { availability: 'Away', activity: 'Away' });
    await world.time.until(() => label('dana') === 'away', 'away');
    world.twin.microsoft365.presence.setClient(user('dana'), null);
    assert.equal(world.mails.length, 1);
  });

  test('her consent is withdrawn at Microsoft: interrupted with that reason; given back, it goes on by itself', async () => {
    const { apps, consents } = world.twin.microsoft365;
    const app = apps.find(graphAppClientId);
    assert.ok(app);
    const scopes = ['User.Read', 'Presence.Read', 'Presence.ReadWrite'];
    consents.withdraw(app, acmeTenant, { application: [], delegated: [], users: [user('dana').objectId] });
    await world.time.until(() => mine().life.state === 'INTERRUPTED', 'interrupted', 12 * minute);
    assert.equal(mine().life.reason, 'consent-withdrawn');
    consents.grantTo(app, acmeTenant, user('dana').objectId, scopes);
    await world.time.until(() => mine().life.state === 'CONNECTED', 'connected again', 3 * minute);
    assert.equal(world.mails.length, 2);
  });

  test('she disconnects in the middle of a call: what was set is taken back, and no token is left', async () => {
    await world.time.until(() => label('dana') === 'available', 'available');
    world.talk('dana', 'three');
    await world.time.until(() => inTeams('dana') === 'Busy/InACall', 'in a call in Teams');
    const { id } = mine();
    let done = false;
    const ending = world.own.desk.disconnect(id, world.asker('dana')).finally(() => {
      done = true;
    });
    await world.time.until(() => done, 'disconnected');
    assert.ok((await ending).ok);
    assert.equal(inTeams('dana'), 'Available/Available');
    assert.equal(world.store.tokens.size, 0);
    assert.equal(label('dana'), 'on_call', 'the call goes on');
    world.presence.callEnded('three');
    const before = world.asked().length;
    await world.time.pass(minute);
    assert.equal(world.asked().length, before, 'nothing is asked of Microsoft any more');
  });

  test('what an administrator sees in the audit names what happened, and no token', () => {
    const actions = world.audit.map(({ action }) => action);
    for (const action of ['sign-in', 'interrupted', 'resumed', 'disconnect'])
      assert.ok(actions.includes(`own-connection.${action}`), actions.join());
    assert.doesNotMatch(
      JSON.stringify(world.audit) + JSON.stringify(world.mails),
      /eyJ|0\.A[A-Za-z0-9_-]{20}/,
    );
    assert.deepEqual(world.problems, []);
  });
});

describe('own connections beside the organisation’s', () => {
  let world: OwnWorld;
  before(async () => {
    world = await openOwnWorld(25_000, { organisation: true });
  });
  after(() => world?.close());
  const label = (name: string) => world.presence.board.of(world.person(name).id)?.label;
  const askedByMe = () => world.asked().filter((one) => one.includes('/me/presence')).length;

  test('by default the organisation’s connection serves; the own one waits until that does not work', async () => {
    await world.time.until(() => label('dana') === 'available', 'read by the organisation');
    assert.ok((await world.connect('dana')).ok);
    await world.time.pass(20_000);
    assert.equal(askedByMe(), 0);
    const { apps, consents } = world.twin.microsoft365;
    const app = apps.find(graphAppClientId);
    assert.ok(app);
    const [connection] = world.connections.all(acme);
    assert.ok(connection);
    const roles = app.servicePrincipals.get(acmeTenant)?.roles ?? [];
    consents.setRoles(app, acmeTenant, []);
    await world.connections.keeper.check(connection.connectionId);
    await world.time.until(() => askedByMe() > 0, 'read by her own connection');
    assert.equal(label('dana'), 'available');
    consents.setRoles(app, acmeTenant, roles);
    await world.connections.keeper.check(connection.connectionId);
    await world.time.pass(10_000);
    const before = askedByMe();
    await world.time.pass(20_000);
    assert.equal(askedByMe(), before);
  });

  test('an account that wants own connections first: hers serves her, the organisation’s all others; off: nobody’s', async () => {
    await world.own.keeper.change(acme, { ownConnections: 'always', accelerate: false });
    const before = askedByMe();
    await world.time.until(() => askedByMe() > before, 'read by her own connection');
    await world.time.until(() => label('alex') === 'available', 'Alex is read by the organisation');
    // She must sign in again: until then the organisation's serves her too.
    const found = world.twin.directory.user('dana@acme.example');
    assert.ok(found);
    world.twin.microsoft365.signIns.revoke(found.user.objectId);
    const mine = () => world.own.keeper.ofPerson(world.person('dana').id);
    await world.time.until(() => mine()?.life.state === 'INTERRUPTED', 'interrupted', 12 * minute);
    world.twin.microsoft365.presence.setClient(found.user, { availability: 'Busy', activity: 'Busy' });
    await world.time.until(() => label('dana') === 'busy', 'busy');
    await world.own.keeper.change(acme, { ownConnections: 'off', accelerate: false });
    const way = await world.own.desk.begin(
      world.person('dana'),
      { returnTo: 'http://127.0.0.1:26610/connect/callback' },
      world.asker('dana'),
    );
    assert.equal(!way.ok && way.code, 'wrong-state');
  });
});
