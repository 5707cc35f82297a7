import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createManualClock } from '../testing/manual-clock.ts';
import { createMemoryAccess, memoryUser } from '../testing/memory-access.ts';
import { createSessionService } from './session-service.ts';

test('who may not stay, by the directory, is out at the next request, however they came in, and does not come back', async () => {
  const clock = createManualClock();
  const out = new Set<string>();
  const dana = memoryUser('dana', 'user', 'right', { account: 'acme', person: 'dana' });
  const admin = memoryUser('admin', 'admin', 'right', { account: 'acme' });
  const access = createMemoryAccess(
    [dana, admin],
    () => undefined,
    () => clock.wall(),
  );
  const sessions = createSessionService({
    stores: access,
    clock,
    mayStay: ({ name }) => !out.has(name),
  });
  const byPassword = await sessions.signIn('dana', 'right', '::1');
  assert.ok(byPassword.kind === 'signed-in');
  const byMicrosoft = await sessions.openFor(dana);
  const other = await sessions.openFor(admin);
  assert.equal((await sessions.fromCookie(byMicrosoft.token))?.personId, 'dana');

  out.add('dana');
  for (const { token } of [byPassword, byMicrosoft]) {
    assert.equal(await sessions.fromCookie(token), undefined);
    assert.equal(await access.sessions.readForPlatform(token), undefined, 'ended in the store as well');
  }
  assert.equal((await sessions.fromCookie(other.token))?.name, 'admin');
  const again = sessions.signIn('dana', 'right', '::1');
  for (let turn = 0; turn < 20; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
  clock.advance(1_000);
  assert.equal((await again).kind, 'refused');
});
