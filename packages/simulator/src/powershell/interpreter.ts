import { parseScript } from './parser.ts';
import type { Command, CommandShape, Expression, Pipeline, Statement } from './syntax.ts';
import { enumerated, isSame, isTrue, memberOf, textOf, unwrapped, type Value } from './values.ts';

/** Runs a script, statement after statement; what it says and what it changed is kept. */

export interface Said {
  readonly kind: 'output' | 'host' | 'error';
  readonly text: string;
  readonly line: number;
}

export interface Done {
  readonly command: string;
  /** What was created, changed or removed. */
  readonly object: string;
  readonly change: 'created' | 'changed' | 'removed' | 'granted' | 'sent';
}

/** A parameter's value by its documented name; undefined if it was not given. */
export type Arguments = (name: string) => Value | undefined;

/** What a command works with besides its parameters. */
export interface CommandContext {
  /** From the pipe. */
  readonly input: readonly Value[];
  say(text: string): void;
  note(change: Done['change'], object: string): void;
}

/** An error that PowerShell writes and goes on after, unless it is told to stop. */
export class CommandError extends Error {}

export interface CommandRow extends CommandShape {
  run(args: Arguments, context: CommandContext): readonly Value[] | Promise<readonly Value[]>;
}

export interface Outcome {
  /** True if no command failed and the script came to its end. */
  readonly ok: boolean;
  readonly transcript: readonly Said[];
  readonly changes: readonly Done[];
  /** Where and why the script cannot be read; then nothing of it ran. */
  readonly fault?: { readonly message: string; readonly line: number; readonly column: number };
}

/** Parameters that every command takes. */
const common = { ErrorAction: 'value', WarningAction: 'value', Verbose: 'switch' } as const;

/** A script that loops over what it makes itself is cut off here. */
const mostSteps = 20_000;

class Stopped extends Error {}

export async function runScript(text: string, commands: readonly CommandRow[]): Promise<Outcome> {
  const rows = new Map(
    commands.map((row) => [row.name.toLowerCase(), { ...row, parameters: { ...common, ...row.parameters } }]),
  );
  const parsed = parseScript(text, rows);
  if (!parsed.ok) {
    const { message, at } = parsed.fault;
    return { ok: false, transcript: [], changes: [], fault: { message, ...at } };
  }
  const run = new Run(rows);
  await run.all(parsed.statements);
  return { ok: !run.failed, transcript: run.transcript, changes: run.changes };
}

class Run {
  readonly transcript: Said[] = [];
  readonly changes: Done[] = [];
  failed = false;
  readonly #rows: ReadonlyMap<string, CommandRow>;
  readonly #variables = new Map<string, Value>([
    ['true', true],
    ['false', false],
    ['null', null],
  ]);
  #steps = 0;

  constructor(rows: ReadonlyMap<string, CommandRow>) {
    this.#rows = rows;
  }

  async all(statements: readonly Statement[]): Promise<void> {
    try {
      for (const statement of statements)
        for (const value of await this.#block([statement])) this.#say('output', textOf(value), 0);
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
    }
  }

  #say(kind: Said['kind'], text: string, line: number): void {
    this.transcript.push({ kind, text, line });
    if (kind === 'error') this.failed = true;
  }

  /** What the statements put out. */
  async #block(statements: readonly Statement[]): Promise<Value[]> {
    const out: Value[] = [];
    for (const statement of statements) {
      if (++this.#steps > mostSteps) {
        this.#say('error', `The script was stopped after ${mostSteps} steps.`, 0);
        throw new Stopped();
      }
      out.push(...(await this.#statement(statement)));
    }
    return out;
  }

  async #statement(statement: Statement): Promise<readonly Value[]> {
    switch (statement.kind) {
      case 'pipeline':
        return this.#pipeline(statement.pipeline);
      case 'assign': {
        const value = unwrapped(await this.#pipeline(statement.value));
        const { name } = statement;
        if (name === 'true' || name === 'false') {
          this.#say('error', `$${name} cannot be changed.`, statement.at.line);
          return [];
        }
        // What is assigned to $null is thrown away.
        if (name !== 'null')
          this.#variables.set(
            name,
            statement.operator === '=' ? value : added(this.#variables.get(name), value),
          );
        return [];
      }
      case 'if': {
        for (const { when, body } of statement.branches)
          if (isTrue(unwrapped(await this.#pipeline(when)))) return this.#block(body);
        return this.#block(statement.otherwise);
      }
      case 'foreach': {
        const out: Value[] = [];
        for (const item of enumerated(unwrapped(await this.#pipeline(statement.source)))) {
          this.#variables.set(statement.name, item);
          out.push(...(await this.#block(statement.body)));
        }
        return out;
      }
    }
  }

  async #pipeline({ stages }: Pipeline): Promise<readonly Value[]> {
    let input: readonly Value[] = [];
    for (const stage of stages) {
      if (stage.kind === 'command') input = await this.#command(stage.command, input);
      else {
        const value = await this.#value(stage.expression);
        // A list of one that a statement collected stays a list where it is assigned.
        input = stages.length === 1 && isCollected(stage.expression) ? [value] : enumerated(value);
        if (stages.length === 1 && value === null) input = [];
      }
    }
    return input;
  }

  async #command(command: Command, input: readonly Value[]): Promise<readonly Value[]> {
    const row = this.#rows.get(command.name.toLowerCase()) as CommandRow;
    const given = new Map<string, Value>();
    for (const [name, expression] of command.parameters)
      given.set(name, expression === true ? true : await this.#value(expression));
    const { line } = command.at;
    try {
      return await row.run((name) => given.get(name.toLowerCase()), {
        input,
        say: (text) => this.#say('host', text, line),
        note: (change, object) => this.changes.push({ command: command.name, object, change }),
      });
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      const asked = given.get('erroraction') ?? this.#variables.get('erroractionpreference') ?? 'Continue';
      const action = textOf(asked).toLowerCase();
      if (action === 'silentlycontinue' || action === 'ignore') return [];
      this.#say('error', `${command.name}: ${error.message}`, line);
      if (action === 'stop') throw new Stopped();
      return [];
    }
  }

  async #value(expression: Expression): Promise<Value> {
    switch (expression.kind) {
      case 'text':
      case 'number':
        return expression.value;
      case 'variable':
        return this.#variables.get(expression.name) ?? null;
      case 'expandable': {
        let text = '';
        for (const part of expression.parts)
          text += typeof part === 'string' ? part : textOf(await this.#value(part));
        return text;
      }
      case 'property': {
        const of = await this.#value(expression.of);
        return expression.name === '' ? unwrapped(enumerated(of)) : memberOf(of, expression.name);
      }
      case 'list': {
        const items: Value[] = [];
        for (const item of expression.items) items.push(await this.#value(item));
        return items;
      }
      case 'collect':
        return (await this.#block(expression.statements)).flatMap(enumerated);
      case 'table': {
        const table = new Map<string, Value>();
        for (const { key, value } of expression.entries)
          table.set(key, unwrapped(await this.#pipeline(value)));
        return table;
      }
      case 'group':
        return unwrapped(await this.#pipeline(expression.pipeline));
      case 'not':
        return !isTrue(await this.#value(expression.of));
      case 'compare': {
        const left = await this.#value(expression.left);
        if (expression.operator === '-and' && !isTrue(left)) return false;
        if (expression.operator === '-or' && isTrue(left)) return true;
        const right = await this.#value(expression.right);
        switch (expression.operator) {
          case '-and':
          case '-or':
            return isTrue(right);
          case '-eq':
            return isSame(left, right);
          case '-ne':
            return !isSame(left, right);
          case '-contains':
            return enumerated(left).some((item) => isSame(item, right));
          case '-notcontains':
            return !enumerated(left).some((item) => isSame(item, right));
        }
      }
    }
  }
}

/** `@(…)` is a list whatever is in it. */
const isCollected = (expression: Expression): boolean =>
  expression.kind === 'collect' || expression.kind === 'list';

/** `+=`: a list grows by what is added, numbers and texts are added, nothing becomes what is added. */
function added(before: Value | undefined, more: Value): Value {
  if (before === undefined || before === null) return more;
  if (typeof before === 'number' && typeof more === 'number') return before + more;
  if (typeof before === 'string' && !Array.isArray(before)) return before + textOf(more);
  return [...enumerated(before), ...(Array.isArray(more) ? (more as readonly Value[]) : [more])];
}
