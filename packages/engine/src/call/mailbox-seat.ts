import { type RoutingSnapshot, shortestMessageMs, voicemailDefaults } from '@tandem/domain';
import type { Clock } from '../ports/clock.ts';
import type { MediaEvent, MediaSession, Sound } from '../ports/media-port.ts';
import type { MessageEnvelope, VoicemailStore } from '../ports/voicemail-store.ts';
import type { ToMailbox } from '../routing/decision.ts';
import { type MailboxInput, type MailboxState, stepMailbox } from '../voicemail/mailbox.machine.ts';
import { mailboxTakesOver } from '../voicemail/takes-over.ts';
import type { CallFailure } from './call-failure.ts';
import type { Ending } from './ending.ts';
import type { SeatedCall } from './seated-call.ts';
import { verdictOf } from './verdicts.ts';

/** A greeting may last a minute; the rest is a beep. What never says that it ended is over by then. */
const longestSoundMs = 65_000;

export interface MailboxDeps {
  readonly clock: Clock;
  readonly store: VoicemailStore;
}

/**
 * The mailbox behind a call, or at its end: answers the caller when nobody else does, greets, beeps, records. It decides by
 * `mailbox.machine.ts`; the call tells it what happens and asks it how the end is written.
 */
export class MailboxSeat {
  /** Nobody is rung first. */
  readonly straight: boolean;
  /** How long the endpoints ring before it answers. */
  readonly ringMs: number;
  readonly #route: ToMailbox;
  readonly #deps: MailboxDeps;
  readonly #maxMs: number;
  #state: MailboxState = 'greeting';
  #call: SeatedCall | undefined;
  #media: MediaSession | undefined;
  #messageId: string | undefined;
  #file: string | undefined;
  #recording = false;
  #stopWaiting: () => void = () => undefined;

  constructor(route: ToMailbox, straight: boolean, snapshot: RoutingSnapshot, deps: MailboxDeps) {
    this.#route = route;
    this.straight = straight;
    this.ringMs = route.account.noAnswerSeconds * 1000;
    this.#deps = deps;
    const { maxSeconds = voicemailDefaults.maxSeconds } = snapshot.voicemail?.get(route.account.id) ?? {};
    this.#maxMs = maxSeconds * 1000;
  }

  /** Whether it answers instead of this end of the call. */
  takes(ending: Ending): boolean {
    return ending.kind === 'failure' && mailboxTakesOver(ending.failure);
  }

  /** Room for a message. False: nothing can be kept, so nobody is asked to speak, and the call ends as it would have. */
  async ready(call: SeatedCall): Promise<boolean> {
    const { store, clock } = this.#deps;
    const { account, person, caller } = this.#route;
    const { callingPersonId } = call.record.decision;
    const envelope: MessageEnvelope = {
      id: store.newId(),
      accountId: account.id,
      personId: person.id,
      callId: call.record.callId,
      from: caller.anonymous ? 'anonymous' : (caller.number ?? ''),
      ...(caller.displayName !== undefined && !caller.anonymous && { callerName: caller.displayName }),
      ...(callingPersonId !== undefined && { callingPersonId }),
      atWallMs: clock.wall(),
    };
    this.#file = await store.begin(envelope);
    if (this.#file === undefined) {
      call.noted('The mailbox does not answer: nothing can be recorded now.');
      return false;
    }
    this.#messageId = envelope.id;
    return true;
  }

  /** The caller is answered, and hears us. */
  answered(call: SeatedCall, media: MediaSession): void {
    this.#call = call;
    this.#media = media;
    const { account, person } = this.#route;
    call.noted(`The mailbox of ${person.displayName} answered.`);
    const greeting = this.#deps.store.greetingOf(account.id, person.id);
    this.#play(greeting === undefined ? { kind: 'mailbox' } : { kind: 'file', path: greeting });
  }

  heard(event: MediaEvent): void {
    if (event.kind === 'played') this.#put('played');
    else if (event.kind === 'dtmf' && event.side === 'a') this.#put('skipped');
    else if (event.kind === 'recorded') this.#put(event.end === 'full' ? 'filled' : 'failed');
  }

  /**
   * How the call's record says its end: a mailbox is not the person, so nobody answered, whoever hung up. What broke the call
   * stays what it is.
   */
  endOf(asked: Ending): Ending {
    if (asked.kind === 'failure' && verdictOf(asked.failure).result !== 'answered') return asked;
    return { kind: 'failure', failure: { kind: 'voicemail' }, by: asked.by };
  }

  /** The call has ended and its media is still there: resolves when all that was said is in the file. */
  async closed(): Promise<void> {
    this.#put('ended');
    const { store } = this.#deps;
    const [media, id, call] = [this.#media, this.#messageId, this.#call];
    if (id === undefined) return;
    this.#messageId = undefined;
    if (media && this.#recording) await media.stopRecording('a');
    const { kept, lengthMs } = await store.finish(id);
    const seconds = Math.round(lengthMs / 1000);
    call?.noted(kept ? `A message of ${seconds} s was left.` : notLeft(lengthMs));
  }

  #put(input: MailboxInput): void {
    const step = stepMailbox(this.#state, input);
    if (!step) return;
    const [next, action] = step;
    this.#state = next;
    this.#stopWaiting();
    switch (action) {
      case 'beep':
      case 'sayFull':
        this.#play({ kind: 'beep' });
        return;
      case 'saySorry':
        this.#call?.noted('The message could not be recorded to its end.');
        this.#play({ kind: 'sorry' });
        return;
      case 'record':
        this.#record();
        return;
      case 'hangUp': {
        const failure: CallFailure = { kind: 'voicemail' };
        this.#call?.end({ kind: 'failure', failure, by: 'platform' });
        return;
      }
      case 'finish':
        return;
    }
  }

  #play(sound: Sound): void {
    this.#media?.play('a', sound);
    this.#stopWaiting = this.#deps.clock.after(longestSoundMs, () => this.#put('played'));
  }

  #record(): void {
    const [call, media, file] = [this.#call, this.#media, this.#file];
    if (!call || !media || file === undefined) return;
    this.#recording = true;
    call.guard(async () => {
      if (!(await media.record('a', file, this.#maxMs))) this.#put('failed');
    });
  }
}

const notLeft = (lengthMs: number): string =>
  lengthMs === 0
    ? 'The caller left no message.'
    : `The caller hung up within ${shortestMessageMs / 1000} s, so no message is kept.`;
