import type { Clock } from '../clock.ts';
import type { AnswerHabit, ClientKind } from '../world/rehearsal-world.ts';

/** What a Teams user's clients are and do: who is signed in, how calls are taken, what the history says. */

export interface HistoryEntry {
  readonly direction: 'in' | 'out';
  readonly number: string;
  /** Wall ms. */
  readonly at: number;
  readonly result:
    | 'answered'
    | 'missed'
    | 'declined'
    | 'busy'
    | 'answered elsewhere'
    | 'voicemail'
    | 'failed'
    | 'cancelled';
  readonly guid: string;
  readonly sipCallId?: string;
}

/** A call as its client sees it; implemented by the sip-proxy's calls. */
export interface ClientCall {
  readonly guid: string;
  readonly sipCallId: string;
  readonly direction: 'in' | 'out';
  readonly state: 'ringing' | 'connecting' | 'connected' | 'held' | 'ended';
  readonly number: string;
  answer(kind?: ClientKind): Promise<string | undefined>;
  decline(): string | undefined;
  hangUp(): void;
  hold(): Promise<string | undefined>;
  resume(): Promise<string | undefined>;
  refresh(): Promise<string | undefined>;
  sendDigits(digits: string): string | undefined;
  view(): Record<string, unknown>;
}

/** How the SBC meets several clients of one person (teams-direct-routing 4.7). */
export interface ForkHabit {
  /** Sends a 183 with SDP whose media is silent before anybody answers. */
  silent183: boolean;
  /** The client that answers has not rung: its 200 opens a new dialog. */
  silentFork: boolean;
}

export class TeamsClients {
  upn: string;
  readonly toneHz: number;
  readonly signedIn: Set<ClientKind>;
  /** Desktop and mobile clients know a new number only after they were started again; wall ms of the last start. */
  relaunchedAt: number;
  answers: AnswerHabit;
  readonly forks: ForkHabit = { silent183: false, silentFork: false };
  sessionOutlivesDisabling = false;
  /** After so long Teams' voicemail takes the call, where the calling policy lets it; undefined: it is not set up. */
  voicemailAfterMs: number | undefined;
  readonly history: HistoryEntry[] = [];
  readonly calls = new Map<string, ClientCall>();
  readonly #clock: Clock;

  constructor(
    upn: string,
    toneHz: number,
    clients: readonly ClientKind[],
    answers: AnswerHabit,
    clock: Clock,
  ) {
    this.upn = upn;
    this.toneHz = toneHz;
    this.signedIn = new Set(clients);
    this.answers = answers;
    this.#clock = clock;
    this.relaunchedAt = clock.wall();
  }

  relaunch(): void {
    this.relaunchedAt = this.#clock.wall();
  }

  remember(entry: Omit<HistoryEntry, 'at'>): void {
    this.history.push({ at: this.#clock.wall(), ...entry });
    if (this.history.length > 500) this.history.shift();
  }

  get inCall(): boolean {
    return [...this.calls.values()].some((call) => call.state === 'connected' || call.state === 'held');
  }

  view(): Record<string, unknown> {
    return {
      upn: this.upn,
      signedIn: [...this.signedIn],
      relaunchedAt: new Date(this.relaunchedAt).toISOString(),
      answers: this.answers,
      forks: { ...this.forks },
      voicemailAfterMs: this.voicemailAfterMs ?? null,
      toneHz: this.toneHz,
      calls: [...this.calls.values()].map((call) => call.view()),
      history: this.history.map((entry) => ({ ...entry, at: new Date(entry.at).toISOString() })),
    };
  }
}
