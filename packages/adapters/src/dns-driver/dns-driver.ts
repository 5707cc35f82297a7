import { spawn } from 'node:child_process';

/** A record that the platform wants in the operator's zone. */
export interface DnsRecord {
  readonly type: 'TXT' | 'A' | 'AAAA';
  /** Absolute, without the dot at its end. */
  readonly name: string;
  readonly value: string;
  readonly ttlSeconds: number;
}

export type DnsOutcome = { readonly kind: 'published' } | { readonly kind: 'failed'; readonly say: string };

/** Writes records where the operator keeps the zone. Publishing twice is publishing once. Never rejects. */
export interface DnsDriver {
  readonly name: string;
  publish(records: readonly DnsRecord[]): Promise<DnsOutcome>;
}

const timeoutMs = 30_000;
const mostOutput = 2_000;

/**
 * Calls a program of the operator's: the records as JSON on its standard input, exit code 0 when they are in the zone. So
 * any provider can be reached by a few lines of script, and no provider's client lives in here.
 */
export function commandDnsDriver(command: string): DnsDriver {
  return {
    name: `the program ${command}`,
    publish: (records) =>
      new Promise((resolve) => {
        // No shell: nothing in a record is ever a command.
        const child = spawn(command, [], { stdio: ['pipe', 'ignore', 'pipe'], timeout: timeoutMs });
        let said = '';
        child.stderr.on('data', (part: Buffer) => {
          if (said.length < mostOutput) said += part.toString('utf8');
        });
        child.on('error', (error) => resolve({ kind: 'failed', say: error.message }));
        child.on('close', (code, signal) =>
          resolve(
            code === 0
              ? { kind: 'published' }
              : {
                  kind: 'failed',
                  say: `${command} ended with ${signal ?? code}: ${said.trim().slice(0, 300) || 'it said nothing'}`,
                },
          ),
        );
        child.stdin.on('error', () => undefined);
        child.stdin.end(JSON.stringify({ records }));
      }),
  };
}

/** Posts the records as JSON to an address of the operator's. */
export function httpDnsDriver(options: {
  readonly url: string;
  readonly token?: string;
  readonly fetch?: typeof fetch;
}): DnsDriver {
  const send = options.fetch ?? fetch;
  return {
    name: new URL(options.url).host,
    async publish(records) {
      try {
        const answer = await send(options.url, {
          method: 'POST',
          redirect: 'error',
          signal: AbortSignal.timeout(timeoutMs),
          headers: {
            'content-type': 'application/json',
            ...(options.token !== undefined && { authorization: `Bearer ${options.token}` }),
          },
          body: JSON.stringify({ records }),
        });
        if (answer.ok) {
          await answer.body?.cancel();
          return { kind: 'published' };
        }
        const said = (await answer.text()).slice(0, 300);
        return { kind: 'failed', say: `the DNS service answered ${answer.status}: ${said}` };
      } catch (error) {
        const cause = (error as Error).cause;
        return {
          kind: 'failed',
          say: `the DNS service: ${cause instanceof Error ? cause.message : (error as Error).message}`,
        };
      }
    },
  };
}
