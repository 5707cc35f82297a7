import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { SipResponse } from '@tandem/sip';
import { runPowerShell } from '../powershell/run.ts';
import { seededRandom } from '../random.ts';
import { sbcRequest, sbcSdp, TestSbc } from '../testing/test-sbc.ts';
import { startTestTwin } from '../testing/test-twin.ts';
import type { Twin } from '../twin.ts';

describe('the hubs judge what an SBC sends', () => {
  let twin: Twin;
  let sbc: TestSbc;
  let close: () => Promise<void>;
  before(async () => {
    ({ twin, close } = await startTestTwin(23_000));
    sbc = new TestSbc(twin);
  });
  after(async () => {
    await sbc.close();
    await close();
  });

  const answer = async (text: string): Promise<SipResponse> => {
    const response = await sbc.raw(text);
    assert.ok('status' in response, `the connection failed: ${JSON.stringify(response)}`);
    return response;
  };

  it('SBC asks OPTIONS for the carrier trunk: 200 in upper case, without To tag and Contact (1.7)', async () => {
    const response = await answer(sbcRequest('OPTIONS'));
    assert.equal(response.status, 200);
    const names = [...response.headers].map(([name]) => name);
    assert.deepEqual(
      names.filter((name) => name !== name.toUpperCase()),
      [],
    );
    assert.doesNotMatch(response.headers.get('to') ?? '', /tag=/);
    assert.equal(response.headers.get('contact'), undefined);
    assert.equal(response.headers.get('allow'), 'INVITE,ACK,OPTIONS,CANCEL,BYE,NOTIFY');
  });

  const refused: readonly [
    id: string,
    what: string,
    text: () => string,
    status: number,
    phrase: RegExp | undefined,
  ][] = [
    [
      'T5',
      'sips: in Contact',
      () => sbcRequest('INVITE', { headers: { Contact: '<sips:x@sbc1.customers.example.net>' } }),
      400,
      undefined,
    ],
    [
      'T6',
      'Replaces',
      () => sbcRequest('INVITE', { headers: { Replaces: 'a;from-tag=b;to-tag=c' } }),
      403,
      /Replaces header is not supported/,
    ],
    ['T7', 'UPDATE', () => sbcRequest('UPDATE'), 405, undefined],
    [
      'T40',
      'REFER',
      () => sbcRequest('REFER', { headers: { 'Refer-To': '<sip:x@y.example>' } }),
      405,
      undefined,
    ],
    [
      'T8',
      'OPTIONS without Contact',
      () => sbcRequest('OPTIONS', { headers: { Contact: null } }),
      403,
      /Record-Route and Contact headers are missing/,
    ],
    [
      'T9',
      'an address in Contact',
      () => sbcRequest('INVITE', { contactHost: '198.51.100.20' }),
      403,
      /Provided trunk FQDN '198\.51\.100\.20'/,
    ],
    [
      'T10',
      'a name two labels below the wildcard',
      () => sbcRequest('INVITE', { contactHost: 'a.sbc1.customers.example.net' }),
      403,
      /certificate's CN/,
    ],
    [
      'T11',
      'a Record-Route that differs from Contact',
      () => sbcRequest('INVITE', { headers: { 'Record-Route': '<sip:sbc2.customers.example.net;lr>' } }),
      403,
      undefined,
    ],
    [
      'T12',
      'OPTIONS for a name below the base that nobody verified',
      () => sbcRequest('OPTIONS', { contactHost: 'nobody.customers.example.net' }),
      403,
      /Provided trunk FQDN 'nobody\.customers\.example\.net' is not allowed/,
    ],
    [
      'T17',
      'a subdomain that no customer has: it lands in the carrier tenant',
      () => sbcRequest('INVITE', { contactHost: 'gone.customers.example.net' }),
      403,
      /No trunk config found/,
    ],
    [
      'T18',
      'a called party that is no number',
      () => sbcRequest('INVITE', { uri: 'sip:dana@sip.pstnhub.microsoft.com:5061;user=phone;transport=tls' }),
      412,
      /Wrong callee MRI/,
    ],
    [
      'T18',
      'a number without plus',
      () => sbcRequest('INVITE', { uri: 'sip:12025550142@sip.pstnhub.microsoft.com:5061;user=phone' }),
      404,
      /Getting user info by number failed/,
    ],
    [
      'T20',
      "Globex' number by Acme's trunk",
      () => sbcRequest('INVITE', { uri: 'sip:+12025550162@sip.pstnhub.microsoft.com:5061;user=phone' }),
      404,
      /Getting user info/,
    ],
    [
      'T20',
      'a number of nobody',
      () => sbcRequest('INVITE', { uri: 'sip:+12025550144@sip.pstnhub.microsoft.com:5061;user=phone' }),
      404,
      /Getting user info/,
    ],
    [
      'T21',
      'a guest, who is not voice-enabled',
      () => sbcRequest('INVITE', { uri: 'sip:+12025550148@sip.pstnhub.microsoft.com:5061;user=phone' }),
      403,
      /not Enterprise Voice enabled/,
    ],
    [
      'T23',
      'no body',
      () => sbcRequest('INVITE', { body: Buffer.alloc(0) }),
      488,
      /Delayed offer is not supported/,
    ],
    [
      'T24',
      'an SDP that does not parse',
      () => sbcRequest('INVITE', { body: Buffer.from('v=0\r\nnonsense\r\n') }),
      410,
      /SdpParsingFailure/,
    ],
    [
      'T24',
      'a payload number twice',
      () =>
        sbcRequest('INVITE', {
          body: sbcSdp({
            payloads: [
              { number: 8, name: 'PCMA/8000' },
              { number: 8, name: 'PCMU/8000' },
            ],
          }),
        }),
      488,
      /Duplicate payload/,
    ],
    [
      'T25',
      'RTP/AVP',
      () => sbcRequest('INVITE', { body: sbcSdp({ protocol: 'RTP/AVP', crypto: [] }) }),
      488,
      /SrtpEncryptionRequired/,
    ],
    [
      'T26',
      'no codec that Microsoft knows',
      () => sbcRequest('INVITE', { body: sbcSdp({ payloads: [{ number: 4, name: 'G723/8000' }] }) }),
      488,
      /CannotSupportAnyMedia/,
    ],
    [
      'T28',
      'x-m without a pending REFER',
      () =>
        sbcRequest('INVITE', {
          uri: 'sip:sip.pstnhub.microsoft.com:5061;transport=tls;x-m=8:orgid:0bb394eb-c0af-41f3-8f95-a395ea5ef36e',
        }),
      404,
      /Replacement call was not found/,
    ],
    [
      'T28',
      'a garbled x-m',
      () => sbcRequest('INVITE', { uri: 'sip:sip.pstnhub.microsoft.com:5061;transport=tls;x-m=8:orgid' }),
      400,
      undefined,
    ],
  ];
  for (const [id, what, text, status, phrase] of refused) {
    it(`${id}: SBC sends ${what}: ${status}`, async () => {
      const request = text();
      const response = await answer(request);
      assert.equal(response.status, status);
      if (phrase) {
        const reason = response.headers.get('reason') ?? '';
        assert.match(reason, /^Q\.850;cause=\d+;text="[0-9a-f-]{36};/);
        assert.match(reason, phrase);
      }
      if (status === 405) assert.equal(response.headers.get('allow'), 'INVITE,ACK,OPTIONS,CANCEL,BYE,NOTIFY');
      const [entry] = twin.audit.find({ callId: response.headers.get('call-id') ?? '', kind: 'request' });
      assert.equal(entry?.checks?.at(-1)?.id, id);
      assert.equal(entry?.checks?.at(-1)?.passed, false);
      assert.equal(
        entry?.checks?.slice(0, -1).every((check) => check.passed),
        true,
      );
    });
  }

  it('T21: a callee whose calling policy has AllowPrivateCalling off, by PowerShell and through a group', async () => {
    const found = twin.directory.user('dana@acme.example');
    assert.ok(found);
    const { tenant, user } = found;
    // Past the policy the call has an offer with a codec that Microsoft does not know: the answer says who refused.
    const ask = async () =>
      await answer(
        sbcRequest('INVITE', {
          uri: 'sip:+12025550142@sip.pstnhub.microsoft.com:5061;user=phone',
          body: sbcSdp({ protocol: 'RTP/AVP', crypto: [] }),
        }),
      );
    const run = (script: string) =>
      runPowerShell({
        script: `Connect-MicrosoftTeams | Out-Null\n${script}`,
        as: 'alex@acme.example',
        directory: twin.directory,
        random: seededRandom(1),
        send: async () => ({ status: 500, body: '' }),
      });
    assert.equal((await ask()).status, 488);
    const made = await run("New-CsTeamsCallingPolicy -Identity 'CP-Quiet' -AllowPrivateCalling $false");
    assert.ok(made.ok, JSON.stringify(made));
    assert.equal((await ask()).status, 488, 'nobody has the policy yet');
    const group = user.groups[0];
    assert.ok(group);
    tenant.voice.groupGrants = [
      { type: 'TeamsCallingPolicy', groupId: group, name: 'CP-Quiet', rank: 1, since: 0 },
    ];
    twin.directory.delays.groupPolicyMs = 0;
    const refused = await ask();
    assert.equal(refused.status, 403);
    assert.match(
      refused.headers.get('reason') ?? '',
      /cause=63;.*Private calling is disabled for the callee/,
    );
    assert.equal((await run('Set-CsTeamsCallingPolicy CP-Quiet -AllowPrivateCalling $true')).ok, true);
    assert.equal((await ask()).status, 488);
    tenant.voice.groupGrants = [];
  });
});
