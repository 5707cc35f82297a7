import type { HttpServer } from '../server.ts';
import { createHttpServer } from '../server.ts';
import { createManualClock } from './manual-clock.ts';
import { createMemoryServices, samplePassword } from './memory-services.ts';

export interface Ask {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A browser's view of the API: keeps the cookie and sends the CSRF token, unless told not to. */
export interface Visitor {
  ask(path: string, options?: Ask): Promise<Answer>;
  readonly cookie: string;
  readonly csrfToken: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | number | undefined>>;
  readonly text: string;
  json(): Record<string, unknown>;
}

export async function createHarness(publicUrl?: string) {
  const clock = createManualClock();
  const memory = createMemoryServices(clock);
  const failures: { err?: unknown }[] = [];
  const server: HttpServer = await createHttpServer(
    {
      host: '127.0.0.1',
      port: 0,
      publicUrl,
      checkAnswers: true,
      portal: {
        state: () => ({ kind: 'building', step: 'Installing <parts>.', sinceWallMs: clock.wall() }),
      },
      log: { error: (fields) => failures.push(fields), warn: () => undefined },
    },
    memory.services,
  );

  async function ask(path: string, options: Ask = {}): Promise<Answer> {
    const response = await server.app.inject({
      method: options.method ?? 'GET',
      url: path,
      headers: {
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(options.body === undefined ? {} : { payload: JSON.stringify(options.body) }),
    });
    return {
      status: response.statusCode,
      headers: response.headers,
      text: response.body,
      json: () => JSON.parse(response.body) as Record<string, unknown>,
    };
  }

  async function visitor(name: string): Promise<Visitor> {
    const signedIn = await ask('/api/v1/session', {
      method: 'POST',
      body: { name, password: samplePassword },
    });
    if (signedIn.status !== 201) throw new Error(`${name} could not sign in: ${signedIn.text}`);
    const cookie = String(signedIn.headers['set-cookie']).split(';')[0] as string;
    const csrfToken = String(signedIn.json().csrfToken);
    return {
      cookie,
      csrfToken,
      ask: (path, options = {}) =>
        ask(path, { ...options, headers: { cookie, 'x-csrf-token': csrfToken, ...options.headers } }),
    };
  }

  return { ...memory, clock, server, ask, visitor, failures };
}
