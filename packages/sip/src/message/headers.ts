/**
 * The header fields of one message: ordered and lossless.
 *
 * A field that came from the wire keeps its line as it was (spelling, spaces, folds), so that printing an untouched
 * message gives back its bytes. Strings here are latin1: one char per byte. What a person reads is turned into
 * Unicode by the typed parsers (`header/text.ts`). Values are decoded when asked for, and remembered.
 */
import { splitList } from '../header/list.ts';
import { cleanValue, isToken } from '../header/text.ts';
import { headerKey, type KnownHeader, knownName } from './header-names.ts';

/**
 * One field. Its meaning never changes after it was made, so clones share fields and what was decoded from them.
 * The line is a range of the text it came in: nothing is cut out before somebody asks. A field of our own making has
 * no line before it is printed: `text` is its name then, and `colon` -1.
 */
class Field {
  readonly key: string;
  private readonly text: string;
  private readonly start: number;
  private readonly colon: number;
  private readonly end: number;
  private trimmed: string | undefined;
  private decodedBy: unknown = undefined;
  private decoded: unknown = undefined;

  /** `value`: when it is known already, so that nobody has to cut it out of the line again. */
  constructor(key: string, text: string, start: number, colon: number, end: number, value?: string) {
    this.trimmed = value;
    this.key = key;
    this.text = text;
    this.start = start;
    this.colon = colon;
    this.end = end;
  }

  /** The whole line without its final CRLF; folds included. */
  get line(): string {
    if (this.colon < 0) return `${this.text}: ${this.trimmed}`;
    return this.text.slice(this.start, this.end);
  }

  get name(): string {
    if (this.colon < 0) return this.text;
    return this.text.slice(this.start, this.colon).trimEnd();
  }

  /** Whether it was made by us: clean, and spelled as we spell. */
  get ours(): boolean {
    return this.colon < 0;
  }

  get value(): string {
    this.trimmed ??= unfold(this.text, this.colon + 1, this.end);
    return this.trimmed;
  }

  decode<T>(parse: (value: string) => T): T {
    if (this.decodedBy === parse) return this.decoded as T;
    const decoded = parse(this.value);
    this.decodedBy = parse;
    this.decoded = decoded;
    return decoded;
  }
}

/** RFC 3261 §7.3.1: a line that starts with a space or tab continues the one before; the fold counts as one space. */
function unfold(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  const value = text.slice(start, end);
  if (value.indexOf('\n') < 0) return value;
  return value
    .split('\r\n')
    .map((part) => part.trim())
    .join(' ');
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9 || code === 13 || code === 10;
}

export class Headers {
  #fields: Field[] = [];

  /** Builds headers from name and value pairs, in order. */
  static of(pairs: Iterable<readonly [string, string]>): Headers {
    const headers = new Headers();
    for (const [name, value] of pairs) headers.append(name, value);
    return headers;
  }

  /**
   * For the parser only: takes over the line `text[start..end)` as it came, without its final CRLF. `colon` is the
   * offset of its first colon; `key` the lower-case long name.
   */
  takeLine(key: string, text: string, start: number, colon: number, end: number): void {
    this.#fields.push(new Field(key, text, start, colon, end));
  }

  /** The first value, trimmed and unfolded. */
  get(name: string): string | undefined {
    return this.#first(name)?.value;
  }

  /** One value per header line, in order; a comma-separated line stays one value (see `list`). */
  getAll(name: string): string[] {
    const key = headerKey(name);
    const values: string[] = [];
    for (const field of this.#fields) if (field.key === key) values.push(field.value);
    return values;
  }

  /** The values of a comma-separated header over all its lines (RFC 3261 §7.3.1); aware of quotes and `<…>`. */
  list(name: string): string[] {
    const key = headerKey(name);
    const values: string[] = [];
    for (const field of this.#fields) {
      if (field.key === key) for (const value of field.decode(splitList)) values.push(value);
    }
    return values;
  }

  /** The first value through `parse`, remembered per field: asking twice with the same function parses once. */
  decode<T>(name: string, parse: (value: string) => T): T | undefined {
    return this.#first(name)?.decode(parse);
  }

  has(name: string): boolean {
    return this.#first(name) !== undefined;
  }

  /** Number of header lines of that name. */
  count(name: string): number {
    const key = headerKey(name);
    let count = 0;
    for (const field of this.#fields) if (field.key === key) count++;
    return count;
  }

  /** Replaces all lines of that name by one, where the first of them stood; appends when there was none. */
  set(name: string, value: string): this {
    const field = made(name, value);
    const at = this.#fields.findIndex((other) => other.key === field.key);
    if (at < 0) this.#fields.push(field);
    else {
      this.#fields[at] = field;
      this.#fields = this.#fields.filter((other, index) => index === at || other.key !== field.key);
    }
    return this;
  }

  append(name: string, value: string): this {
    this.#fields.push(made(name, value));
    return this;
  }

  /** As `append`, for a name that was looked up once and for all. */
  add(known: KnownHeader, value: string): this {
    this.#fields.push(madeKnown(known, value));
    return this;
  }

  /** Appends the fields of `from` whose key is not in `without`; what is ours in there is shared, not made again. */
  addAll(from: Headers, without: (key: string) => boolean): this {
    for (const field of from.#fields)
      if (!without(field.key)) this.#fields.push(field.ours ? field : made(field.name, field.value));
    return this;
  }

  /** Puts a line before the first of its name (a new top Via or Route), else before everything. */
  prepend(name: string, value: string): this {
    const field = made(name, value);
    const at = this.#fields.findIndex((other) => other.key === field.key);
    this.#fields.splice(Math.max(at, 0), 0, field);
    return this;
  }

  delete(name: string): this {
    const key = headerKey(name);
    this.#fields = this.#fields.filter((field) => field.key !== key);
    return this;
  }

  clone(): Headers {
    const copy = new Headers();
    copy.#fields = this.#fields.slice();
    return copy;
  }

  /** Name as spelled and value, in order. */
  *[Symbol.iterator](): Iterator<[string, string]> {
    for (const field of this.#fields) yield [field.name, field.value];
  }

  /**
   * The block as it goes on the wire, each line with its CRLF, and a Content-Length that is right: an existing line
   * stays where it is if its number fits, else it is replaced; a missing one comes last.
   */
  print(contentLength: number): string {
    let text = '';
    let stated = false;
    for (const field of this.#fields) {
      if (field.key !== 'content-length') text += `${field.line}\r\n`;
      else if (!stated) {
        stated = true;
        text +=
          field.value === String(contentLength) ? `${field.line}\r\n` : `${field.name}: ${contentLength}\r\n`;
      }
    }
    return stated ? text : `${text}Content-Length: ${contentLength}\r\n`;
  }

  #first(name: string): Field | undefined {
    const fields = this.#fields;
    // Asked for by its key, as our own code does, a field that is there is found without looking the name up.
    for (let at = 0; at < fields.length; at++) {
      const field = fields[at] as Field;
      if (field.key === name) return field;
    }
    const key = headerKey(name);
    if (key === name) return undefined;
    for (const field of fields) if (field.key === key) return field;
    return undefined;
  }
}

/**
 * A field of our own making. CR, LF, NUL and other controls are taken out of the value (header injection, threat
 * T11). A name that is no token is a bug of the caller, not an input, hence the throw.
 */
function made(name: string, value: string): Field {
  const known = knownName(name);
  if (!known && !isToken(name)) throw new TypeError(`not a header name: ${JSON.stringify(name)}`);
  return madeOf(known?.key ?? name.toLowerCase(), name, value);
}

function madeKnown({ key, name }: KnownHeader, value: string): Field {
  return madeOf(key, name, value);
}

function madeOf(key: string, name: string, value: string): Field {
  const clean = cleanValue(value);
  if (isTrimmed(clean)) return new Field(key, name, 0, -1, 0, clean);
  const line = `${name}: ${clean}`;
  return new Field(key, line, 0, name.length, line.length);
}

function isTrimmed(value: string): boolean {
  return value === '' || !(isBlank(value.charCodeAt(0)) || isBlank(value.charCodeAt(value.length - 1)));
}
