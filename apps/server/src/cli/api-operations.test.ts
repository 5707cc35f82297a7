import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { routes } from '@tandem/contract';
import { askOf, listText, operationMeant, operations, operationText } from './api-operations.ts';

const ask = (name: string, words: readonly string[], body?: unknown) =>
  askOf(operationMeant(name)[1], words, body);

describe('operations of the API on the command line', () => {
  test('everything that an administrator does in the portal is there by its name', () => {
    const missing = Object.keys(routes).filter((id) => !operations.has(id as keyof typeof routes));
    assert.deepEqual(missing.toSorted(), [
      'events',
      'session.create',
      'session.delete',
      'session.microsoft',
      'session.microsoftReturn',
    ]);
    for (const [id, route] of operations) assert.ok(operationText(id, route).includes(route.path), id);
  });

  test('a list by words, and what one takes', () => {
    assert.match(listText(['who has']), /^numbers\.who /m);
    assert.doesNotMatch(listText(['queue', 'delete']), /^people\./m);
    assert.match(listText(['nonsense']), /No operation/);
    const text = operationText(...operationMeant('people.change'));
    assert.match(text, /PATCH \/api\/v1\/people\/\{id\}, allowed to: operator, admin/);
    assert.match(text, /teamsToggle +true \| false/);
    assert.match(text, /id +needed, text/);
  });

  test('each value goes where the operation wants it: texts stay texts, the rest is JSON', () => {
    assert.deepEqual(ask('people.change', ['id=p-1', 'number=+12025550142', 'active=false']), {
      params: { id: 'p-1' },
      query: {},
      body: { number: '+12025550142', active: false },
    });
    assert.deepEqual(ask('people.change', ['id=p-1', 'number=null']).body, { number: null });
    assert.deepEqual(ask('people.list', ['search=a=b', 'limit=3']).query, { search: 'a=b', limit: '3' });
    assert.deepEqual(
      ask('webhooks.create', ['name=12', 'events=["*"]'], { url: 'https://a.example', name: 'x' }).body,
      { url: 'https://a.example', name: '12', events: ['*'] },
    );
  });

  test('what is not understood says what is wanted', () => {
    assert.throws(() => operationMeant('people.chnage'), /did you mean "people\.change"/);
    assert.throws(() => ask('people.change', ['id=p', 'teamsTogle=true']), /did you mean "teamsToggle"/);
    assert.throws(() => ask('people.change', ['id']), /NAME=VALUE/);
    assert.throws(() => ask('webhooks.create', []), /name, url, events missing/);
    assert.throws(() => ask('webhooks.create', [], []), /JSON object/);
  });
});
