import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

/** Which part of the processors' time nobody used for so long: 0 (none idle) to 1. */
export async function idlePart(ms: number): Promise<number> {
  const before = processorTimes();
  await delay(ms);
  const after = processorTimes();
  const all = after.all - before.all;
  return all === 0 ? 0 : (after.idle - before.idle) / all;
}

function processorTimes(): { readonly idle: number; readonly all: number } {
  let idle = 0;
  let all = 0;
  for (const { times } of cpus()) {
    idle += times.idle;
    all += times.idle + times.user + times.nice + times.sys + times.irq;
  }
  return { idle, all };
}
