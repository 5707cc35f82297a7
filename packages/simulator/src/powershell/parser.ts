import {
  type Command,
  type CommandShape,
  type Expression,
  type Operator,
  operators,
  type Pipeline,
  type Position,
  type Stage,
  type Statement,
  SyntaxFault,
} from './syntax.ts';

/**
 * The grammar: comments, variables, `if`, `foreach`, pipelines of known commands, strings (literal and expandable), lists,
 * tables, property access, `-not` and six operators. Whatever else PowerShell can do is a fault with its place, found before
 * the first line runs.
 */
export function parseScript(
  text: string,
  shapes: ReadonlyMap<string, CommandShape>,
):
  | { readonly ok: true; readonly statements: readonly Statement[] }
  | { readonly ok: false; readonly fault: SyntaxFault } {
  try {
    return { ok: true, statements: new Parser(text, shapes).script() };
  } catch (error) {
    if (error instanceof SyntaxFault) return { ok: false, fault: error };
    throw error;
  }
}

/** PowerShell takes these for quotes too. */
const single = "'\u2018\u2019\u201a\u201b";
const double = '"\u201c\u201d\u201e';
const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '0': '\0' };
const unsupported = new Set([
  'function',
  'while',
  'do',
  'for',
  'switch',
  'try',
  'trap',
  'throw',
  'return',
  'param',
  'class',
  'using',
  'begin',
  'process',
  'end',
  'exit',
  'break',
  'continue',
]);

class Parser {
  readonly #text: string;
  readonly #shapes: ReadonlyMap<string, CommandShape>;
  #next = 0;

  constructor(text: string, shapes: ReadonlyMap<string, CommandShape>) {
    this.#text = text;
    this.#shapes = shapes;
  }

  script(): Statement[] {
    const statements = this.#statements();
    if (!this.#atEnd) this.#fault(`'${this.#peek}' is not expected here`);
    return statements;
  }

  // ---------------------------------------------------------------- statements

  #statements(): Statement[] {
    const found: Statement[] = [];
    for (;;) {
      this.#blank(true);
      while (this.#peek === ';') {
        this.#next++;
        this.#blank(true);
      }
      if (this.#atEnd || this.#peek === '}' || this.#peek === ')') return found;
      found.push(this.#statement());
      this.#blank(false);
      if (!this.#atEnd && !/[\r\n;})]/.test(this.#peek)) this.#fault(`'${this.#peek}' is not expected here`);
    }
  }

  #statement(): Statement {
    const assignment = this.#assignment();
    if (assignment) return assignment;
    const word = this.#match(/[A-Za-z]+(?![\w-])/y)?.toLowerCase();
    if (word === 'if') return this.#if();
    if (word === 'foreach') return this.#foreach();
    if (word !== undefined) {
      this.#next -= word.length;
      if (unsupported.has(word))
        this.#fault(`'${word}' is not part of what the twin's PowerShell understands`);
    }
    return { kind: 'pipeline', pipeline: this.#pipeline() };
  }

  #assignment(): Statement | undefined {
    const start = this.#next;
    const at = this.#here;
    const name = this.#match(/\$(\w+)/y)?.slice(1);
    if (name === undefined) return undefined;
    this.#blank(false);
    const operator = this.#match(/\+?=/y) as '=' | '+=' | undefined;
    if (operator === undefined) {
      this.#next = start;
      return undefined;
    }
    this.#blank(true);
    return { kind: 'assign', name: name.toLowerCase(), operator, value: this.#pipeline(), at };
  }

  #if(): Statement {
    const branches = [{ when: this.#condition(), body: this.#block() }];
    for (;;) {
      const start = this.#next;
      this.#blank(true);
      if (this.#match(/elseif(?!\w)/iy)) branches.push({ when: this.#condition(), body: this.#block() });
      else if (this.#match(/else(?!\w)/iy)) return { kind: 'if', branches, otherwise: this.#block() };
      else {
        this.#next = start;
        return { kind: 'if', branches, otherwise: [] };
      }
    }
  }

  #condition(): Pipeline {
    this.#blank(true);
    this.#expect('(');
    this.#blank(true);
    const pipeline = this.#pipeline();
    this.#blank(true);
    this.#expect(')');
    return pipeline;
  }

  #foreach(): Statement {
    this.#blank(true);
    this.#expect('(');
    this.#blank(true);
    const name = this.#match(/\$\w+/y)?.slice(1);
    this.#blank(true);
    if (name === undefined || !this.#match(/in(?!\w)/iy)) this.#fault("foreach needs '($name in …)'");
    this.#blank(true);
    const source = this.#pipeline();
    this.#blank(true);
    this.#expect(')');
    return { kind: 'foreach', name: (name as string).toLowerCase(), source, body: this.#block() };
  }

  #block(): Statement[] {
    this.#blank(true);
    this.#expect('{');
    const statements = this.#statements();
    this.#expect('}');
    return statements;
  }

  // ---------------------------------------------------------------- pipelines and commands

  #pipeline(): Pipeline {
    const stages: Stage[] = [this.#stage(true)];
    for (;;) {
      this.#blank(false);
      if (this.#peek !== '|') return { stages };
      this.#next++;
      this.#blank(true);
      stages.push(this.#stage(false));
    }
  }

  #stage(first: boolean): Stage {
    const at = this.#here;
    const name = this.#match(/[A-Za-z][\w]*(-[A-Za-z]\w*)?/y);
    if (name !== undefined) {
      const shape = this.#shapes.get(name.toLowerCase());
      if (!shape) throw new SyntaxFault(`The twin's PowerShell does not know the command '${name}'`, at);
      if (!first && shape.name !== 'Out-Null' && shape.name !== 'ConvertTo-Json')
        throw new SyntaxFault('A pipeline leads to Out-Null or ConvertTo-Json and nowhere else here', at);
      return { kind: 'command', command: this.#command(shape, at) };
    }
    if (!first) this.#fault('A command is missing after the pipe');
    return { kind: 'expression', expression: this.#expression() };
  }

  #command(shape: CommandShape, at: Position): Command {
    const names = new Map(Object.keys(shape.parameters).map((name) => [name.toLowerCase(), name]));
    const parameters = new Map<string, Expression | true>();
    const positions = shape.positional.map((name) => name.toLowerCase());
    for (;;) {
      this.#blank(false);
      if (this.#atEnd || /[\r\n;|)}]/.test(this.#peek)) return { name: shape.name, parameters, at };
      const here = this.#here;
      const flag = this.#match(/-[A-Za-z]\w*/y)?.slice(1);
      if (flag === undefined) {
        const position = positions.find((name) => !parameters.has(name));
        if (position === undefined)
          throw new SyntaxFault(`${shape.name} takes no further value without a parameter's name`, here);
        parameters.set(position, this.#argument());
        continue;
      }
      const key = flag.toLowerCase();
      const known = names.get(key);
      if (known === undefined) throw new SyntaxFault(`${shape.name} has no parameter '${flag}'`, here);
      if (parameters.has(key)) throw new SyntaxFault(`The parameter '${flag}' is given twice`, here);
      const colon = this.#match(/:/y) !== undefined;
      this.#blank(false);
      if (shape.parameters[known] === 'switch' && !colon) parameters.set(key, true);
      else if (this.#atEnd || /[\r\n;|)}]/.test(this.#peek))
        throw new SyntaxFault(`The parameter '${flag}' needs a value`, here);
      else parameters.set(key, this.#argument());
    }
  }

  /** A value of a parameter: like an expression, but a bare word is a text. */
  #argument(): Expression {
    const items = [this.#argumentItem()];
    for (;;) {
      const start = this.#next;
      this.#blank(false);
      if (this.#peek !== ',') {
        this.#next = start;
        return items.length === 1 ? (items[0] as Expression) : { kind: 'list', items };
      }
      this.#next++;
      this.#blank(true);
      items.push(this.#argumentItem());
    }
  }

  #argumentItem(): Expression {
    if (/[$@('"\u2018-\u201e]/.test(this.#peek)) return this.#primary();
    const word = this.#match(/[^\s;|(){},'"$@#`&<>][^\s;|(){},'"$#`&<>]*/y);
    if (word === undefined) this.#fault(`'${this.#peek}' is not expected here`);
    return /^-?\d+(\.\d+)?$/.test(word as string)
      ? { kind: 'number', value: Number(word) }
      : { kind: 'text', value: word as string };
  }

  // ---------------------------------------------------------------- expressions

  #expression(): Expression {
    let left = this.#list();
    for (;;) {
      const start = this.#next;
      this.#blank(false);
      const word = this.#match(/-[A-Za-z]+/y)?.toLowerCase();
      const operator = operators.find((one) => one === word) as Operator | undefined;
      if (operator === undefined) {
        if (word !== undefined) {
          this.#next -= word.length;
          this.#fault(`The operator '${word}' is not part of what the twin's PowerShell understands`);
        }
        this.#next = start;
        return left;
      }
      this.#blank(true);
      left = { kind: 'compare', operator, left, right: this.#list() };
    }
  }

  #list(): Expression {
    const items = [this.#unary()];
    for (;;) {
      const start = this.#next;
      this.#blank(false);
      if (this.#peek !== ',') {
        this.#next = start;
        return items.length === 1 ? (items[0] as Expression) : { kind: 'list', items };
      }
      this.#next++;
      this.#blank(true);
      items.push(this.#unary());
    }
  }

  #unary(): Expression {
    if (this.#match(/!|-not(?!\w)/iy) === undefined) return this.#primary();
    this.#blank(false);
    return { kind: 'not', of: this.#unary() };
  }

  #primary(): Expression {
    let found = this.#atom();
    while (this.#peek === '.') {
      this.#next++;
      const name = this.#match(/[A-Za-z_]\w*/y);
      if (name === undefined) this.#fault('The name of a property is missing after the dot');
      if (this.#match(/\(/y)) this.#fault("Methods are not part of what the twin's PowerShell understands");
      found = { kind: 'property', of: found, name: name as string };
    }
    if (this.#peek === '[') this.#fault("Indexes are not part of what the twin's PowerShell understands");
    return found;
  }

  #atom(): Expression {
    const at = this.#here;
    const rest = this.#text.slice(this.#next, this.#next + 12).toLowerCase();
    if (rest.startsWith('[ordered]')) {
      this.#next += '[ordered]'.length;
      if (!this.#text.startsWith('@{', this.#next)) this.#fault("'@{' is missing after [ordered]");
      return this.#table();
    }
    if (rest.startsWith('@{')) return this.#table();
    if (rest.startsWith("@'") || rest.startsWith('@"'))
      this.#fault("Here-strings are not part of what the twin's PowerShell understands");
    if (rest.startsWith('@(') || rest.startsWith('$(')) {
      const collect = rest.startsWith('@(');
      this.#next += 2;
      const statements = this.#statements();
      this.#expect(')');
      return collect
        ? { kind: 'collect', statements }
        : { kind: 'property', of: { kind: 'collect', statements }, name: '' };
    }
    if (this.#peek === '(') {
      this.#next++;
      this.#blank(true);
      const pipeline = this.#pipeline();
      this.#blank(true);
      this.#expect(')');
      return { kind: 'group', pipeline };
    }
    if (single.includes(this.#peek) && this.#peek !== '') return this.#literal();
    if (double.includes(this.#peek) && this.#peek !== '') return this.#expandable();
    const variable = this.#match(/\$(\w+)/y) ?? this.#match(/\$\{\w+\}/y);
    if (variable !== undefined)
      return { kind: 'variable', name: variable.replace(/[${}]/g, '').toLowerCase(), at };
    const number = this.#match(/-?\d+(\.\d+)?(?![\w-])/y);
    if (number !== undefined) return { kind: 'number', value: Number(number) };
    return this.#fault(
      this.#atEnd ? 'The script ends in the middle' : `'${this.#peek}' is not expected here`,
    );
  }

  #table(): Expression {
    this.#next += 2;
    const entries: { key: string; value: Pipeline }[] = [];
    for (;;) {
      while (this.#blank(true) || this.#peek === ';') if (this.#peek === ';') this.#next++;
      if (this.#peek === '}') {
        this.#next++;
        return { kind: 'table', entries };
      }
      const quotedKey = single.includes(this.#peek) && this.#peek !== '' ? this.#literal() : undefined;
      const key = quotedKey?.kind === 'text' ? quotedKey.value : this.#match(/[A-Za-z_]\w*/y);
      if (key === undefined) this.#fault("A table needs 'name = value'");
      this.#blank(false);
      this.#expect('=');
      this.#blank(true);
      entries.push({ key: key as string, value: this.#pipeline() });
      this.#blank(false);
      if (!/[\r\n;}]/.test(this.#peek)) this.#fault(`'${this.#peek}' is not expected in a table`);
    }
  }

  #literal(): Expression {
    const at = this.#here;
    let value = '';
    for (this.#next++; !this.#atEnd; this.#next++) {
      const char = this.#peek;
      if (!single.includes(char)) value += char;
      else if (single.includes(this.#text[this.#next + 1] ?? ' ')) {
        value += this.#text[this.#next + 1];
        this.#next++;
      } else {
        this.#next++;
        return { kind: 'text', value };
      }
    }
    throw new SyntaxFault('The string has no end', at);
  }

  #expandable(): Expression {
    const at = this.#here;
    const parts: (string | Expression)[] = [];
    let text = '';
    const flush = (): void => {
      if (text !== '') parts.push(text);
      text = '';
    };
    for (this.#next++; !this.#atEnd; ) {
      const char = this.#peek;
      if (char === '`') {
        const escaped = this.#text[this.#next + 1] ?? '';
        text += escapes[escaped] ?? escaped;
        this.#next += 2;
      } else if (double.includes(char)) {
        if (!double.includes(this.#text[this.#next + 1] ?? ' ')) {
          this.#next++;
          flush();
          return { kind: 'expandable', parts };
        }
        text += char;
        this.#next += 2;
      } else if (char === '$' && /[\w({]/.test(this.#text[this.#next + 1] ?? '')) {
        flush();
        // In a string only the variable is looked at: "$x.Name" is the text of $x and ".Name".
        parts.push(this.#atom());
      } else {
        text += char;
        this.#next++;
      }
    }
    throw new SyntaxFault('The string has no end', at);
  }

  // ---------------------------------------------------------------- letters

  get #peek(): string {
    return this.#text[this.#next] ?? '';
  }

  get #atEnd(): boolean {
    return this.#next >= this.#text.length;
  }

  get #here(): Position {
    const before = this.#text.slice(0, this.#next);
    const line = before.split('\n').length;
    return { line, column: this.#next - before.lastIndexOf('\n') };
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#next;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#next += found.length;
    return found;
  }

  /** Skips spaces, comments and continued lines, with `lines` the ends of lines too. True if there were any. */
  #blank(lines: boolean): boolean {
    const start = this.#next;
    for (;;) {
      const skipped =
        this.#match(lines ? /\s+/y : /[^\S\r\n]+/y) ??
        this.#match(/`\r?\n/y) ??
        this.#match(/<#[\s\S]*?#>/y) ??
        this.#match(/#[^\r\n]*/y);
      if (skipped === undefined) return this.#next > start;
    }
  }

  #expect(char: string): void {
    if (this.#peek !== char)
      this.#fault(
        this.#atEnd
          ? `The script ends where '${char}' belongs`
          : `'${char}' belongs here, not '${this.#peek}'`,
      );
    this.#next++;
  }

  #fault(message: string): never {
    throw new SyntaxFault(message, this.#here);
  }
}
