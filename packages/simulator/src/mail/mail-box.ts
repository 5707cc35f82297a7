/** Mail that the twin's server took, newest last, for tests and rehearsals that read what people would get. */

export interface ReceivedMail {
  readonly id: number;
  /** When it was taken, ISO 8601. */
  readonly receivedAt: string;
  /** Addresses of the envelope: where it really went, whatever its header says. */
  readonly envelope: { readonly from: string; readonly to: readonly string[] };
  /** The client's greeting. */
  readonly helo: string;
  readonly secure: boolean;
  readonly from: string | null;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html: string | null;
  /** By name in small letters; the last one counts. */
  readonly headers: Readonly<Record<string, string>>;
  readonly attachments: readonly {
    readonly name: string | null;
    readonly type: string;
    readonly bytes: number;
  }[];
  /** As it came. */
  readonly raw: string;
}

/** More than any rehearsal sends; the oldest go first. */
const kept = 1_000;

export class MailBox {
  readonly #mails: ReceivedMail[] = [];
  readonly #waiting = new Set<() => void>();
  #next = 1;

  add(mail: Omit<ReceivedMail, 'id'>): ReceivedMail {
    const whole = { id: this.#next++, ...mail };
    this.#mails.push(whole);
    if (this.#mails.length > kept) this.#mails.shift();
    for (const wake of [...this.#waiting]) wake();
    return whole;
  }

  /** By a recipient of the envelope and by id; all of both if absent. */
  find(filter: { readonly to?: string; readonly after?: number } = {}): ReceivedMail[] {
    const to = filter.to?.toLowerCase();
    return this.#mails.filter(
      ({ id, envelope }) =>
        id > (filter.after ?? 0) &&
        (to === undefined || envelope.to.some((address) => address.toLowerCase() === to)),
    );
  }

  /** As soon as there is something, at the latest after `ms`. */
  async wait(
    filter: { readonly to?: string; readonly after?: number },
    ms: number,
    after: (ms: number, fire: () => void) => () => void,
  ): Promise<ReceivedMail[]> {
    const found = this.find(filter);
    if (found.length > 0 || ms <= 0) return found;
    return new Promise((resolve) => {
      const look = (): void => {
        const now = this.find(filter);
        if (now.length > 0) finish(now);
      };
      const finish = (mails: ReceivedMail[]): void => {
        this.#waiting.delete(look);
        cancel();
        resolve(mails);
      };
      const cancel = after(ms, () => finish([]));
      this.#waiting.add(look);
    });
  }

  clear(): number {
    return this.#mails.splice(0).length;
  }
}
