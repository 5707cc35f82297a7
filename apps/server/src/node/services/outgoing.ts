import type { MicrosoftEndpoints } from '@tandem/adapters/graph/endpoints.ts';
import type { OutgoingBoard, PeerBoard } from '@tandem/adapters/http/services.ts';
import { instant } from '@tandem/adapters/http/views/shape.ts';
import { type OutgoingId, outgoingClasses } from '@tandem/adapters/outgoing/outgoing-list.ts';
import type { Contact, OutgoingWatch } from '@tandem/adapters/outgoing/outgoing-watch.ts';
import type { Outgoing } from '@tandem/contract/areas/outgoing-routes.ts';
import type { Clock } from '@tandem/engine';
import type { NodeConfig } from '../../supervisor/child-config.ts';

type Destination = Outgoing['items'][number]['destinations'][number];

export interface OutgoingParts {
  readonly config: Pick<NodeConfig, 'databaseUrl' | 'dns' | 'mail' | 'twin' | 'graphClientId'>;
  readonly endpoints: MicrosoftEndpoints;
  readonly watch: OutgoingWatch;
  readonly peers: Pick<PeerBoard, 'list'>;
  /** How many connections with Microsoft 365 there are. */
  readonly connections: () => number;
  /** Addresses of the customers' webhooks. */
  readonly webhooks: () => Promise<readonly string[]>;
  readonly clock: Clock;
}

/** The list of outgoing-list.ts with this installation's own hosts, and what was seen of them (U24). */
export function createOutgoingBoard(parts: OutgoingParts): OutgoingBoard {
  const { config, clock, watch } = parts;
  const sinceWallMs = clock.wall();
  const isOf = (url: string) => {
    const { hostname, port, protocol } = new URL(url);
    const wanted = Number(port || (protocol === 'https:' ? 443 : 80));
    return { host: hostname.toLowerCase(), port: wanted };
  };
  const seenAt = (
    contacts: readonly Contact[],
    { host, port }: { host: string; port: number },
  ): Destination => {
    const found = contacts.find((one) => one.host === host && one.port === port);
    return { host, port, ...(found && { count: found.count, lastAt: instant(found.lastWallMs) }) };
  };
  /** `TLS sip.pstnhub.microsoft.com:5061`; a carrier's begins with its name. */
  const peersOf = (kind: 'hub' | 'carrier'): Destination[] =>
    parts.peers
      .list()
      .filter((peer) => peer.kind === kind)
      .map(({ address, weAsk }) => {
        const [, host = address, port] = /(\S*?)(?::(\d+))?$/.exec(address) ?? [];
        const lastAt = weAsk.lastAtMs;
        return {
          host,
          ...(port !== undefined && { port: Number(port) }),
          ...(lastAt !== undefined && { lastAt: instant(lastAt) }),
        };
      });

  return {
    async show() {
      const contacts = watch.contacts();
      const hooks = [
        ...new Map(
          (await parts.webhooks()).map((url) => [`${isOf(url).host}:${isOf(url).port}`, isOf(url)]),
        ).values(),
      ];
      const database = new URL(config.databaseUrl);
      const at = (url: string) => [seenAt(contacts, isOf(url))];
      const here: Readonly<Record<OutgoingId, { on: boolean; destinations: Destination[] }>> = {
        'microsoft-login': {
          on: config.graphClientId !== undefined || parts.connections() > 0,
          destinations: at(parts.endpoints.login),
        },
        'microsoft-graph': { on: parts.connections() > 0, destinations: at(parts.endpoints.graph) },
        'teams-hubs': { on: true, destinations: peersOf('hub') },
        carriers: { on: true, destinations: peersOf('carrier') },
        media: { on: true, destinations: [] },
        names: { on: true, destinations: config.twin ? [hostPort(config.twin.dns)] : [] },
        'dns-driver': {
          on: config.dns !== undefined,
          destinations: config.dns?.kind === 'http' ? at(config.dns.url) : [],
        },
        mail: {
          on: config.mail !== undefined || config.twin !== undefined,
          destinations: config.mail
            ? [{ host: config.mail.host, port: config.mail.port }]
            : config.twin
              ? [hostPort(config.twin.smtp)]
              : [],
        },
        webhooks: { on: hooks.length > 0, destinations: hooks.map((one) => seenAt(contacts, one)) },
        database: {
          on: true,
          destinations: [{ host: database.hostname, port: Number(database.port || 5432) }],
        },
      };
      const items = outgoingClasses.map(({ id, title, whose, why, protocol, turnedOnBy }) => ({
        ...{ id, title, whose, why, protocol, turnedOnBy },
        ...here[id],
      }));
      const explained = new Set(
        items.flatMap(({ destinations }) => destinations.map(({ host, port }) => `${host}:${port}`)),
      );
      const unexplained = contacts
        .filter(({ host, port }) => !explained.has(`${host}:${port}`))
        .map(({ host, port, count, lastWallMs }) => ({ host, port, count, lastAt: instant(lastWallMs) }));
      return {
        at: instant(clock.wall()),
        since: instant(sinceWallMs),
        sentence:
          unexplained.length === 0
            ? 'Every http request of this process went to a destination of this list.'
            : `${unexplained.length} destinations were contacted that no row explains: a webhook that was deleted since, or something to look into.`,
        items,
        unexplained,
      };
    },
  };
}

function hostPort(text: string): Destination {
  const at = text.lastIndexOf(':');
  return { host: text.slice(0, at), port: Number(text.slice(at + 1)) };
}
