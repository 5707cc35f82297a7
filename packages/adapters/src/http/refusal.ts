import { type Problem, type ProblemCode, problems, problemType } from '@tandem/contract';

/** What a handler gives instead of an answer. A value, not an exception: refusing is expected. */
export class Refusal {
  readonly code: ProblemCode;
  readonly detail: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly errors: readonly { path: string; message: string }[] | undefined;

  constructor(
    code: ProblemCode,
    more: {
      readonly detail?: string;
      readonly retryAfterSeconds?: number;
      readonly errors?: readonly { path: string; message: string }[];
    } = {},
  ) {
    this.code = code;
    this.detail = more.detail;
    this.retryAfterSeconds = more.retryAfterSeconds;
    this.errors = more.errors;
  }

  get status(): number {
    return problems[this.code].status;
  }

  toProblem(requestId: string): Problem {
    const { title, status, next } = problems[this.code];
    return {
      type: problemType(this.code),
      title,
      status,
      code: this.code,
      ...(this.detail === undefined ? {} : { detail: this.detail }),
      next,
      requestId,
      ...(this.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: this.retryAfterSeconds }),
      ...(this.errors === undefined ? {} : { errors: [...this.errors] }),
    };
  }
}
