import { CarrierCall } from '../carrier/carrier-call.ts';

export interface PhoneCallOptions {
  readonly phone: string;
  readonly sipCallId: string;
  readonly direction: 'in' | 'out';
  /** The phone's own number or extension, and the other party's as on the wire. */
  readonly own: string;
  readonly other: string;
  readonly localAddress: string;
  now(): number;
  kick(): void;
}

/** A call of a phone: plain RTP and SIP as carriers speak it, so it is a carrier's call under another name. */
export class PhoneCall extends CarrierCall {
  readonly phone: string;
  /** Answers now, while it rings; undefined when it cannot. */
  answer: (() => void) | undefined;
  /** Refuses with this status while it rings. */
  refuse: ((status: number) => void) | undefined;

  constructor({ phone, ...options }: PhoneCallOptions) {
    super({ ...options, address: 'first', faults: { noCommonCodec: false, padding: 0 } });
    this.phone = phone;
  }

  override view(): Record<string, unknown> {
    const { address: _, ...view } = super.view();
    return { phone: this.phone, ...view };
  }
}
