import { fromOf, paramOf, parseUri, type SipRequest, telDigits } from '@tandem/sip';
import { callingPolicyOf } from '../directory/calling-policy.ts';
import type { Directory } from '../directory/directory.ts';
import type { TeamsUser, Tenant, Trunk } from '../directory/tenant.ts';
import { hasTeamsPhone } from '../graph/licence-catalogue.ts';
import { type AudioSdp, payloadOf, readAudioSdp } from '../media/sdp.ts';
import { type Refusal, refusals } from './answers.ts';
import { type CheckId, isEnforced } from './check-table.ts';
import { trunkNameOf } from './request-checks.ts';

/** T15 to T28: a new INVITE from the SBC, in the documented order. The first failure decides. */

export interface AcceptedInvite {
  readonly tenant: Tenant;
  readonly trunk: Trunk;
  readonly derived: boolean;
  readonly user: TeamsUser;
  readonly offer: AudioSdp;
  readonly callerNumber: string;
  readonly calledNumber: string;
}

export type InviteJudgement =
  | { readonly ok: true; readonly invite: AcceptedInvite; readonly passed: readonly CheckId[] }
  | {
      readonly ok: false;
      readonly failed: CheckId;
      readonly refusal: Refusal;
      readonly passed: readonly CheckId[];
      /** For the audit: how far it got, in words. */
      readonly detail: string;
    };

/** Codecs of the media processor, in its order of preference (6.6). */
export const knownCodecs = ['SILK/16000', 'SILK/8000', 'G722/8000', 'PCMA/8000', 'PCMU/8000', 'G729/8000'];
export const requiredSuite = 'AES_CM_128_HMAC_SHA1_80';

export function judgeInvite(request: SipRequest, directory: Directory, strict: boolean): InviteJudgement {
  const passed: CheckId[] = [];
  const fail = (failed: CheckId, refusal: Refusal, detail: string): InviteJudgement => ({
    ok: false,
    failed,
    refusal,
    passed,
    detail,
  });
  const name = trunkNameOf(request) ?? '';

  const found = directory.findTenant(name);
  if (!found) return fail('T15', refusals.unknownTrunk(name), `no tenant has ${name} or its parent`);
  passed.push('T15');
  const { tenant, domain, by } = found;
  if (!tenant.domains.get(domain)?.activated)
    return fail('T16', refusals.unknownTrunk(name), `${domain} has no licensed account`);
  passed.push('T16');
  const trunk = directory.findTrunk(tenant, name);
  if (!trunk)
    return fail('T17', refusals.noTrunkConfig(), `${tenant.name} (found by ${by}) has no trunk ${name}`);
  passed.push('T17');

  if (/;x-m=/i.test(request.uri)) {
    return /;x-m=\d+:[A-Za-z]+:[0-9a-f-]{36}(;|$)/.test(request.uri)
      ? fail('T28', refusals.replacementNotFound(), 'no REFER is pending')
      : fail('T28', refusals.badRequest('Unreadable x-m'), 'x-m is not an MRI');
  }

  const called = calledNumber(request.uri);
  if (called === undefined) return fail('T18', refusals.wrongCallee(), `not a number: ${request.uri}`);
  const bare = called.replace(/;.*$/, '');
  const callee = directory.userByNumber(tenant, called) ?? directory.userByNumber(tenant, bare);
  if (!called.startsWith('+') && !callee)
    return fail('T18', refusals.numberNotFound(), `${called} does not begin with +`);
  passed.push('T18');

  const caller = callerNumber(request);
  if (tenant.blockedCallers.some((pattern) => pattern.test(caller)))
    return fail('T19', refusals.blockedCaller(), `${caller} is blocked in ${tenant.name}`);
  passed.push('T19');

  if (!callee)
    return fail(
      'T20',
      refusals.numberNotFound(),
      `${called} is assigned to nobody in ${tenant.name} (found by ${by})`,
    );
  passed.push('T20');

  if (!callee.accountEnabled || !callee.enterpriseVoice || !hasTeamsPhone(callee))
    return fail('T21', refusals.notVoiceEnabled(), `${callee.upn} is not voice-enabled`);
  const policy = callingPolicyOf(directory, tenant, callee);
  if (!policy.allowPrivateCalling)
    return fail(
      'T21',
      refusals.privateCallingDisabled(),
      `the calling policy ${policy.identity} of ${callee.upn} has AllowPrivateCalling off`,
    );
  passed.push('T21');

  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (request.body.length === 0 || (type !== 'application/sdp' && isEnforced('T23', strict)))
    return fail('T23', refusals.delayedOffer(), 'no SDP offer');
  passed.push('T23');
  const media = judgeOffer(request.body, trunk.trunk.mediaBypass);
  if (!media.ok) return fail(media.failed, media.refusal, media.detail);
  passed.push('T24', 'T25', 'T26');
  if (trunk.trunk.mediaBypass) passed.push('T27');

  return {
    ok: true,
    passed,
    invite: {
      tenant,
      trunk: trunk.trunk,
      derived: trunk.derived,
      user: callee,
      offer: media.offer,
      callerNumber: caller,
      calledNumber: called,
    },
  };
}

export type OfferJudgement =
  | { readonly ok: true; readonly offer: AudioSdp }
  | { readonly ok: false; readonly failed: CheckId; readonly refusal: Refusal; readonly detail: string };

export function judgeOffer(body: Buffer, mediaBypass: boolean): OfferJudgement {
  const fail = (failed: CheckId, refusal: Refusal, detail: string): OfferJudgement => ({
    ok: false,
    failed,
    refusal,
    detail,
  });
  const reading = readAudioSdp(body);
  if (!reading.ok) {
    const { fault } = reading;
    switch (fault.kind) {
      case 'duplicate-payload':
        return fail('T24', refusals.duplicatePayload(), `payload number ${fault.number} twice`);
      case 'not-one-audio':
        return fail('T24', refusals.noMedia(), `wanted one audio line, found ${fault.media.join(', ')}`);
      case 'malformed':
        return fail('T24', refusals.sdpParsing(), fault.why);
    }
  }
  const offer = reading.audio;
  if (
    !/^(UDP\/TLS\/)?RTP\/SAVPF?$/.test(offer.protocol) ||
    !offer.crypto.some((line) => line.suite === requiredSuite)
  )
    return fail(
      'T25',
      refusals.srtpRequired(),
      `${offer.protocol}, suites: ${offer.crypto.map((l) => l.suite).join(', ') || 'none'}`,
    );
  if (!knownCodecs.some((codec) => payloadOf(offer, codec) !== undefined))
    return fail('T26', refusals.noMedia(), `codecs: ${offer.payloads.map((p) => p.name).join(', ')}`);
  if (mediaBypass && !(offer.hasCandidates && offer.iceLite))
    return fail('T27', refusals.noCandidates(), 'no ICE-lite candidates on a bypass trunk');
  return { ok: true, offer };
}

/** The number of the Request-URI with its `;ext=`, or undefined when it is none (2.1). */
export function calledNumber(uri: string): string | undefined {
  const parsed = parseUri(uri);
  if (!parsed || parsed.scheme === 'tel' || parsed.user === undefined) return undefined;
  const [number, ...rest] = parsed.user.split(';');
  const digits = telDigits(number as string);
  if (!/^\+?[0-9]{2,20}$/.test(digits)) return undefined;
  const ext = rest.find((part) => /^ext=\d+$/i.test(part));
  return ext ? `${digits};${ext}` : digits;
}

function callerNumber(request: SipRequest): string {
  const uri = parseUri(fromOf(request)?.uri ?? '');
  if (!uri) return '';
  if (uri.scheme === 'tel') return telDigits(uri.number);
  const phone = paramOf(uri.params, 'user') === 'phone' || /^\+?\d+$/.test(uri.user ?? '');
  return phone ? telDigits(uri.user ?? '') : (uri.user ?? '');
}
