import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { scopesToAsk } from './scopes.ts';

describe("G23: what a person's own sign-in is asked for", () => {
  for (const use of ['own', 'accelerator'] as const)
    test(`${use}: presence and who the person is, nothing of calendars, chats, meetings or mail`, () => {
      const ofGraph = scopesToAsk(use).filter(
        (scope) => !['openid', 'profile', 'email', 'offline_access'].includes(scope),
      );
      assert.ok(ofGraph.some((scope) => scope.startsWith('Presence.')));
      assert.deepEqual(
        ofGraph.filter((scope) => !/^(Presence\.|User\.Read$)/.test(scope)),
        [],
      );
    });
});
