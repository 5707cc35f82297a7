import type { LegSide, MediaOutcome, MediaProfile, MediaSession, Sound } from '../ports/media-port.ts';

/** What the two sessions of a bridge see of each other: plain RTP that never leaves the media engine's machine. */
export const insideProfile: MediaProfile = {
  role: 'inside',
  transport: 'RTP/AVP',
  advertisedAddress: '127.0.0.1',
};

/**
 * Two media sessions as one: the caller's, which was answered long ago and plays music, and the one in which a member
 * answered. The caller's B side and the member's A side talk to each other in plain RTP inside the media engine, so the
 * caller's address, port and keys stay what they were, and whoever answers brings media of their own kind. Nothing new is
 * asked of the media engine: an offer of the one is the other's offer.
 */
export class BridgedMedia implements MediaSession {
  readonly #of: { readonly a: MediaSession; readonly b: MediaSession };
  /** Whose offer is on its way to the other side. */
  #crossing: LegSide | undefined;

  constructor(caller: MediaSession, called: MediaSession) {
    this.#of = { a: caller, b: called };
  }

  async offer(from: LegSide, sdp: Buffer): Promise<MediaOutcome<Buffer>> {
    const [near, far] = this.#pair(from);
    const inner = await near.offer(from, sdp);
    if (!inner.ok) return inner;
    this.#crossing = from;
    return far.offer(from, inner.value);
  }

  async answer(from: LegSide, sdp: Buffer, fork: string): Promise<MediaOutcome<Buffer>> {
    const [near, far] = this.#pair(from);
    const inner = await near.answer(from, sdp, fork);
    if (!inner.ok || this.#crossing !== other(from)) return inner;
    this.#crossing = undefined;
    return far.answer(from, inner.value, '');
  }

  offerTo(to: LegSide): Promise<MediaOutcome<Buffer>> {
    return this.#of[to].offerTo(to);
  }

  async answerLocally(to: LegSide): Promise<MediaOutcome<Buffer>> {
    if (this.#crossing !== to) return this.#of[to].answerLocally(to);
    this.#crossing = undefined;
    const [near, far] = this.#pair(to);
    // What was offered inside is answered inside, so that the two stay of one mind.
    const inner = await far.answerLocally(to);
    return inner.ok ? near.answer(other(to), inner.value, '') : inner;
  }

  playRingback(to: LegSide): void {
    this.#of[to].playRingback(to);
  }

  playMusic(to: LegSide): void {
    this.#of[to].playMusic(to);
  }

  stop(to: LegSide): void {
    this.#of[to].stop(to);
  }

  play(to: LegSide, sound: Sound): void {
    this.#of[to].play(to, sound);
  }

  record(from: LegSide, file: string, maxMs: number): Promise<boolean> {
    return this.#of[from].record(from, file, maxMs);
  }

  stopRecording(from: LegSide): Promise<void> {
    return this.#of[from].stopRecording(from);
  }

  leave(side: LegSide): void {
    this.#of[side].leave(side);
  }

  async release(): ReturnType<MediaSession['release']> {
    const [{ a }, { b }] = await Promise.all([this.#of.a.release(), this.#of.b.release()]);
    return { ...(a && { a }), ...(b && { b }) };
  }

  #pair(side: LegSide): readonly [near: MediaSession, far: MediaSession] {
    return [this.#of[side], this.#of[other(side)]];
  }
}

const other = (side: LegSide): LegSide => (side === 'a' ? 'b' : 'a');
