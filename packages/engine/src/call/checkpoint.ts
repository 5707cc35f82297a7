import type { CallCheckpoint } from '../ports/call-log.ts';
import type { CallDeps } from './call-deps.ts';

/** Both dialogs on disk before the caller hears 200 (reliability 2); a slow disk does not hold the call up (I1). */
export async function checkpointed(
  { log, clock, settings }: Pick<CallDeps, 'log' | 'clock' | 'settings'>,
  checkpoint: CallCheckpoint,
): Promise<void> {
  const saved = log.confirmed(checkpoint);
  let stop = (): void => {};
  try {
    await new Promise<unknown>((resolve, reject) => {
      stop = clock.after(settings.budgets.checkpointMs, () => resolve(undefined));
      saved.then(resolve, reject);
    });
  } finally {
    stop();
  }
}
