import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { checkRequest } from './check.ts';
import { parseMessage } from './parse.ts';
import { printMessage } from './print.ts';

const root = new URL('../../testdata/', import.meta.url);

/** A UAS that knows the usual methods and no extensions. */
const rules = {
  methods: ['INVITE', 'ACK', 'BYE', 'CANCEL', 'OPTIONS', 'REGISTER', 'MESSAGE', 'NEWMETHOD'],
  supported: ['timer'],
};

/** What happens to the message: it is taken, answered with a status, or dropped without a word. */
type Outcome = 'taken' | 'silence' | number;

function outcomeOf(file: string): Outcome {
  const outcome = parseMessage(readFileSync(new URL(file, root)));
  if (!outcome.ok) return outcome.fault.status ?? 'silence';
  if (outcome.message.kind === 'response') return 'taken';
  return checkRequest(outcome.message, rules)?.status ?? 'taken';
}

const expected: Record<string, Outcome> = {
  // RFC 4475 §3.1.1
  'torture/valid/wsinv': 'taken',
  'torture/valid/intmeth': 405,
  'torture/valid/esc01': 'taken',
  'torture/valid/escnull': 'taken',
  'torture/valid/esc02': 405, // %47 in a method is not an escape
  'torture/valid/lwsdisp': 'taken',
  'torture/valid/longreq': 'taken',
  'torture/valid/dblreq': 'taken',
  'torture/valid/semiuri': 'taken',
  'torture/valid/transports': 'taken',
  'torture/valid/mpart01': 'taken',
  'torture/valid/unreason': 'taken',
  'torture/valid/noreason': 'taken',
  // RFC 4475 §3.1.2
  'torture/invalid/badinv01': 400,
  'torture/invalid/clerr': 400,
  'torture/invalid/ncl': 400,
  'torture/invalid/scalar02': 400,
  'torture/invalid/scalarlg': 'silence',
  'torture/invalid/quotbal': 400,
  'torture/invalid/ltgtruri': 400,
  'torture/invalid/lwsruri': 400,
  'torture/invalid/lwsstart': 400,
  'torture/invalid/trws': 400,
  'torture/invalid/escruri': 400,
  'torture/invalid/baddate': 'taken', // §3.1.2.12 allows it: nobody here reads the Date
  'torture/invalid/regbadct': 400,
  'torture/invalid/badaspec': 400,
  'torture/invalid/baddn': 400,
  'torture/invalid/badvers': 505,
  'torture/invalid/mismatch01': 400,
  'torture/invalid/mismatch02': 400,
  'torture/invalid/bigcode': 'silence',
  // RFC 4475 §3.2
  'torture/invalid/badbranch': 'taken', // matched by the rules of RFC 2543 above us
  // RFC 4475 §3.3
  'torture/invalid/insuf': 400,
  'torture/invalid/unkscm': 416,
  'torture/invalid/novelsc': 416,
  'torture/valid/unksm2': 'taken',
  'torture/invalid/bext01': 420,
  'torture/valid/invut': 'taken', // 415 comes from whoever wants a session: sessionBodyOf says unsupported
  'torture/valid/regaut01': 'taken',
  'torture/invalid/multi01': 400,
  'torture/invalid/mcl01': 400,
  'torture/valid/bcast': 'taken', // the second Via is for the transport layer to see
  'torture/valid/zeromf': 'taken', // §3.3.11: OPTIONS for us is answered at zero hops
  'torture/valid/cparam01': 'taken',
  'torture/valid/cparam02': 'taken',
  'torture/valid/regescrt': 'taken',
  'torture/valid/sdp01': 'taken',
  // RFC 4475 §3.4
  'torture/valid/inv2543': 'taken',
  // RFC 5118 §4
  'torture/ipv6/ipv6-good': 'taken',
  'torture/ipv6/ipv6-bad': 400,
  'torture/ipv6/port-ambiguous': 'taken',
  'torture/ipv6/port-unambiguous': 'taken',
  'torture/ipv6/via-received-with-delimiters': 'taken',
  'torture/ipv6/via-received-without-delimiters': 'taken',
  'torture/ipv6/sdp-ipv6': 'taken',
  'torture/ipv6/mult-ip-in-header': 'taken',
  'torture/ipv6/mult-ip-in-sdp': 'taken',
  'torture/ipv6/ipv4-mapped-ipv6': 'taken',
  'torture/ipv6/ipv6-correct-abnf-2-colons': 'taken',
  'torture/ipv6/ipv6-bug-abnf-3-colons': 'taken',
  // Microsoft's side and an SBC's
  'teams/invite-from-teams': 'taken',
  'teams/invite-to-teams': 'taken',
  'teams/options-to-teams': 'taken',
  'teams/options-200-from-teams': 'taken',
  'teams/options-from-teams': 'taken',
  'teams/ringing-from-teams': 'taken',
};

/** What we do instead, and why. A case that starts passing fails here, so that the list stays true. */
const knownGaps: Record<string, { instead: Outcome; why: string }> = {
  'torture/valid/inv2543': {
    instead: 400,
    why: 'an INVITE without Contact cannot make a dialog (RFC 3261 §8.1.1.8)',
  },
  'torture/ipv6/ipv6-bug-abnf-3-colons': {
    instead: 400,
    why: 'three colons, by an old grammar mistake, are refused',
  },
};

test('every message of the torture collections stands in the table', () => {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.sip'))
    .map((name) => name.replaceAll('\\', '/').slice(0, -4));
  assert.deepEqual(files.sort(), Object.keys(expected).sort());
});

for (const [name, wanted] of Object.entries(expected)) {
  const gap = knownGaps[name];
  if (gap) {
    test(`known gap ${name}: ${gap.why}`, () => {
      const outcome = outcomeOf(`${name}.sip`);
      assert.notEqual(outcome, wanted, 'passes now: take it off the list of known gaps');
      assert.equal(outcome, gap.instead);
    });
  } else {
    test(`${name} is ${typeof wanted === 'number' ? `answered with ${wanted}` : wanted}`, () => {
      assert.equal(outcomeOf(`${name}.sip`), wanted);
    });
  }
}

test('what Teams and an SBC send is printed back byte for byte', () => {
  for (const name of Object.keys(expected).filter((key) => key.startsWith('teams/'))) {
    const bytes = readFileSync(new URL(`${name}.sip`, root));
    const outcome = parseMessage(bytes);
    assert.ok(outcome.ok, name);
    assert.deepEqual(printMessage(outcome.message).toString('latin1'), bytes.toString('latin1'), name);
  }
});
