import type { Dialog, FinalOutcome, IncomingRequest } from '@tandem/sip';
import type { Party, PartyReport } from '../media/party.ts';
import { readAudioSdp } from '../media/sdp.ts';
import { type CarrierSdp, printCarrierSdp, remoteOf } from './carrier-sdp.ts';

export interface CarrierEnd {
  readonly connected: boolean;
  readonly by: 'carrier' | 'sbc';
  readonly status?: number;
  /** The Reason header of the final answer or of the BYE. */
  readonly reason?: string;
  readonly report?: PartyReport;
}

/** One party at the carrier: what both directions share once there is a dialog. */
export class CarrierCall {
  readonly sipCallId: string;
  readonly direction: 'in' | 'out';
  /** The carrier's own number and the other party's, as on the wire. */
  readonly own: string;
  readonly other: string;
  readonly address: 'first' | 'second' | 'third';
  readonly startedAtMs: number;
  readonly ended: Promise<CarrierEnd>;
  state: 'calling' | 'ringing' | 'connected' | 'held' | 'ended' = 'calling';
  connectedAtMs: number | undefined;
  ringingAtMs: number | undefined;
  party: Party | undefined;
  dialog: Dialog | undefined;
  /** Ends it before the answer: CANCEL or a rejection. */
  giveUp: (() => void) | undefined;
  readonly #now: () => number;
  readonly #kick: () => void;
  readonly #localAddress: string;
  readonly #faults: { noCommonCodec: boolean; padding: number };
  #version = 0;
  #settle!: (end: CarrierEnd) => void;
  #done = false;
  #recording: string | undefined;
  readonly #onConnected: (() => void)[] = [];

  constructor(options: {
    sipCallId: string;
    direction: 'in' | 'out';
    own: string;
    other: string;
    address: 'first' | 'second' | 'third';
    now: () => number;
    kick: () => void;
    localAddress: string;
    faults: { noCommonCodec: boolean; padding: number };
  }) {
    this.sipCallId = options.sipCallId;
    this.direction = options.direction;
    this.own = options.own;
    this.other = options.other;
    this.address = options.address;
    this.#now = options.now;
    this.#kick = options.kick;
    this.#localAddress = options.localAddress;
    this.#faults = options.faults;
    this.startedAtMs = options.now();
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  get done(): boolean {
    return this.#done;
  }

  whenConnected(run: () => void): void {
    if (this.connectedAtMs !== undefined) run();
    else this.#onConnected.push(run);
  }

  recordTo(file: string): void {
    this.#recording = file;
  }

  sdp(direction: CarrierSdp['direction'], answering?: CarrierSdp['answering']): Buffer {
    this.#version += 1;
    return printCarrierSdp({
      address: this.#localAddress,
      port: this.party?.port ?? 9,
      version: this.#version,
      direction,
      ...(answering ? { answering } : {}),
      noCommonCodec: this.#faults.noCommonCodec,
      padding: this.#faults.padding,
    });
  }

  /** Takes what the SBC says of its media; false when it cannot be used. */
  hear(body: Buffer): boolean {
    const reading = readAudioSdp(body);
    const remote = reading.ok ? remoteOf(reading.audio) : undefined;
    if (!remote || !this.party) return false;
    this.party.connect(remote);
    return true;
  }

  connected(dialog: Dialog): void {
    this.dialog = dialog;
    this.state = 'connected';
    this.connectedAtMs = this.#now();
    dialog.onRequest = (request) => this.#inDialog(request);
    dialog.onEnded = (why) => {
      const reason = why.kind === 'bye-received' ? why.request.headers.get('reason') : undefined;
      this.finish({
        connected: true,
        by: why.kind === 'bye-received' ? 'sbc' : 'carrier',
        ...(reason === undefined ? {} : { reason }),
        ...(why.kind === 'gone' ? { status: why.status } : {}),
      });
    };
    this.party?.start();
    for (const run of this.#onConnected.splice(0)) run();
  }

  /** Hold as carriers do it: `sendonly`; resume: `sendrecv`. */
  reoffer(direction: 'sendonly' | 'sendrecv'): Promise<string | undefined> {
    const { dialog } = this;
    if (!dialog || this.#done) return Promise.resolve('the call is not connected');
    return new Promise((resolve) => {
      dialog.request({
        method: 'INVITE',
        body: this.sdp(direction),
        contentType: 'application/sdp',
        onFinal: (outcome) => {
          if (outcome.kind !== 'response') return resolve(`no answer (${outcome.kind})`);
          if (outcome.response.status >= 300) return resolve(`answered ${outcome.response.status}`);
          this.hear(outcome.response.body);
          if (!this.#done) this.state = direction === 'sendonly' ? 'held' : 'connected';
          resolve(undefined);
        },
      });
      this.#kick();
    });
  }

  hangUp(): void {
    if (this.dialog && this.dialog.state !== 'ended') {
      this.dialog.bye('Q.850;cause=16;text="Normal call clearing"');
      this.#kick();
      this.finish({ connected: true, by: 'carrier' });
    } else this.giveUp?.();
  }

  /** The other side did not take the call: its final answer, or none. */
  refused(outcome: FinalOutcome): void {
    const response = outcome.kind === 'response' ? outcome.response : undefined;
    const reason = response?.headers.get('reason');
    this.finish({
      connected: false,
      by: 'sbc',
      status: response?.status ?? (outcome.kind === 'timeout' ? 408 : 503),
      ...(reason === undefined ? {} : { reason }),
    });
  }

  finish(end: Omit<CarrierEnd, 'report'>): void {
    if (this.#done) return;
    this.#done = true;
    this.state = 'ended';
    const { party } = this;
    const report = party?.report();
    const settle = (wav?: string): void => {
      party?.close();
      this.#settle({ ...end, ...(report ? { report: { ...report, ...(wav ? { wav } : {}) } } : {}) });
    };
    if (party && this.#recording !== undefined) {
      party.saveWav(this.#recording).then(settle, () => settle());
    } else settle();
  }

  view(): Record<string, unknown> {
    return {
      sipCallId: this.sipCallId,
      direction: this.direction,
      own: this.own,
      other: this.other,
      address: this.address,
      state: this.state,
      ...(this.connectedAtMs === undefined
        ? {}
        : { setupMs: Math.round(this.connectedAtMs - this.startedAtMs) }),
      ...(this.party && !this.#done ? { media: this.party.report() } : {}),
    };
  }

  /** Requests of the SBC in the dialog: hold from Teams, refresh. */
  #inDialog(incoming: IncomingRequest): void {
    const { request } = incoming;
    if (request.method !== 'INVITE') {
      incoming.respond(200);
      this.#kick();
      return;
    }
    const reading = request.body.length === 0 ? undefined : readAudioSdp(request.body);
    if (reading && !reading.ok) incoming.respond(488);
    else {
      const theirs = reading?.ok ? reading.audio : undefined;
      if (theirs) this.hear(request.body);
      const mirrored = {
        sendonly: 'recvonly',
        recvonly: 'sendonly',
        inactive: 'inactive',
        sendrecv: 'sendrecv',
      } as const;
      const direction = mirrored[theirs?.direction ?? 'sendrecv'];
      this.party?.setSending(direction === 'sendrecv' || direction === 'sendonly');
      this.state = direction === 'sendrecv' ? 'connected' : 'held';
      incoming.respond(200, { body: this.sdp(direction, theirs), contentType: 'application/sdp' });
    }
    this.#kick();
  }
}
