/** State diagrams drawn from the tables, so that they cannot lie (Mermaid, for the generated docs). */
import type { Machine } from './machine.ts';

/** `stateDiagram-v2` of a machine; edges that stay in their state without an action are left out. */
export function drawMachine<State extends string, Input extends string, Action extends string>(
  machine: Machine<State, Input, Action>,
): string {
  const states = Object.keys(machine) as State[];
  const lines = ['stateDiagram-v2', `    [*] --> ${states[0]}`];
  for (const state of states) {
    const row = machine[state];
    let leaves = false;
    for (const input of Object.keys(row) as Input[]) {
      const step = row[input];
      if (!step) continue;
      const [next, ...actions] = step;
      leaves ||= next !== state;
      if (next === state && actions.length === 0) continue;
      const what = actions.length === 0 ? input : `${input} / ${actions.join(', ')}`;
      lines.push(`    ${state} --> ${next}: ${what}`);
    }
    if (!leaves) lines.push(`    ${state} --> [*]`);
  }
  return `${lines.join('\n')}\n`;
}
