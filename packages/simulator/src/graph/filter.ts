/**
 * `$filter` as far as it is used on what we serve: `eq`, `ne`, `in`, `startswith`, `endswith`, `not`, `and`, `or`,
 * parentheses and `collection/any(x:x/member eq …)`. Text compares without case, as the directory does.
 */

type Entity = Readonly<Record<string, unknown>>;
type Predicate = (entity: Entity) => boolean;

export interface Filter {
  readonly matches: Predicate;
  /** Needs `ConsistencyLevel: eventual` and `$count=true` in the directory (G10). */
  readonly advanced: boolean;
  /** Every property it names. */
  readonly properties: readonly string[];
}

const tokenPattern = /\s*('(?:[^']|'')*'|[(),:]|[A-Za-z0-9_@.$/+-]+)/y;

/** Undefined if it is not understood. */
export function parseFilter(text: string): Filter | undefined {
  const tokens: string[] = [];
  tokenPattern.lastIndex = 0;
  while (tokenPattern.lastIndex < text.trimEnd().length) {
    const found = tokenPattern.exec(text);
    if (!found?.[1]) return undefined;
    tokens.push(found[1]);
  }
  const parser = new Parser(tokens);
  const matches = parser.or();
  return matches && parser.done
    ? { matches, advanced: parser.advanced, properties: parser.properties }
    : undefined;
}

class Parser {
  advanced = false;
  readonly properties: string[] = [];
  readonly #tokens: readonly string[];
  #next = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  get done(): boolean {
    return this.#next === this.#tokens.length;
  }

  or(): Predicate | undefined {
    let left = this.#and();
    while (left && this.#take('or')) {
      const [a, b] = [left, this.#and()];
      left = b && ((entity) => a(entity) || b(entity));
    }
    return left;
  }

  #and(): Predicate | undefined {
    let left = this.#one();
    while (left && this.#take('and')) {
      const [a, b] = [left, this.#one()];
      left = b && ((entity) => a(entity) && b(entity));
    }
    return left;
  }

  #one(): Predicate | undefined {
    if (this.#take('not')) {
      this.advanced = true;
      const inner = this.#one();
      return inner && ((entity) => !inner(entity));
    }
    if (this.#take('(')) {
      const inner = this.or();
      return this.#take(')') ? inner : undefined;
    }
    const word = this.#word();
    if (word === undefined) return undefined;
    const lower = word.toLowerCase();
    if (lower === 'startswith' || lower === 'endswith') return this.#textFunction(lower);
    if (lower.endsWith('/any')) return this.#any(word.slice(0, -4));
    return this.#comparison(word);
  }

  #textFunction(name: 'startswith' | 'endswith'): Predicate | undefined {
    if (name === 'endswith') this.advanced = true;
    if (!this.#take('(')) return undefined;
    const property = this.#property();
    if (property === undefined || !this.#take(',')) return undefined;
    const wanted = fold(this.#literal());
    if (typeof wanted !== 'string' || !this.#take(')')) return undefined;
    return (entity) => {
      const value = fold(entity[property]);
      if (typeof value !== 'string') return false;
      return name === 'startswith' ? value.startsWith(wanted) : value.endsWith(wanted);
    };
  }

  #any(collection: string): Predicate | undefined {
    this.properties.push(collection);
    const variable = this.#take('(') ? this.#word() : undefined;
    if (variable === undefined || !this.#take(':')) return undefined;
    const inner = new Parser(
      this.#tokens
        .slice(this.#next)
        .map((token) =>
          token.startsWith(`${variable}/`)
            ? token.slice(variable.length + 1)
            : token === variable
              ? '$it'
              : token,
        ),
    );
    const matches = inner.or();
    this.#next += inner.#next;
    if (!matches || !this.#take(')')) return undefined;
    return (entity) => {
      const items = entity[collection];
      return (
        Array.isArray(items) &&
        items.some((item) => matches(typeof item === 'object' && item ? (item as Entity) : { $it: item }))
      );
    };
  }

  #comparison(property: string): Predicate | undefined {
    this.properties.push(property);
    const operator = this.#word()?.toLowerCase();
    if (operator === 'in') {
      const wanted: unknown[] = [];
      if (!this.#take('(')) return undefined;
      do wanted.push(fold(this.#literal()));
      while (this.#take(','));
      return this.#take(')') ? (entity) => wanted.includes(fold(entity[property])) : undefined;
    }
    if (operator !== 'eq' && operator !== 'ne') return undefined;
    if (operator === 'ne') this.advanced = true;
    const wanted = fold(this.#literal());
    if (wanted === undefined) return undefined;
    return (entity) => (fold(entity[property]) === wanted) === (operator === 'eq');
  }

  #property(): string | undefined {
    const word = this.#word();
    if (word !== undefined) this.properties.push(word);
    return word;
  }

  #literal(): string | boolean | null | undefined {
    const token = this.#tokens[this.#next++];
    if (token === undefined) return undefined;
    if (token.startsWith("'")) return token.slice(1, -1).replace(/''/g, "'");
    if (token === 'true' || token === 'false') return token === 'true';
    return token === 'null' ? null : token;
  }

  #word(): string | undefined {
    const token = this.#tokens[this.#next];
    if (token === undefined || !/^[A-Za-z$@]/.test(token)) return undefined;
    this.#next++;
    return token;
  }

  #take(token: string): boolean {
    if (this.#tokens[this.#next]?.toLowerCase() !== token) return false;
    this.#next++;
    return true;
  }
}

const fold = (value: unknown): unknown =>
  typeof value === 'string' ? value.toLowerCase() : value === undefined ? null : value;
