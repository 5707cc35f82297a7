import { fileURLToPath } from 'node:url';
import type { MediaConfig } from './media-config.ts';

/**
 * How to start the media process, for whoever supervises it: `spawn(process.execPath, args, { stdio: ['pipe', …] })`. Keep
 * its standard input open: its end is the process's end, unless `endWithParent` is false.
 */
export function mediaProcessArgs(config: Pick<MediaConfig, 'socket'> & Partial<MediaConfig>): string[] {
  const { address, firstPort, lastPort, threads, orphanMs, talkTimeoutMs, holdTimeoutMs, maxSessions } =
    config;
  const flag = (name: string, value: string | number | undefined): string[] =>
    value === undefined ? [] : [name, String(value)];
  return [
    // Almost everything allocated here dies within a packet's time: a small nursery costs nothing, and without this
    // bound V8 lets it grow by some 20 MB under load that 1,000 idle calls do not need.
    '--max-semi-space-size=2',
    fileURLToPath(new URL('./main.ts', import.meta.url)),
    '--socket',
    config.socket,
    ...flag('--address', address),
    ...(firstPort !== undefined && lastPort !== undefined ? ['--ports', `${firstPort}-${lastPort}`] : []),
    ...flag('--threads', threads),
    ...flag('--orphan-ms', orphanMs),
    ...flag('--talk-timeout-ms', talkTimeoutMs),
    ...flag('--hold-timeout-ms', holdTimeoutMs),
    ...flag('--max-sessions', maxSessions),
    ...(config.endWithParent === false ? ['--keep-running'] : []),
  ];
}
