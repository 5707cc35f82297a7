import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';

export interface Contact {
  readonly host: string;
  readonly port: number;
  readonly protocol: 'https' | 'http' | 'tcp';
  readonly count: number;
  readonly lastWallMs: number;
}

export interface OutgoingWatch {
  /** Where requests went, most recent first. */
  contacts(): readonly Contact[];
  stop(): void;
}

/** More hosts than this are not told apart: webhooks of very many customers. */
const mostHosts = 5_000;

/**
 * Sees every http request of this process where Node makes it, whoever asks for it: a library that phones home by itself is seen
 * like our own code. Only host, port and time are kept.
 */
export function watchOutgoing(wall: () => number): OutgoingWatch {
  const seen = new Map<string, Contact>();
  function note(protocol: Contact['protocol'], host: string, port: number): void {
    const key = `${protocol}://${host}:${port}`;
    const before = seen.get(key);
    if (!before && seen.size >= mostHosts) return;
    seen.set(key, { host, port, protocol, count: (before?.count ?? 0) + 1, lastWallMs: wall() });
  }
  const onHttp = (message: unknown): void => {
    const { request } = message as { readonly request: ClientRequest };
    const secure = request.protocol === 'https:';
    const said = String(request.getHeader('host') ?? request.host);
    const port = Number(/:(\d+)$/.exec(said)?.[1] ?? (secure ? 443 : 80));
    note(secure ? 'https' : 'http', request.host.toLowerCase(), port);
  };
  /** Node's own fetch. */
  const onFetch = (message: unknown): void => {
    const { request } = message as { readonly request: { readonly origin?: unknown } };
    const url = URL.parse(String(request.origin));
    if (!url) return;
    const secure = url.protocol === 'https:';
    note(secure ? 'https' : 'http', url.hostname.toLowerCase(), Number(url.port || (secure ? 443 : 80)));
  };
  subscribe('http.client.request.start', onHttp);
  subscribe('undici:request:create', onFetch);
  return {
    contacts: () => [...seen.values()].sort((a, b) => b.lastWallMs - a.lastWallMs),
    stop() {
      unsubscribe('http.client.request.start', onHttp);
      unsubscribe('undici:request:create', onFetch);
    },
  };
}
