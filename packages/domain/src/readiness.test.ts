import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ReadinessCheck, type ReadinessStatus, readinessChecks, reportOf } from './readiness.ts';
import { fixOf, type ReadinessCode, readinessCodes, sentenceOf } from './readiness-codes.ts';

const codes = Object.keys(readinessCodes) as ReadinessCode[];

test('the catalogue has the 49 codes of the product, and no sentence or fix ever shows a brace', () => {
  assert.equal(codes.length, 49);
  for (const code of codes) {
    for (const text of [sentenceOf(code), fixOf(code)]) assert.doesNotMatch(text, /[{}]/);
  }
});

test('a reason that is a sentence itself brings no second full stop', () => {
  assert.equal(sentenceOf('PRV-501', { reason: 'It is taken.' }), 'Microsoft refused: It is taken.');
  assert.equal(sentenceOf('PRV-501', { reason: 'it is taken' }), 'Microsoft refused: it is taken.');
});

test('a sentence names the thing it is about', () => {
  assert.equal(sentenceOf('PRV-205', { group: 'Voice Users' }), 'Add to Voice Users.');
  assert.equal(
    sentenceOf('PRV-304', { n: '+12025550142', upn: 'bo@acme.example', state: 'disabled' }),
    '+12025550142 is held by bo@acme.example (disabled).',
  );
});

test('an admin reads a whole sentence when Tandem does not know the numbers and names that belong into it', () => {
  assert.equal(sentenceOf('PRV-402'), 'Has no Teams licence of the platform.');
  assert.equal(sentenceOf('PRV-402', { used: 25, n: 25 }), 'No free Teams licence; 25 of 25 used.');
  assert.equal(sentenceOf('PRV-302', { n: '555' }), '555 is not a valid number.');
  assert.equal(
    sentenceOf('PRV-304', { n: '+12025550142' }),
    '+12025550142 is held by another Microsoft user.',
  );
  assert.equal(
    sentenceOf('PRV-014', { fqdn: 'sbc1.example.net' }),
    'Microsoft has not sent OPTIONS for a while.',
  );
  for (const code of codes) {
    for (const text of [sentenceOf(code), fixOf(code)]) {
      assert.match(text, /^[A-Z].*\.$/, code);
      assert.doesNotMatch(text, /unknown|not known|undefined|all of all/, code);
    }
  }
});

const checks = (...statuses: ReadinessStatus[]): ReadinessCheck[] =>
  statuses.map((status, id) => ({
    id: id as ReadinessCheck['id'],
    name: readinessChecks[id] ?? 'number',
    status,
    sentence: '',
    owner: 'nobody',
    fix: '',
  }));

test('one unknown keeps a person from ready, one red blocks, and the first failing check is the headline', () => {
  assert.equal(reportOf(checks('green', 'green')).verdict, 'ready');
  assert.equal(reportOf(checks('green', 'amber')).verdict, 'attention');
  assert.equal(reportOf(checks('amber', 'unknown')).verdict, 'unverified');
  const report = reportOf(checks('amber', 'unknown', 'red', 'red'));
  assert.equal(report.verdict, 'blocked');
  assert.equal(report.headline?.id, 2);
});
