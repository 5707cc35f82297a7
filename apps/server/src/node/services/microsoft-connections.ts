import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { globalCloud, type MicrosoftEndpoints } from '@tandem/adapters/graph/endpoints.ts';
import { GraphClient, type GraphTry } from '@tandem/adapters/graph/graph-client.ts';
import { GraphError } from '@tandem/adapters/graph/graph-error.ts';
import { type HttpsExchange, httpsExchange } from '@tandem/adapters/graph/https-exchange.ts';
import type { TokenProvider } from '@tandem/adapters/graph/token-provider.ts';
import {
  type AccountId,
  asConnectionId,
  type ConnectionId,
  type Person,
  type PersonId,
  type RoutingSnapshot,
} from '@tandem/domain';
import type { NodeConfig } from '../../supervisor/child-config.ts';

/** One account's usable connection with one Entra tenant. Reading and writing go on per connection. */
export interface MicrosoftConnection {
  readonly connectionId: ConnectionId;
  readonly accountId: AccountId;
  readonly tenantId: string;
  /** The app registration that signs in; Microsoft wants it as the session of presence. */
  readonly clientId: string;
  /** One per Entra tenant and app, shared by everybody who asks: its limits are those of the app in the tenant. */
  readonly graph: GraphClient;
  /** Domains that the tenant has verified, lower case, as read last; empty: not read yet. */
  readonly domains: readonly string[];
}

export interface MicrosoftConnections {
  /** The platform's app registration; Microsoft wants it as the session of presence. Undefined: none is configured. */
  readonly clientId: string | undefined;
  /** The account's first connection. Undefined: it has none, or the platform has no app registration. */
  connectionsOf(accountId: AccountId): MicrosoftConnection | undefined;
  /** All connections of the account, first connected first. The same objects as long as nothing about them changes. */
  all(accountId: AccountId): readonly MicrosoftConnection[];
  /** The connection whose verified domains hold the person's UPN's or mail's domain, else the account's first. */
  ofPerson(person: Pick<Person, 'accountId' | 'upn' | 'mail'>): MicrosoftConnection | undefined;
  /** Told after connections came, went or changed their domains. Returns the way to stop. */
  onChange(heard: () => void): () => void;
  /** The Entra user who this person is, once that is settled: the stored link's, else an unambiguous match. */
  objectIdOf(personId: PersonId): string | undefined;
  /** Told after the object ids of some people changed. Returns the way to stop. */
  onLinks(heard: () => void): () => void;
  /** Provisioning says whose is whose; undefined forgets. */
  note(objectIds: ReadonlyMap<PersonId, string | undefined>): void;
  close(): void;
}

/** An answer that takes longer is not worth waiting for: the next round asks again. */
const timeoutMs = 10_000;

/**
 * The connections to Microsoft Graph, made when first asked for. The certificate is read with the first token, so that
 * a node without one starts and says so in everybody's readiness.
 */
export function createMicrosoftConnections(parts: {
  readonly config: Pick<NodeConfig, 'certificateDir' | 'twin' | 'graphClientId'>;
  readonly snapshot: () => RoutingSnapshot;
  readonly wall: () => number;
  readonly random: () => number;
  readonly onTry: (seen: GraphTry) => void;
}): MicrosoftConnections {
  const { config } = parts;
  const { twin, graphClientId } = config;
  const endpoints: MicrosoftEndpoints = twin ? { login: twin.loginUrl, graph: twin.graphUrl } : globalCloud;
  const graphs = new Map<string, GraphClient>();
  const objectIds = new Map<PersonId, string>();
  const listeners = new Set<() => void>();
  let opened: { readonly https: HttpsExchange; readonly tokens: TokenProvider } | undefined;

  const open = () => {
    if (opened) return opened;
    // The twin's authority is there before the node starts; real Microsoft's roots are the runtime's.
    const https = lazyExchange(async () => (twin ? { ca: await readFile(twin.caFile, 'utf8') } : {}));
    const tokens = lazyTokens(async () => {
      const { msalTokenProvider } = await import('@tandem/adapters/graph/msal-token-provider.ts');
      const [certificate, privateKey] = await Promise.all(
        ['graph-app.cert.pem', 'graph-app.key.pem'].map((name) =>
          readFile(join(config.certificateDir, name), 'utf8'),
        ),
      );
      return msalTokenProvider({
        endpoints,
        twinMode: twin !== undefined,
        clientId: graphClientId ?? '',
        credential: { kind: 'certificate', certificate: certificate ?? '', privateKey: privateKey ?? '' },
        https,
      });
    });
    opened = { https, tokens };
    return opened;
  };

  const first = (accountId: AccountId): MicrosoftConnection | undefined => {
    const tenantId = parts.snapshot().accounts.get(accountId)?.entraTenantId?.toLowerCase();
    if (tenantId === undefined || graphClientId === undefined) return undefined;
    const made = (graph: GraphClient): MicrosoftConnection => ({
      connectionId: asConnectionId(accountId),
      accountId,
      tenantId,
      clientId: graphClientId,
      graph,
      domains: [],
    });
    const known = graphs.get(tenantId);
    if (known) return made(known);
    const graph = new GraphClient({
      graph: endpoints.graph,
      entraTenantId: tenantId,
      ...open(),
      clock: {
        wall: parts.wall,
        sleep: (ms) => new Promise((resolve) => void setTimeout(resolve, ms).unref()),
      },
      random: parts.random,
      timeoutMs,
      onTry: parts.onTry,
    });
    graphs.set(tenantId, graph);
    return made(graph);
  };

  return {
    clientId: graphClientId,
    connectionsOf: first,
    all(accountId) {
      const one = first(accountId);
      return one ? [one] : [];
    },
    ofPerson: ({ accountId }) => first(accountId),
    onChange: () => () => undefined,
    objectIdOf: (personId) => objectIds.get(personId),
    onLinks(heard) {
      listeners.add(heard);
      return () => listeners.delete(heard);
    },
    note(known) {
      let changed = false;
      for (const [personId, objectId] of known) {
        if (objectIds.get(personId) === objectId) continue;
        changed = true;
        if (objectId === undefined) objectIds.delete(personId);
        else objectIds.set(personId, objectId);
      }
      if (changed) for (const heard of listeners) heard();
    },
    close: () => opened?.https.close(),
  };
}

/** Tried again when it fails: somebody may put the certificate there. */
function lazyTokens(make: () => Promise<TokenProvider>): TokenProvider {
  let made: Promise<TokenProvider> | undefined;
  return {
    async token(tenantId, options) {
      made ??= make();
      const provider = await made.catch((cause: unknown) => {
        made = undefined;
        throw new GraphError('sign-in-credential-refused', 'the certificate of our app cannot be read', {
          cause,
        });
      });
      return await provider.token(tenantId, options);
    },
  };
}

function lazyExchange(options: () => Promise<{ readonly ca?: string }>): HttpsExchange {
  let made: Promise<HttpsExchange> | undefined;
  return {
    async exchange(request) {
      made ??= options().then(httpsExchange);
      const exchange = await made.catch((error: unknown) => {
        made = undefined;
        throw error;
      });
      return await exchange.exchange(request);
    },
    close: () => void made?.then((exchange) => exchange.close()).catch(() => undefined),
  };
}
