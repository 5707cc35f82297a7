import assert from 'node:assert/strict';
import { it } from 'node:test';
import { rehearsalDirectory } from '../directory/rehearsal-directory.ts';
import { acmeId } from '../testing/test-graph.ts';
import { directoryState } from './directory-state.ts';

const over = (saved: unknown): unknown => JSON.parse(JSON.stringify(saved));

it('a world that got somebody new keeps them, and does not bring back who is gone', () => {
  const before = rehearsalDirectory(5061).directory;
  const section = directoryState(before);
  const acme = before.tenant(acmeId);
  assert.ok(acme);
  const [dana, alex] = ['dana@acme.example', 'alex@acme.example'].map((upn) => before.user(upn)?.user);
  assert.ok(dana && alex);
  before.purge(acme, alex);
  before.change(dana, { number: '+12025550111', groups: [] });
  const saved = over(section.save()) as { id: string; users: { upn: string }[] }[];
  // The world of then did not know Casey.
  const older = saved.map((tenant) => ({
    ...tenant,
    users: tenant.users.filter(({ upn }) => upn !== 'casey@acme.example'),
  }));
  const after = rehearsalDirectory(5061).directory;
  const seeded = after.user('dana@acme.example')?.user;
  directoryState(after).restore(older);
  const tenant = after.tenant(acmeId);
  assert.ok(tenant);
  assert.equal(after.user('alex@acme.example'), undefined);
  assert.ok(after.user('casey@acme.example'));
  assert.equal(after.user('dana@acme.example')?.user, seeded, 'the same object that clients hold');
  assert.equal(after.userByNumber(tenant, '+12025550111'), seeded);
  assert.equal(after.userByNumber(tenant, '+12025550142'), undefined);
  assert.equal(tenant.deltaEpoch, (before.tenant(acmeId)?.deltaEpoch ?? 0) + 1);
});

it('the signalling port of a trunk is that of this start', () => {
  const saved = over(directoryState(rehearsalDirectory(5061).directory).save());
  const { directory } = rehearsalDirectory(7777);
  directoryState(directory).restore(saved);
  const carrier = directory.tenant(directory.carrierTenantId);
  assert.equal(carrier?.trunks.get('customers.example.net')?.sipSignalingPort, 7777);
});
