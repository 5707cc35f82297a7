import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { type FileReading, readTenantFile } from './read-file.ts';

/** Characters that are read in some milliseconds; calls are signalled in this process. */
const atOnce = 64_000;
const patienceMs = 30_000;

/** A long file is read beside: reading thousands of people takes seconds, and calls must not wait for it. */
export function readTenantFileAside(text: string): Promise<FileReading> {
  if (text.length <= atOnce) return Promise.resolve(readTenantFile(text));
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), {
      workerData: { tenantFile: text },
      resourceLimits: { maxOldGenerationSizeMb: 512 },
    });
    const tooLong = setTimeout(() => {
      void worker.terminate();
      reject(new Error(`a file of ${text.length} characters was not read within ${patienceMs / 1000} s`));
    }, patienceMs);
    worker.once('message', (reading: FileReading) => resolve(reading));
    worker.once('error', reject);
    worker.once('exit', () => clearTimeout(tooLong));
  });
}

const asked = (workerData as { tenantFile?: unknown } | null)?.tenantFile;
if (!isMainThread && typeof asked === 'string') parentPort?.postMessage(readTenantFile(asked));
