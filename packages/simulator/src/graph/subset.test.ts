import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judgeAnswer, judgeRequest } from './subset.ts';

describe("Microsoft's own description", () => {
  const presence = { id: 'x', availability: 'Busy', activity: 'InACall' };
  const path = '/users/{user-id}/presence';

  it('G7: a right answer passes; one with a misspelt member, a wrong type or an odd status does not', () => {
    assert.equal(judgeAnswer('GET', path, 200, presence), undefined);
    assert.match(judgeAnswer('GET', path, 200, { ...presence, activty: 'x' }) ?? '', /additional properties/);
    assert.match(judgeAnswer('GET', path, 200, { ...presence, activity: 7 }) ?? '', /string/);
    assert.match(judgeAnswer('GET', path, 202, presence) ?? '', /202/);
    assert.match(judgeAnswer('GET', path, 404, { error: {} }) ?? '', /code/);
  });

  it('G6: a right request passes; one with an unknown member or a missing one does not', () => {
    const set = `${path}/setPresence`;
    const body = { sessionId: 'x', availability: 'Busy', activity: 'InACall', expirationDuration: 'PT5M' };
    assert.equal(judgeRequest('POST', set, body), undefined);
    assert.match(judgeRequest('POST', set, { ...body, until: 'x' }) ?? '', /additional properties/);
    assert.match(judgeRequest('POST', set, { availability: 'Busy' }) ?? '', /activity/);
  });
});
