import type { SipRequest } from '@tandem/sip';
import { sessionBodyOf } from '@tandem/sip/body/session-body.ts';
import type { CallFailure } from './call-failure.ts';

/** `sdp` undefined: the caller leaves the offer to us (RFC 3261 §13.2.1). */
export type CallersOffer =
  | { readonly kind: 'offer'; readonly sdp: Buffer | undefined }
  | { readonly kind: 'unusable'; readonly failure: CallFailure };

/** What the caller's INVITE offers. */
export function callersOffer(request: SipRequest, fromTeams: boolean): CallersOffer {
  const body = sessionBodyOf(request);
  switch (body.kind) {
    case 'sdp':
      return { kind: 'offer', sdp: body.bytes };
    case 'unsupported':
      return { kind: 'unusable', failure: { kind: 'body-unsupported' } };
    case 'broken':
      return { kind: 'unusable', failure: { kind: 'sdp-malformed', detail: body.why } };
    case 'none':
      // MICROSOFT: an offer is always there (teams-direct-routing 4.2); carriers may leave it to us.
      if (fromTeams) return { kind: 'unusable', failure: { kind: 'offer-missing' } };
      return { kind: 'offer', sdp: undefined };
  }
}
