import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import {
  type Dialog,
  Headers,
  type IncomingInvite,
  type SipRequest,
  type SipResponse,
  toTagOf,
} from '@tandem/sip';
import type { TeamsClients } from '../clients/teams-client.ts';
import { realClock } from '../clock.ts';
import { setFirstGateways } from '../directory/voice.ts';
import { Party, PortPool } from '../media/party.ts';
import { readAudioSdp } from '../media/sdp.ts';
import { seededRandom } from '../random.ts';
import { sbcSdp, TestSbc } from '../testing/test-sbc.ts';
import { startTestTwin } from '../testing/test-twin.ts';
import type { Twin } from '../twin.ts';

const contact = '<sip:sbc1.customers.example.net:5061;transport=tls>';
const allow = Headers.of([['Allow', 'INVITE, ACK, CANCEL, BYE, OPTIONS, NOTIFY, REFER']]);

describe('calls between the SBC and Teams clients', () => {
  let twin: Twin;
  let sbc: TestSbc;
  let close: () => Promise<void>;
  let dana: TeamsClients;
  const pool = new PortPool({ first: 23_600, last: 23_699 });
  const openParty = (toneHz: number): Promise<Party> =>
    Party.open({ address: '127.0.0.1', ports: pool, clock: realClock, random: seededRandom(3) }, toneHz);

  before(async () => {
    ({ twin, close } = await startTestTwin(23_400, { sipT1Ms: 20 }));
    sbc = new TestSbc(twin);
    await sbc.listen();
    dana = twin.clients.get('dana@acme.example') as TeamsClients;
  });
  after(async () => {
    await sbc.close();
    await close();
  });
  afterEach(async () => {
    dana.answers = { kind: 'answer', afterMs: 0 };
    dana.forks.silent183 = false;
    dana.forks.silentFork = false;
    dana.voicemailAfterMs = undefined;
    dana.history.length = 0;
    sbc.onInvite = undefined;
    await twin.faults.clear();
    for (const call of dana.calls.values()) call.hangUp();
  });

  const answered = async (
    options: Parameters<TestSbc['call']>[0] = {},
  ): Promise<{ dialog: Dialog; response: SipResponse }> => {
    const outcome = await sbc.call(options).outcome;
    assert.ok('dialog' in outcome, `not answered: ${JSON.stringify(outcome)}`);
    return outcome;
  };

  it('SBC calls Dana: two clients ring, each with its own To tag, one answers, both hear each other', async () => {
    dana.answers = { kind: 'answer', afterMs: 30 };
    const party = await openParty(1500);
    const ringing: SipResponse[] = [];
    const body = sbcSdp({
      port: party.port,
      crypto: [{ tag: 1, suite: 'AES_CM_128_HMAC_SHA1_80', keyBase64: party.keyBase64 }],
    });
    const { dialog, response } = await answered({ body, onProvisional: (r) => ringing.push(r) });
    const tags = new Set(ringing.map((r) => toTagOf(r)));
    assert.equal(tags.size, 2);
    assert.ok(tags.has(toTagOf(response)));
    assert.match(
      response.headers.get('contact') ?? '',
      /:443;x-i=[0-9a-f-]{36};x-c=[0-9a-f]{32}\/s\/1\/[0-9a-f]{32}>$/,
    );
    assert.match(
      response.headers.get('record-route') ?? '',
      /sip-du-a-eu\.pstnhub\.microsoft\.com:\d+;transport=tls;lr/,
    );
    const reading = readAudioSdp(response.body);
    assert.ok(reading.ok);
    party.connect({
      address: reading.audio.address,
      port: reading.audio.port,
      rtcpMux: true,
      codecs: { pcma: 8, send: 'pcma' },
      keyBase64: reading.audio.crypto[0]?.keyBase64 ?? '',
    });
    party.start();
    const call = [...dana.calls.values()][0];
    const heard = async (): Promise<void> => {
      for (let i = 0; i < 200; i++) {
        const theirs = (call?.view().media as { heardHz?: number } | undefined)?.heardHz;
        if (Math.abs((party.report().heardHz ?? 0) - dana.toneHz) < 10 && Math.abs((theirs ?? 0) - 1500) < 10)
          return;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      assert.fail(`heard ${party.report().heardHz}, ${JSON.stringify(call?.view())}`);
    };
    await heard();
    dialog.bye();
    sbc.node.kick();
    party.close();
    assert.equal(dana.history.at(-1)?.result, 'answered');
  });

  it('SBC gets a silent 183 on a fork of its own, and a 200 from a fork that never rang', async () => {
    dana.answers = { kind: 'answer', afterMs: 60 };
    dana.forks.silent183 = true;
    dana.forks.silentFork = true;
    const heard: SipResponse[] = [];
    const { dialog, response } = await answered({ onProvisional: (r) => heard.push(r) });
    assert.ok(heard.some((r) => r.status === 183 && r.body.length > 0));
    assert.ok(!heard.some((r) => toTagOf(r) === toTagOf(response)));
    dialog.bye();
    sbc.node.kick();
  });

  it('an account is disabled: Teams turns its calls down, and while its token is still good it does not', async () => {
    const called = async (): Promise<string> => {
      const placed = await twin.proxy.place({ upn: 'dana@acme.example', to: '+12025550199' });
      if (!placed.ok) return placed.why;
      placed.call.hangUp();
      await placed.call.ended;
      return 'leaves Teams';
    };
    const { user } = twin.directory.user('dana@acme.example') ?? assert.fail();
    twin.directory.change(user, { accountEnabled: false });
    assert.equal(await called(), 'the account is disabled');
    dana.sessionOutlivesDisabling = true;
    assert.equal(await called(), 'leaves Teams');
    dana.sessionOutlivesDisabling = false;
    twin.directory.change(user, { accountEnabled: true });
  });

  const endings: readonly [upn: string, to: string, status: number, phrase: RegExp][] = [
    ['Drew declines', '+12025550153', 603, /declined/],
    ['Nico is signed in nowhere', '+12025550154', 480, /No callee endpoints found/],
    ['Blake is busy, with busy-on-busy', '+12025550152', 486, /busy/],
  ];
  for (const [who, to, status, phrase] of endings) {
    it(`SBC calls, ${who}: ${status} with the guid`, async () => {
      const outcome = await sbc.call({ to }).outcome;
      assert.ok('kind' in outcome && outcome.kind === 'response');
      assert.equal(outcome.response.status, status);
      assert.match(outcome.response.headers.get('reason') ?? '', phrase);
    });
  }

  for (const [reason, result] of [
    [undefined, 'missed'],
    ['SIP;cause=200;text="Call completed elsewhere"', 'answered elsewhere'],
  ] as const) {
    it(`T29: SBC cancels ${reason ? 'as completed elsewhere' : 'without a reason'}: ${result}`, async () => {
      dana.answers = { kind: 'ring' };
      const rang = Promise.withResolvers<void>();
      const { outcome, cancel } = sbc.call({ onProvisional: () => rang.resolve() });
      await rang.promise;
      cancel(reason);
      const end = await outcome;
      assert.ok('kind' in end && end.kind === 'response' && end.response.status === 487);
      assert.equal(dana.history.at(-1)?.result, result);
    });
  }

  it('M03: nobody answers: the voicemail of Teams takes the call, and only where the calling policy lets it', async () => {
    dana.answers = { kind: 'ring' };
    dana.voicemailAfterMs = 50;
    await answered();
    assert.equal(dana.history.at(-1)?.result, 'voicemail');
    for (const call of dana.calls.values()) call.hangUp();

    const tenant = [...twin.directory.tenants.values()].find(({ users }) => users.has('dana@acme.example'));
    assert.ok(tenant);
    tenant.voice.callingPolicies.set('global', {
      identity: 'Global',
      allowPrivateCalling: true,
      allowVoicemail: 'AlwaysDisabled',
      musicOnHold: 'Enabled',
    });
    dana.voicemailAfterMs = 0;
    dana.answers = { kind: 'decline', afterMs: 50 };
    const end = await sbc.call({}).outcome;
    tenant.voice.callingPolicies.delete('global');
    assert.ok('kind' in end && end.kind === 'response' && end.response.status !== 200);
    assert.equal(dana.history.at(-1)?.result, 'declined', 'it rang on until she declined');
  });

  it('T34, T35: SBC re-INVITEs with sendonly, another address and another key: taken as documented', async () => {
    const { dialog, response } = await answered();
    const before = readAudioSdp(response.body);
    const outcome = await sbc.reinvite(dialog, { body: sbcSdp({ direction: 'sendonly', port: 30_000 }) });
    assert.ok(outcome.kind === 'response' && outcome.response.status === 200);
    const reading = readAudioSdp(outcome.response.body);
    assert.ok(reading.ok && before.ok);
    assert.equal(reading.audio.direction, 'sendrecv');
    assert.equal(reading.audio.port, before.audio.port);
    const callId = dialog.snapshot.callId;
    assert.equal(twin.audit.find({ callId, check: 'T34', failed: true }).length, 1);
    assert.equal(twin.audit.find({ callId, check: 'T35', failed: true }).length, 1);

    const key = 'XNASx455O2HNJ5nqa2Xfc9rE5kXE2vSHza9HXb7Z';
    await sbc.reinvite(dialog, {
      body: sbcSdp({ crypto: [{ tag: 1, suite: 'AES_CM_128_HMAC_SHA1_80', keyBase64: key }] }),
    });
    assert.equal(twin.audit.find({ callId, check: 'T36', failed: true }).length, 1);

    const mux = await sbc.reinvite(dialog, { body: sbcSdp({ rtcpMux: false }) });
    assert.ok(mux.kind === 'response' && mux.response.status === 488);
    assert.match(mux.response.headers.get('reason') ?? '', /CannotChangeRtcpMultiplexing/);

    const hold = await sbc.reinvite(dialog, { body: sbcSdp({ direction: 'inactive' }) });
    assert.ok(hold.kind === 'response');
    const held = readAudioSdp(hold.response.body);
    assert.ok(held.ok && held.audio.direction === 'inactive');
    dialog.bye();
    sbc.node.kick();
  });

  it('T33: SBC never ACKs the 200: it is repeated for 64*T1, then BYE, 408 / 1106', async () => {
    const { dialog } = await answered({ ack: false });
    const reason = await new Promise<string>((resolve) => {
      dialog.onEnded = (why) =>
        resolve(why.kind === 'bye-received' ? (why.request.headers.get('reason') ?? '') : why.kind);
    });
    assert.match(reason, /No acknowledgement for the call acceptance/);
    const { callId } = dialog.snapshot;
    assert.ok(
      sbc.responses.filter((r) => r.status === 200 && r.headers.get('call-id') === callId).length > 5,
    );
    assert.equal(twin.audit.find({ callId, check: 'T33', failed: true })[0]?.subcode, 1106);
  });

  it('T39: SBC rebuilds our Contact in the Request-URI: 481, and the call goes on', async () => {
    const { dialog } = await answered();
    const { callId, localTag, remoteTag, localUri, remoteUri, remoteTarget, routeSet } = dialog.snapshot;
    const bye = (uri: string, route: string, cseq: number): string =>
      [
        `BYE ${uri} SIP/2.0`,
        `Via: SIP/2.0/TLS sbc1.customers.example.net:5061;branch=z9hG4bKbye${cseq}`,
        'Max-Forwards: 70',
        `Route: ${route}`,
        `From: ${localUri};tag=${localTag}`,
        `To: ${remoteUri};tag=${remoteTag}`,
        `Call-ID: ${callId}`,
        `CSeq: ${cseq} BYE`,
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n');
    const route = routeSet[0] ?? '';
    const wrongUri = await sbc.raw(bye(remoteTarget.replace(';x-i=', ';X-I='), route, 2));
    assert.ok('status' in wrongUri && wrongUri.status === 481);
    const wrongRoute = await sbc.raw(bye(remoteTarget, '<sip:sip.pstnhub.microsoft.com:5061;lr>', 3));
    assert.ok('status' in wrongRoute && wrongRoute.status === 481);
    assert.equal(dana.calls.size, 1);
    const right = await sbc.raw(bye(remoteTarget, route, 4));
    assert.ok('status' in right && right.status === 200);
    assert.equal(dana.calls.size, 0);
  });

  /** The SBC answers a call from Teams; gives the INVITE as it came. `acked`: the answer is confirmed. */
  const takeCall = (
    parts: { contact?: string; body?: Buffer; headers?: Headers } = {},
  ): Promise<{ request: SipRequest; dialog: Dialog; acked: Promise<void> }> =>
    new Promise((resolve) => {
      sbc.onInvite = (invite: IncomingInvite) => {
        const acked = new Promise<void>((done) => {
          invite.onAck = () => done();
        });
        const dialog = invite.accept({
          contact: parts.contact ?? contact,
          headers: parts.headers ?? allow,
          body: parts.body ?? sbcSdp({ payloads: [{ number: 8, name: 'PCMA/8000' }] }),
          contentType: 'application/sdp',
        });
        sbc.node.kick();
        resolve({ request: invite.request, dialog, acked });
      };
    });

  it('a hold that meets a re-INVITE of the SBC (491) is tried again, three times in all', async () => {
    const taken = takeCall();
    const placed = await twin.proxy.place({ upn: 'dana@acme.example', to: '+12025550199' });
    assert.ok(placed.ok);
    const { dialog, acked } = await taken;
    await acked;
    let asked = 0;
    let busyFor = 1;
    dialog.onRequest = (incoming) => {
      asked += 1;
      if (asked <= busyFor) incoming.respond(491);
      else {
        const reading = readAudioSdp(incoming.request.body);
        assert.ok(reading.ok);
        incoming.respond(200, {
          contact,
          body: sbcSdp({ payloads: [{ number: 8, name: 'PCMA/8000' }], direction: reading.audio.direction }),
          contentType: 'application/sdp',
        });
      }
      sbc.node.kick();
    };
    assert.equal(await placed.call.hold(), undefined);
    assert.equal(asked, 2);
    [asked, busyFor] = [0, 9];
    assert.equal(await placed.call.resume(), 'the SBC answered 491 to the re-INVITE');
    assert.equal(asked, 3);
    placed.call.hangUp();
  });

  it('Dana calls +12025550199: the INVITE of teams-direct-routing 4.1, in upper case, then hold and resume', async () => {
    const taken = takeCall();
    const placed = await twin.proxy.place({ upn: 'dana@acme.example', to: '+12025550199' });
    assert.ok(placed.ok);
    const { request, dialog, acked } = await taken;
    const port = Number(twin.config.sbcTeamsTls.split(':')[1]);
    assert.equal(request.uri, `sip:+12025550199@sbc1.customers.example.net:${port};user=phone;transport=tls`);
    assert.equal(
      [...request.headers].find(([name]) => name !== name.toUpperCase()),
      undefined,
    );
    assert.match(
      request.headers.get('from') ?? '',
      /^Dana Doe<sip:\+12025550142@sip\.pstnhub\.microsoft\.com:5061;user=phone>;tag=[0-9a-f]{32}$/,
    );
    assert.equal(request.headers.get('p-asserted-identity'), '<tel:+12025550142>,<sip:dana@acme.example>');
    assert.equal(request.headers.get('privacy'), 'id');
    assert.match(request.headers.get('call-id') ?? '', /^[0-9a-f]{32}$/);
    const offer = readAudioSdp(request.body);
    assert.ok(offer.ok);
    assert.equal(offer.audio.payloads[0]?.name, 'SILK/16000');

    await new Promise<void>((resolve) => placed.call.whenConnected(resolve));
    // A hold before the ACK would be answered 491, and Microsoft would try it again (RFC 5407 section 3.1.3).
    await acked;
    const reoffered: string[] = [];
    dialog.onRequest = (incoming) => {
      const reading = readAudioSdp(incoming.request.body);
      assert.ok(reading.ok);
      reoffered.push(reading.audio.direction);
      incoming.respond(200, {
        contact,
        body: sbcSdp({ payloads: [{ number: 8, name: 'PCMA/8000' }], direction: reading.audio.direction }),
        contentType: 'application/sdp',
      });
      sbc.node.kick();
    };
    assert.equal(await placed.call.hold(), undefined);
    placed.call.laterRegion = 'as';
    assert.equal(await placed.call.resume(), undefined);
    assert.equal(await placed.call.refresh(), undefined);
    assert.deepEqual(reoffered, ['inactive', 'sendrecv', 'sendrecv']);
    const ended = new Promise<string>((resolve) => {
      dialog.onEnded = (why) =>
        resolve(why.kind === 'bye-received' ? (why.request.headers.get('reason') ?? '') : why.kind);
    });
    placed.call.hangUp();
    assert.match(await ended, /^Q\.850;cause=16;text="[0-9a-f-]{36};/);
  });

  const badAnswers: readonly [what: string, parts: Parameters<typeof takeCall>[0], cause: number][] = [
    ['another customer in Contact', { contact: '<sip:sbc2.customers.example.net:5061;transport=tls>' }, 63],
    ['an address in Contact', { contact: '<sip:127.0.0.1:5061;transport=tls>' }, 63],
    ['no SRTP', { body: sbcSdp({ protocol: 'RTP/AVP', crypto: [] }) }, 88],
    [
      'a crypto tag that was not offered',
      {
        body: sbcSdp({
          crypto: [
            {
              tag: 7,
              suite: 'AES_CM_128_HMAC_SHA1_80',
              keyBase64: 'XNASx455O2HNJ5nqa2Xfc9rE5kXE2vSHza9HXb7Z',
            },
          ],
        }),
      },
      88,
    ],
  ];
  for (const [what, parts, cause] of badAnswers) {
    it(`T30: SBC answers with ${what}: ACK, then BYE with Q.850 ${cause}`, async () => {
      const taken = takeCall(parts);
      const placed = await twin.proxy.place({ upn: 'dana@acme.example', to: '+12025550199' });
      assert.ok(placed.ok);
      const { dialog } = await taken;
      const reason = await new Promise<string>((resolve) => {
        dialog.onEnded = (why) =>
          resolve(why.kind === 'bye-received' ? (why.request.headers.get('reason') ?? '') : why.kind);
      });
      assert.match(reason, new RegExp(`cause=${cause};`));
      assert.equal((await placed.call.ended).connected, false);
    });
  }

  it('T31: SBC says only 100: CANCEL after FailoverTimeSeconds, 408 / 500001', async () => {
    const trunk = twin.directory.tenant(twin.directory.carrierTenantId)?.trunks.get('customers.example.net');
    assert.ok(trunk);
    trunk.failoverTimeSeconds = 0.05;
    const cancelled = new Promise<void>((resolve) => {
      sbc.onInvite = (invite) => {
        invite.onCancel = () => resolve();
      };
    });
    const placed = await twin.proxy.place({ upn: 'dana@acme.example', to: '+12025550199' });
    trunk.failoverTimeSeconds = 10;
    assert.ok(placed.ok);
    await cancelled;
    const end = await placed.call.ended;
    assert.deepEqual([end.status, end.subcode], [408, 500001]);
  });

  it('T32: SBC answers 503 (next trunk) and 486 (final): 560503, 560486', async () => {
    for (const status of [503, 486]) {
      sbc.onInvite = (invite) => {
        invite.reject(status);
        sbc.node.kick();
      };
      const placed = await twin.proxy.place({ upn: 'dana@acme.example', to: '+12025550199' });
      assert.ok(placed.ok);
      const end = await placed.call.ended;
      assert.equal(end.subcode, 560_000 + status);
    }
  });

  it('the voice route has two trunks: a 503 of the first moves the call to the second', async () => {
    const acme = twin.directory.user('dana@acme.example')?.tenant;
    const carrier = twin.directory.tenant(twin.directory.carrierTenantId);
    assert.ok(acme && carrier);
    const port = Number(twin.config.sbcTeamsTls.split(':')[1]);
    const base = carrier.trunks.get('customers.example.net');
    assert.ok(base);
    // Neither has been probed, so both are demoted and keep their order.
    acme.trunks.set('customers.example.net', { ...base, sipSignalingPort: port });
    setFirstGateways(acme.voice, ['sbc1.customers.example.net', 'customers.example.net']);
    const hosts: string[] = [];
    sbc.onInvite = (invite) => {
      hosts.push(/@([^:]+):/.exec(invite.request.uri)?.[1] ?? '');
      invite.reject(hosts.length === 1 ? 503 : 486);
      sbc.node.kick();
    };
    const placed = await twin.proxy.place({ upn: 'dana@acme.example', to: '+12025550199' });
    assert.ok(placed.ok);
    const end = await placed.call.ended;
    acme.trunks.delete('customers.example.net');
    setFirstGateways(acme.voice, ['sbc1.customers.example.net']);
    assert.deepEqual(hosts, ['sbc1.customers.example.net', 'customers.example.net']);
    assert.equal(end.subcode, 560486);
  });

  it('a call inside the tenant never reaches the SBC; a user without licence does not call', async () => {
    const inside = await twin.proxy.place({ upn: 'dana@acme.example', to: '+12025550143' });
    assert.equal(inside.ok, false);
    const unlicensed = await twin.proxy.place({ upn: 'bo@acme.example', to: '+12025550199' });
    assert.ok(!unlicensed.ok && unlicensed.subcode === 510560);
  });

  it('a calling policy without AllowPrivateCalling keeps the person from calling, and only the person', async () => {
    const found = twin.directory.user('dana@acme.example');
    assert.ok(found);
    twin.directory.change(found.user, { policies: { TeamsCallingPolicy: 'DisallowCalling' } });
    const barred = await twin.proxy.place({ upn: 'dana@acme.example', to: '+12025550199' });
    twin.directory.change(found.user, { policies: {} });
    assert.ok(!barred.ok && barred.status === 403);
    assert.match(barred.why, /calling policy DisallowCalling has AllowPrivateCalling off/);
    sbc.onInvite = (invite) => {
      invite.reject(486);
      sbc.node.kick();
    };
    const free = await twin.proxy.place({ upn: 'dana@acme.example', to: '+12025550199' });
    assert.ok(free.ok);
    assert.equal((await free.call.ended).subcode, 560486);
  });
});
