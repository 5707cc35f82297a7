/**
 * Collects single questions that come within a moment and asks them together; each caller gets its own answer. Groups go one
 * after the other, so that a queue waits here and not in a limit's patience.
 */
export class Gather<Item, Answer> {
  readonly #most: number;
  readonly #linger: (before: number) => Promise<void>;
  readonly #send: (items: readonly Item[]) => Promise<readonly Answer[]>;
  #queue: Waiting<Item, Answer>[] = [];
  #busy = false;
  #before = 0;

  /**
   * `linger` is how long a first question waits for others, told how many the group before was; `send` answers in the
   * order of its items.
   */
  constructor(
    most: number,
    linger: (before: number) => Promise<void>,
    send: (items: readonly Item[]) => Promise<readonly Answer[]>,
  ) {
    this.#most = most;
    this.#linger = linger;
    this.#send = send;
  }

  ask(item: Item): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ item, resolve, reject });
      if (!this.#busy) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#busy = true;
    while (this.#queue.length > 0) {
      if (this.#queue.length < this.#most) await this.#linger(this.#before);
      const part = this.#queue.splice(0, this.#most);
      this.#before = part.length;
      try {
        const answers = await this.#send(part.map(({ item }) => item));
        for (const [i, { resolve, reject }] of part.entries()) {
          const answer = answers[i];
          if (answer === undefined) reject(new Error('a question of many was not answered'));
          else resolve(answer);
        }
      } catch (error) {
        for (const { reject } of part) reject(error);
      }
    }
    this.#busy = false;
  }
}

interface Waiting<Item, Answer> {
  readonly item: Item;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}
