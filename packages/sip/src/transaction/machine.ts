/**
 * State machines as data. A machine is a total table: every state answers every input, either with a step (the next
 * state and the actions on the way) or with `ignored`, written out. A table with a hole does not compile.
 */
export type Step<State extends string, Action extends string> = readonly [next: State, ...actions: Action[]];

/** The input is expected in this state and changes nothing (an RFC says so, or a race makes it possible). */
export const ignored = undefined;

export type Machine<State extends string, Input extends string, Action extends string> = {
  readonly [S in State]: { readonly [I in Input]: Step<State, Action> | typeof ignored };
};
