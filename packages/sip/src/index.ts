/** The promise of @tandem/sip. Files under `@tandem/sip/<folder>/<file>.ts` may be imported directly as well. */

export * from './auth/client.ts';
export { digestResponse, ha1Of } from './auth/digest.ts';
export * from './auth/nonce.ts';
export { ReplayGuard } from './auth/replay.ts';
export * from './auth/server.ts';
export * from './body/multipart.ts';
export * from './body/session-body.ts';
export { dialogMachine } from './dialog/dialog.machine.ts';
export { glareDelayMs } from './dialog/glare.ts';
export { inviteTurn } from './dialog/invite-turn.machine.ts';
export * from './event-package/dialog-info.ts';
export * from './event-package/pidf.ts';
export * from './framing/framer.ts';
export * from './header/contact.ts';
export * from './header/content-type.ts';
export * from './header/cseq.ts';
export * from './header/digest.ts';
export * from './header/history-info.ts';
export { splitList } from './header/list.ts';
export * from './header/name-addr.ts';
export * from './header/number.ts';
export * from './header/params.ts';
export * from './header/privacy.ts';
export * from './header/reason.ts';
export { isToken, quote, textFromWire, textToWire, unquote } from './header/text.ts';
export * from './header/via.ts';
export * from './message/access.ts';
export * from './message/check.ts';
export { Headers } from './message/headers.ts';
export { limits } from './message/limits.ts';
export type { SipMessage, SipRequest, SipResponse } from './message/message.ts';
export { type FaultStatus, type ParseFault, type ParseOutcome, parseMessage } from './message/parse.ts';
export { printMessage } from './message/print.ts';
export * from './offer-answer/audio.ts';
export * from './offer-answer/carrier.ts';
export * from './offer-answer/state.ts';
export * from './resolve/resolve.ts';
export * from './resolve/srv.ts';
export * from './sdp/attribute.ts';
export * from './sdp/codec.ts';
export * from './sdp/connection.ts';
export * from './sdp/crypto.ts';
export * from './sdp/direction.ts';
export * from './sdp/ice.ts';
export * from './sdp/sdp.ts';
export * from './session-timer/negotiate.ts';
export {
  Notifier,
  type NotifierDeps,
  type NotifierLimits,
  type SubscribeFault,
} from './subscription/notifier.ts';
export type { EventPackage, SubscribeWish } from './subscription/subscribe.ts';
export { subscriptionMachine } from './subscription/subscription.machine.ts';
export type { Notification, NotifyOutcome, Subscription } from './subscription/subscription.ts';
export { drawMachine } from './transaction/diagram.ts';
export { inviteClient } from './transaction/invite-client.machine.ts';
export { inviteServer } from './transaction/invite-server.machine.ts';
export { nonInviteClient } from './transaction/non-invite-client.machine.ts';
export { nonInviteServer } from './transaction/non-invite-server.machine.ts';
export type * from './ua/types.ts';
export { createUserAgent } from './ua/user-agent.ts';
export * from './uri/host.ts';
export { hostOfUri } from './uri/host-of-uri.ts';
export * from './uri/uri.ts';
export { sipUriEquals } from './uri/uri-equals.ts';
