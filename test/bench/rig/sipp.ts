import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SippRun {
  readonly scenario: string;
  /** `host:port` of whoever is called. */
  readonly target: string;
  readonly localPort: number;
  readonly callsPerSecond: number;
  readonly calls: number;
  /** Talk time. */
  readonly pauseMs: number;
  readonly timeoutSeconds: number;
}

export interface SippResult {
  readonly successful: number;
  readonly failed: number;
  readonly retransmissions: number;
  /** From the INVITE to its 200 as SIPp sees it, mean of the run, ms; 0 when the scenario does not measure it. */
  readonly setupMsMean: number;
  readonly exitCode: number;
}

/** SIPp's `hours:minutes:seconds:microseconds`. */
function millisecondsOf(text = '0:0:0:0'): number {
  const [hours = 0, minutes = 0, seconds = 0, micros = 0] = text.split(':').map(Number);
  return ((hours * 60 + minutes) * 60 + seconds) * 1_000 + micros / 1_000;
}

/** Plays the calling side and waits for the end; the counts are SIPp's own. */
export async function runSipp(run: SippRun): Promise<SippResult> {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-sipp-'));
  const statistics = join(folder, 'stat.csv');
  const args = [
    run.target,
    '-sf',
    run.scenario,
    '-i',
    '127.0.0.1',
    '-p',
    String(run.localPort),
    '-r',
    String(run.callsPerSecond),
    '-m',
    String(run.calls),
    '-d',
    String(run.pauseMs),
    '-l',
    '5000',
    '-nostdin',
    '-trace_stat',
    '-fd',
    '1',
    '-stf',
    statistics,
    '-timeout',
    `${run.timeoutSeconds}s`,
    '-timeout_error',
    '-buff_size',
    '4194304',
  ];
  try {
    const exitCode = await new Promise<number>((done) => {
      execFile('sipp', args, { cwd: folder, maxBuffer: 64 << 20 }, (error) =>
        done(error ? (typeof error.code === 'number' ? error.code : 255) : 0),
      );
    });
    const rows = readFileSync(statistics, 'utf8')
      .trim()
      .split('\n')
      .map((row) => row.split(';'));
    const [names = [], ...values] = rows;
    const last = values.at(-1) ?? [];
    const column = (name: string): number => Number(last[names.indexOf(name)] ?? 0);
    return {
      successful: column('SuccessfulCall(C)'),
      failed: column('FailedCall(C)'),
      retransmissions: column('Retransmissions(C)'),
      setupMsMean: millisecondsOf(last[names.indexOf('ResponseTimesetup(C)')]),
      exitCode,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
