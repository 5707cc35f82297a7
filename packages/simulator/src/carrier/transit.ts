import type { Destination, Dialog, IncomingInvite, IncomingRequest, UserAgent } from '@tandem/sip';

/**
 * The carrier as the network between two customers: a call to a number that the platform owns comes back to it, as in
 * the real world. Two dialogs, the descriptions handed through untouched; the carrier is not in the media.
 */
export interface TransitWorld {
  readonly ua: UserAgent;
  readonly now: () => number;
  readonly kick: () => void;
  readonly sbc: { readonly host: string; readonly port: number };
  /** `host:port` of the address that the call goes out from. */
  readonly here: string;
  readonly destination: Destination;
}

export function carryAcross(incoming: IncomingInvite, from: string, to: string, world: TransitWorld): void {
  const { request } = incoming;
  const { sbc, here } = world;
  const hops = Number(request.headers.get('max-forwards') ?? 70);
  if (hops < 2) {
    incoming.reject(483);
    world.kick();
    return;
  }
  const contact = `<sip:${to}@${here}>`;
  const sdp = (body: Buffer) => (body.length > 0 ? { body, contentType: 'application/sdp' } : {});
  const onward = world.ua.invite(
    {
      requestUri: `sip:${to}@${sbc.host}:${sbc.port};user=phone`,
      from: `<sip:${from}@${here};user=phone>`,
      to: `<sip:${to}@${sbc.host}:${sbc.port};user=phone>`,
      contact: `<sip:${from}@${here}>`,
      maxForwards: hops - 1,
      destination: world.destination,
      ...sdp(request.body),
      handlers: {
        onProvisional: (response) => {
          incoming.progress(response.status, { contact, ...sdp(response.body) });
          world.kick();
        },
        onAccepted: (response, far, extra) => {
          if (extra) return;
          const near = incoming.accept({ contact, ...sdp(response.body) });
          // An offerless INVITE has its answer in the ACK.
          if (request.body.length > 0) far.ack();
          else incoming.onAck = (ack) => far.ack(sdp(ack.body));
          couple(near, far, world.kick);
          couple(far, near, world.kick);
          world.kick();
        },
        onFailed: (outcome) => {
          incoming.reject(outcome.kind === 'response' ? outcome.response.status : 503);
          world.kick();
        },
      },
    },
    world.now(),
  );
  incoming.onCancel = (cancel) => {
    onward.cancel(cancel.headers.get('reason'));
    world.kick();
  };
  world.kick();
}

/** What happens to `one` happens to `other`: its end, and its re-INVITEs. */
function couple(one: Dialog, other: Dialog, kick: () => void): void {
  one.onEnded = (why) => {
    other.bye(why.kind === 'bye-received' ? why.request.headers.get('reason') : undefined);
    kick();
  };
  one.onRequest = (incoming: IncomingRequest) => {
    const { request } = incoming;
    other.request({
      method: request.method,
      body: request.body,
      contentType: request.headers.get('content-type') ?? 'application/sdp',
      onFinal: (outcome) => {
        if (outcome.kind !== 'response') incoming.respond(500);
        else {
          const { status, body } = outcome.response;
          incoming.respond(status, body.length > 0 ? { body, contentType: 'application/sdp' } : {});
        }
        kick();
      },
    });
    kick();
  };
}
