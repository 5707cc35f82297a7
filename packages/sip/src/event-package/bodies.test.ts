import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { printDialogInfo } from './dialog-info.ts';
import { printPidf } from './pidf.ts';
import { xmlText } from './xml.ts';

test('dialog-info: a call that rings and one that talks, as in RFC 4235 section 6', () => {
  const text = printDialogInfo('sip:1001@platform.example', 7, [
    {
      id: 'c1',
      state: 'early',
      direction: 'recipient',
      local: { uri: 'sip:1001@platform.example', displayName: 'Dana "D" <Fox> & Söhne' },
      remote: { uri: 'sip:+12025550199@platform.example' },
    },
    { id: 'teams', state: 'confirmed' },
  ]);
  assert.equal(
    text,
    [
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="7" state="full" entity="sip:1001@platform.example">',
      '<dialog id="c1" direction="recipient">',
      '<state>early</state>',
      '<local>',
      '<identity display="Dana &quot;D&quot; &lt;Fox&gt; &amp; Söhne">sip:1001@platform.example</identity>',
      '<target uri="sip:1001@platform.example"/>',
      '</local>',
      '<remote>',
      '<identity>sip:+12025550199@platform.example</identity>',
      '<target uri="sip:+12025550199@platform.example"/>',
      '</remote>',
      '</dialog>',
      '<dialog id="teams">',
      '<state>confirmed</state>',
      '</dialog>',
      '</dialog-info>',
      '',
    ].join('\r\n'),
  );
});

test('pidf: on the phone, with a note for people', () => {
  const text = printPidf('sip:1001@platform.example', {
    basic: 'open',
    activities: ['on-the-phone'],
    note: 'On a call',
  });
  assert.match(text, /<status><basic>open<\/basic><\/status>/);
  assert.match(text, /<rpid:activities><rpid:on-the-phone\/><\/rpid:activities>/);
  assert.match(text, /<dm:note>On a call<\/dm:note>/);
  assert.doesNotMatch(printPidf('sip:x@y', { basic: 'closed', activities: [] }), /activities>|note>/);
});

/** Undoes `xmlText`, strictly: a bare mark is a fault. */
function readBack(text: string): string {
  assert.doesNotMatch(text, /[<>"'\t\n\r]|&(?!(?:amp|lt|gt|quot|apos|#9|#10|#13);)/);
  const marks: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
  return text.replace(/&(#?)(\w+);/g, (_, number: string, name: string) =>
    number === '#' ? String.fromCharCode(Number(name)) : (marks[name] ?? ''),
  );
}

test('any text: no markup gets out of it, what XML knows reads back, what it does not know is replaced', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const expected = text
        .toWellFormed()
        .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd');
      assert.equal(readBack(xmlText(text)), expected);
    }),
    { numRuns: 1_000 },
  );
  assert.equal(xmlText('\ud800 ]]> \u0000'), '\ufffd ]]&gt; \ufffd');
});
