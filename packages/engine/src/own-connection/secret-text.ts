const inspect = Symbol.for('nodejs.util.inspect.custom');

/**
 * A text that opens something: a token of a person. It shows itself nowhere, neither in a log nor in JSON nor in an error; who
 * needs it says `reveal` (T18, T27).
 */
export class SecretText {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect](): string {
    return '[secret]';
  }
}
