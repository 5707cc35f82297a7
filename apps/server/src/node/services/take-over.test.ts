import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asAccountId, asPersonId, type E164, type Link, newLink, type Person } from '@tandem/domain';
import type { MicrosoftFacts, NumberFacts } from '@tandem/engine';
import { takeOverOf } from './take-over.ts';

const accountId = asAccountId('acme');
const number = '+12025550142' as E164;
const dana = {
  id: asPersonId('dana'),
  accountId,
  displayName: 'Dana',
  numbers: [number],
} as unknown as Person;
const free: NumberFacts = {
  holder: { is: 'other', upn: 'kim@acme.example', state: 'disabled', objectId: 'kim-object' },
  type: 'directRouting',
  onPremises: false,
  pending: false,
  voiceEnabled: false,
  readAtWallMs: 1,
};
const refused: Partial<Link> = { state: 'FAILED', code: 'PRV-304' };

function connection(change: {
  link?: Partial<Link>;
  number?: Partial<NumberFacts>;
  accountId?: string;
  other?: Partial<Link>;
}) {
  const link = { ...newLink(accountId, dana.id, 1), ...refused, ...change.link };
  const facts = { number: { ...free, ...change.number } } as MicrosoftFacts;
  const entries = new Map<Person['id'], { link: Link; person: Person; facts: MicrosoftFacts | undefined }>([
    [dana.id, { link, person: dana, facts }],
  ]);
  if (change.other) {
    const id = asPersonId('kim');
    const kim = { ...dana, id, displayName: 'Kim' };
    entries.set(id, {
      link: { ...newLink(accountId, id, 1), ...change.other },
      person: kim,
      facts: undefined,
    });
  }
  return {
    accountId: asAccountId(change.accountId ?? 'acme'),
    tenantId: 'tenant',
    provisioner: { entries: () => entries },
  };
}

test('who has the number is shown with name and state; the preview holds for exactly that', () => {
  const one = connection({});
  const found = takeOverOf([one], one, dana);
  assert.ok(found.kind === 'preview');
  assert.deepEqual(found.preview.holder, {
    entraObjectId: 'kim-object',
    upn: 'kim@acme.example',
    state: 'disabled',
  });
  assert.match(
    found.preview.sentence,
    /kim@acme\.example, whose sign-in is blocked, loses \+12025550142 in Teams; Dana gets it/,
  );
  const later = connection({
    number: { holder: { is: 'other', upn: 'bo@acme.example', state: 'active', objectId: 'bo' } },
  });
  const other = takeOverOf([later], later, dana);
  assert.ok(other.kind === 'preview');
  assert.notEqual(other.preview.preview, found.preview.preview);
});

test('a number is not taken from whom it must not be', () => {
  const kims: Partial<Link> = { objectId: 'Kim-Object', assignedNumber: number, state: 'READY' };
  const one = connection({});
  const told = (name: RegExp, here: ReturnType<typeof connection>, all = [here]) => {
    const outcome = takeOverOf(all, here, dana);
    assert.equal(outcome.kind, 'nothing-to-decide', String(name));
    assert.match('detail' in outcome ? (outcome.detail ?? '') : '', name);
  };
  told(/another account of this platform/, one, [one, connection({ accountId: 'globex', other: kims })]);
  told(/^Kim has the number by this account/, connection({ other: kims }));
  told(/on premises/, connection({ number: { onPremises: true } }));
  told(
    /a queue or menu/,
    connection({ number: { holder: { is: 'other', upn: 'a queue or menu of Teams', state: 'assigned' } } }),
  );
  told(/another type/, connection({ number: { type: 'callingPlan' } }));
  told(/No other Microsoft user/, connection({ number: { holder: { is: 'nobody' } } }));
  told(/has to end first/, connection({ link: { state: 'QUEUED' } }));
  assert.equal(takeOverOf([], undefined, dana).kind, 'not-provisioned');
});
