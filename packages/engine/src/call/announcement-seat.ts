import type { Account } from '@tandem/domain';
import type { Announcements } from '../ports/announcements.ts';
import type { MediaEvent, MediaSession, Sound } from '../ports/media-port.ts';
import type { CallFailure } from './call-failure.ts';
import type { SeatedCall } from './seated-call.ts';

/** A recording has at most a minute. What never says that it ended is over by then. */
export const longestAnnouncementMs = 65_000;

/**
 * What a caller hears who is going to be refused: played before the final answer, as early media (RFC 3960), so that nobody
 * pays for it and the refusal stays what it is. The call's record says the refusal.
 */
export class AnnouncementSeat {
  readonly failure: CallFailure;
  readonly #sound: Sound;
  #over: () => void = () => undefined;

  constructor(failure: CallFailure, account: Account, announcements: Announcements) {
    this.failure = failure;
    const path = announcements.fileOf(account.id);
    this.#sound = path === undefined ? { kind: 'not-in-service' } : { kind: 'file', path };
  }

  /** The caller hears us from now on. */
  play(call: SeatedCall, media: MediaSession, over: () => void): void {
    this.#over = over;
    const what = this.#sound.kind === 'file' ? 'the recording of the account' : 'tones';
    call.noted(`The caller hears that the number is not in service: ${what}.`);
    media.play('a', this.#sound);
  }

  heard(event: MediaEvent): void {
    if (event.kind === 'played' || event.kind === 'engine-lost') this.#over();
  }
}
