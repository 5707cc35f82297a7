import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedAddresses } from './shared-addresses.ts';

test('two people with one mail, and one whose sign-in name is that mail, are all told of each other', () => {
  const shared = sharedAddresses([
    { id: 'sam', upn: 'sam@acme.example', mail: 'sam@acme.example' },
    { id: 'sam stone', upn: 'sam.stone@acme.example', mail: ' SAM@Acme.example ' },
    { id: 'dana', upn: 'dana@acme.example', mail: 'dana@acme.example' },
    { id: 'no mail', upn: 'nobody@acme.example', mail: '' },
    { id: 'none either', upn: 'other@acme.example' },
  ]);
  assert.deepEqual(
    [...shared.entries()],
    [
      ['sam', ['sam stone']],
      ['sam stone', ['sam']],
    ],
  );
});
