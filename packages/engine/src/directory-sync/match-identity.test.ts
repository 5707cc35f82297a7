import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foldAddress, matchIdentities } from './match-identity.ts';

const user = (
  objectId: string,
  upn: string,
  mail?: string,
  proxyAddresses: string[] = [],
  candidate = true,
) => ({
  objectId,
  upn,
  ...(mail !== undefined && { mail }),
  proxyAddresses,
  candidate,
});

test('addresses are compared after trimming, NFKC, lower case and IDN; tags, dots and homographs stay different', () => {
  assert.equal(foldAddress('  Dana@ACME.example '), 'dana@acme.example');
  assert.equal(foldAddress('d@bücher.example'), 'd@xn--bcher-kva.example');
  assert.notEqual(foldAddress('dana+x@acme.example'), foldAddress('dana@acme.example'));
  assert.notEqual(foldAddress('dаna@acme.example'), foldAddress('dana@acme.example'));
});

test('a stored link wins, then UPN, then mail, then a proxy address', () => {
  const users = [
    user('1', 'dana@acme.example'),
    user('2', 'x@acme.example', 'bo@acme.example'),
    user('3', 'y@acme.example', undefined, ['SMTP:cy@acme.example']),
  ];
  const matches = matchIdentities(
    [
      { id: 'a', mail: 'Dana@acme.example' },
      { id: 'b', mail: 'bo@acme.example' },
      { id: 'c', mail: 'cy@acme.example' },
      { id: 'd', mail: 'nobody@acme.example' },
      { id: 'e' },
    ],
    users,
  );
  assert.deepEqual(
    [...matches.values()].map((match) => ('by' in match ? match.by : match.kind)),
    ['upn', 'mail', 'proxy', 'none', 'none'],
  );
});

test('two Entra users match, or two people claim one: nobody guesses, and both are told', () => {
  const twins = [
    user('1', 'a@acme.example', 'dana@acme.example'),
    user('2', 'b@acme.example', 'dana@acme.example'),
  ];
  assert.equal(matchIdentities([{ id: 'a', mail: 'dana@acme.example' }], twins).get('a')?.kind, 'ambiguous');
  const shared = matchIdentities(
    [
      { id: 'a', mail: 'a@acme.example' },
      { id: 'b', objectId: '1' },
    ],
    twins,
  );
  assert.deepEqual(shared.get('a'), { kind: 'shared', objectId: '1', with: ['b'] });
  assert.deepEqual(shared.get('b'), { kind: 'shared', objectId: '1', with: ['a'] });
});

test('guests and disabled users are no candidates', () => {
  const guest = [user('1', 'dana@acme.example', undefined, [], false)];
  assert.equal(matchIdentities([{ id: 'a', mail: 'dana@acme.example' }], guest).get('a')?.kind, 'none');
});
