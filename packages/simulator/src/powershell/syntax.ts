/** What the parser makes of a script: only what an admin's script for voice routing needs (graph 5.6). */

export interface Position {
  readonly line: number;
  readonly column: number;
}

export type Statement =
  | {
      readonly kind: 'assign';
      readonly name: string;
      readonly operator: '=' | '+=';
      readonly value: Pipeline;
      readonly at: Position;
    }
  | {
      readonly kind: 'if';
      readonly branches: readonly { readonly when: Pipeline; readonly body: readonly Statement[] }[];
      readonly otherwise: readonly Statement[];
    }
  | {
      readonly kind: 'foreach';
      readonly name: string;
      readonly source: Pipeline;
      readonly body: readonly Statement[];
    }
  | { readonly kind: 'pipeline'; readonly pipeline: Pipeline };

export interface Pipeline {
  readonly stages: readonly Stage[];
}

export type Stage =
  | { readonly kind: 'command'; readonly command: Command }
  | { readonly kind: 'expression'; readonly expression: Expression };

export interface Command {
  /** As the table of commands spells it. */
  readonly name: string;
  /** By parameter name in lower case; a switch without a value is true. */
  readonly parameters: ReadonlyMap<string, Expression | true>;
  readonly at: Position;
}

export type Expression =
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'expandable'; readonly parts: readonly (string | Expression)[] }
  | { readonly kind: 'variable'; readonly name: string; readonly at: Position }
  | { readonly kind: 'property'; readonly of: Expression; readonly name: string }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'collect'; readonly statements: readonly Statement[] }
  | {
      readonly kind: 'table';
      readonly entries: readonly { readonly key: string; readonly value: Pipeline }[];
    }
  | { readonly kind: 'group'; readonly pipeline: Pipeline }
  | { readonly kind: 'not'; readonly of: Expression }
  | {
      readonly kind: 'compare';
      readonly operator: Operator;
      readonly left: Expression;
      readonly right: Expression;
    };

export const operators = ['-eq', '-ne', '-contains', '-notcontains', '-and', '-or'] as const;
export type Operator = (typeof operators)[number];

/** Name of a parameter, as documented; `switch` takes no value. */
export interface CommandShape {
  readonly name: string;
  readonly parameters: Readonly<Record<string, 'value' | 'switch'>>;
  /** Parameters that may be given without their name, in this order. */
  readonly positional: readonly string[];
}

export class SyntaxFault extends Error {
  readonly at: Position;

  constructor(message: string, at: Position) {
    super(message);
    this.at = at;
  }
}
