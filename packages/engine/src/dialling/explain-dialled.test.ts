import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asPersonId, buildSnapshot } from '@tandem/domain';
import fc from 'fast-check';
import {
  account,
  acmeId,
  carrier,
  danaNumber,
  device,
  globexNumber,
  outside,
  people,
} from '../call/test-world.ts';
import type { CallFacts } from '../routing/call-facts.ts';
import { decideFromPhone } from '../routing/decide-from-phone.ts';
import { branchesOf } from '../routing/decision.ts';
import { explainDialled } from './explain-dialled.ts';

const desk = device('dana-desk', 'acme', { personId: asPersonId('Dana') });
const world = (carriers: readonly ReturnType<typeof carrier>[]) =>
  buildSnapshot({
    version: 1,
    builtAtWallMs: 0,
    accounts: [
      account('acme', { carriers: carriers.map(({ id }) => id), areaCode: '202' }),
      account('globex', { carriers: [] }),
    ],
    people,
    devices: [desk, device('lobby', 'acme', { extension: '1005' })],
    carriers,
    hubs: [],
  }).snapshot;
const snapshot = world([
  carrier('rehearsal', ['192.0.2.5'], {
    name: 'first',
    owner: acmeId,
    emergency: false,
    numberFormat: 'digits',
  }),
  carrier('second', ['192.0.2.6'], { name: 'second', owner: acmeId, emergency: true }),
]);
const acme = snapshot.accounts.get(acmeId) ?? assert.fail('no Acme');
const explain = (dialled: string) => explainDialled(snapshot, acme, dialled);

test('what people of Acme dial, what becomes of it, and where it goes', () => {
  const rows = ['911', '1005', '1999', danaNumber, `00 ${outside}`, 'help'].map((dialled) => {
    const { kind, becomes, reaches, goesTo } = explain(dialled);
    return [dialled, kind, becomes, reaches, goesTo];
  });
  assert.deepEqual(rows.slice(0, 4), [
    ['911', 'emergency', '911', true, 'It goes out as 911 over second, then first.'],
    ['1005', 'extension', '1005', true, 'It rings the phone lobby.'],
    [
      '1999',
      'extension',
      '1999',
      false,
      'Nowhere: 1999 is no extension of Acme, and short numbers never go out.',
    ],
    [danaNumber, 'own-number', danaNumber, true, 'It rings Dana, and stays on the platform.'],
  ]);
  assert.deepEqual(rows.at(-1)?.slice(1, 4), ['unreadable', undefined, false]);
});

test('an outside number is shown as each carrier wants it; another customer’s number is one', () => {
  for (const number of [outside, globexNumber])
    assert.deepEqual(explain(number).carriers, [
      { name: 'first', sent: number.slice(1) },
      { name: 'second', sent: number },
    ]);
  const without = world([]);
  const { reaches, goesTo } = explainDialled(without, without.accounts.get(acmeId) ?? acme, outside);
  assert.deepEqual([reaches, goesTo], [false, 'Nowhere: Acme has no carrier for outside numbers.']);
});

test('the explanation is what a call from a phone gets, whatever is dialled', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.constantFrom(
          '911',
          '112',
          '1005',
          '1001',
          '1999',
          danaNumber,
          globexNumber,
          outside,
          '5550142',
          '*98',
        ),
        fc.stringMatching(/^[+0-9 ()-]{1,16}$/),
      ),
      (dialled) => {
        const told = explain(dialled);
        const decision = decideFromPhone(snapshot, desk, factsOf(dialled));
        if (told.kind === 'emergency') {
          assert.equal(decision.emergency, true);
          return;
        }
        assert.equal(decision.emergency, false);
        const branches = decision.outcome === 'route' ? branchesOf(decision.route) : [];
        const out = branches.filter((one) => one.kind === 'to-carrier');
        if (told.kind === 'outside')
          assert.deepEqual(
            out.flatMap(({ called, carriers }) => [called, ...carriers.map(({ name }) => name)]),
            [told.becomes, ...told.carriers.map(({ name }) => name)],
          );
        else assert.deepEqual(out, []);
        const failure = decision.outcome === 'refuse' ? decision.failure.kind : undefined;
        if (told.kind === 'unreadable') assert.equal(failure, 'unreadable-number');
        if (told.kind === 'extension' && !told.reaches) assert.equal(failure, 'unknown-extension');
        if (told.kind === 'own-number' || (told.kind === 'extension' && told.reaches))
          assert.ok(failure !== 'unknown-extension' && failure !== 'unreadable-number', failure);
      },
    ),
    { numRuns: 400 },
  );
});

function factsOf(called: string): CallFacts {
  const from = { user: '', displayName: undefined };
  return { host: 'acme.example', called, from, asserted: [], privacy: [], history: [] };
}
