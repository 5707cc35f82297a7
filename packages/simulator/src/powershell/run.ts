import type { Directory } from '../directory/directory.ts';
import type { TwinRandom } from '../random.ts';
import { basicCommands, type Send } from './basic-commands.ts';
import { callingPolicyCommands } from './calling-policy-commands.ts';
import { type Outcome, runScript } from './interpreter.ts';
import { sessionCommands, TeamsSession } from './teams-session.ts';
import { voiceCommands } from './voice-commands.ts';

/** A person runs a script in their Teams PowerShell, from signing in to the end. */
export function runPowerShell(options: {
  readonly script: string;
  /** UPN of who sits at the keyboard. */
  readonly as: string;
  readonly directory: Directory;
  readonly random: Pick<TwinRandom, 'uuid'>;
  readonly send: Send;
}): Promise<Outcome> {
  const session = new TeamsSession(options.directory, options.as);
  return runScript(options.script, [
    ...basicCommands(options.send),
    ...sessionCommands(session),
    ...voiceCommands(session, options.random),
    ...callingPolicyCommands(session),
  ]);
}
