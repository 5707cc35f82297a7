import { encodeG711, type G711Law, g711Silence } from '../g711/g711.ts';
import type { PcmSource } from '../tone/tone.ts';

const FRAME = 160;

/** A prompt or tone on its way to a leg, one 20 ms frame at a time. */
export class Playing {
  readonly playId: string;
  readonly untilRtp: boolean;
  readonly #source: PcmSource;

  constructor(playId: string, source: PcmSource, untilRtp: boolean) {
    this.playId = playId;
    this.#source = source;
    this.untilRtp = untilRtp;
  }

  /** 160 codes, or undefined at the end; the last frame is filled up with silence. */
  frame(law: G711Law): Buffer | undefined {
    const samples = this.#source.read(FRAME);
    if (samples.length === 0) return undefined;
    const codes = encodeG711(law, samples);
    return codes.length === FRAME
      ? codes
      : Buffer.concat([codes, Buffer.alloc(FRAME - codes.length, g711Silence[law])]);
  }
}
