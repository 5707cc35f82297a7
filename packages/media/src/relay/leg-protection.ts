import { parseMasterKey } from '../srtp/session-keys.ts';
import { SrtcpReceiver, SrtcpSender } from '../srtp/srtcp.ts';
import { type SrtpOptions, SrtpReceiver, SrtpSender } from '../srtp/srtp.ts';
import type { SrtpKey, SrtpSettings } from './relay-commands.ts';

/** One direction of a protected leg; the contexts are made when the first packet needs them. */
class Direction<Rtp, Rtcp> {
  readonly options: SrtpOptions;
  #rtp: Rtp | undefined;
  #rtcp: Rtcp | undefined;
  readonly #makeRtp: new (
    options: SrtpOptions,
  ) => Rtp;
  readonly #makeRtcp: new (
    options: SrtpOptions,
  ) => Rtcp;

  constructor(
    options: SrtpOptions,
    makeRtp: new (options: SrtpOptions) => Rtp,
    makeRtcp: new (options: SrtpOptions) => Rtcp,
  ) {
    this.options = options;
    this.#makeRtp = makeRtp;
    this.#makeRtcp = makeRtcp;
  }

  get rtp(): Rtp {
    this.#rtp ??= new this.#makeRtp(this.options);
    return this.#rtp;
  }

  get rtcp(): Rtcp {
    this.#rtcp ??= new this.#makeRtcp(this.options);
    return this.#rtcp;
  }

  /** Only if it exists: trimming must not create it. */
  get rtpIfUsed(): Rtp | undefined {
    return this.#rtp;
  }

  same(next: SrtpOptions): boolean {
    return (
      next.suite === this.options.suite &&
      Buffer.compare(next.master, this.options.master) === 0 &&
      next.mki?.value === this.options.mki?.value &&
      next.mki?.length === this.options.mki?.length
    );
  }
}

/**
 * The keys of a leg and what was done with them. Saying a key again keeps its context, counters and replay window; another
 * key starts at rollover counter 0 (teams-direct-routing 5.2).
 */
export class LegProtection {
  readonly tx: Direction<SrtpSender, SrtcpSender>;
  readonly rx: Direction<SrtpReceiver, SrtcpReceiver> | undefined;

  constructor(settings: SrtpSettings, before: LegProtection | undefined) {
    const tx = optionsOf(settings, settings.tx);
    this.tx = before?.tx.same(tx) ? before.tx : new Direction(tx, SrtpSender, SrtcpSender);
    const rx = settings.rx && optionsOf(settings, settings.rx);
    this.rx = rx && (before?.rx?.same(rx) ? before.rx : new Direction(rx, SrtpReceiver, SrtcpReceiver));
  }

  trim(): void {
    this.tx.rtpIfUsed?.trim();
    this.rx?.rtpIfUsed?.trim();
  }
}

function optionsOf(settings: SrtpSettings, key: SrtpKey): SrtpOptions {
  const master = parseMasterKey(key.keyBase64);
  // Checked at the border (leg-settings-check.ts).
  if (master === undefined) throw new RangeError('an SRTP key is 40 base64 characters');
  return { suite: settings.suite, master, ...(key.mki && { mki: key.mki }) };
}
