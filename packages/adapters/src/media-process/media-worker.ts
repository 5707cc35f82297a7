import { parentPort, workerData } from 'node:worker_threads';
import type { MediaConfig } from './media-config.ts';
import { fail, MediaLoop } from './media-loop.ts';
import type { WorkerReply, WorkerRequest } from './media-loops.ts';

/** One relay thread of several: commands come by message, packets by its own sockets. */
const port = parentPort;
if (port === null) throw new Error('media-worker.ts runs as a worker thread of the media process');

const reply = (message: WorkerReply): void => port.postMessage(message);
const loop = new MediaLoop(workerData as MediaConfig, (event) => reply({ event }));

port.on('message', (request: WorkerRequest) => {
  if ('close' in request) {
    loop.close();
    reply({ closed: true });
    port.close();
    return;
  }
  void loop
    .execute(request.command)
    .catch((error: unknown) => fail('bad-request', error instanceof Error ? error.message : 'internal'))
    .then((answer) => reply({ n: request.n, answer, sessions: loop.sessions, portsInUse: loop.portsInUse }));
});
