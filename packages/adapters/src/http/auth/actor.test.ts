import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actorOf } from './actor.ts';

const principal = { userId: 'u1', displayName: 'Toni', role: 'admin' } as const;

test('the audit tells a program from a person by how they proved who they are, whatever they are called', () => {
  const caller = { address: '192.0.2.1' };
  const person = actorOf({ ...principal, name: 'token.keeper@acme.example', via: 'cookie' }, caller);
  const program = actorOf({ ...principal, name: 'nightly import', via: 'bearer' }, caller);
  assert.deepEqual(person, {
    kind: 'user',
    name: 'token.keeper@acme.example',
    role: 'admin',
    address: '192.0.2.1',
  });
  assert.equal(program.kind, 'token');
});
