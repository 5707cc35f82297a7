/**
 * Everything that this installation may talk to by itself (U24): nothing else is ever connected to. The page of reference and the
 * API follow this table, and test/boundaries holds the code to it: a socket, an http request or a look-up made in a file that
 * stands in no row here, nor in `notOutgoing`, fails.
 */
export interface OutgoingClass {
  readonly id: string;
  readonly title: string;
  readonly why: string;
  readonly protocol: string;
  /** Where it is, as far as that is the same everywhere. */
  readonly where: string;
  /** What turns it on; `always`: as soon as there is a carrier, a hub, a call. */
  readonly turnedOnBy: string;
  /** Whose it is. */
  readonly whose: 'Microsoft' | 'carrier' | 'yours';
  readonly modules: readonly string[];
}

export const outgoingClasses = [
  {
    id: 'microsoft-login',
    title: 'Microsoft Entra sign-in',
    why: 'Tokens for Graph, sign-ins of administrators and people, the keys that their tokens are judged by.',
    protocol: 'HTTPS, TCP 443',
    where: 'login.microsoftonline.com',
    turnedOnBy: 'graphClientId, or an own app registration of a customer',
    whose: 'Microsoft',
    modules: [
      'packages/adapters/src/graph/https-exchange.ts',
      'packages/adapters/src/graph/msal-token-provider.ts',
    ],
  },
  {
    id: 'microsoft-graph',
    title: 'Microsoft Graph',
    why: 'Directory, numbers, policies and presence of connected tenants, each feature for itself.',
    protocol: 'HTTPS, TCP 443',
    where: 'graph.microsoft.com',
    turnedOnBy: 'a connection with Microsoft 365',
    whose: 'Microsoft',
    modules: ['packages/adapters/src/graph/https-exchange.ts'],
  },
  {
    id: 'teams-hubs',
    title: 'SIP proxies of Teams',
    why: 'Calls with Teams, and OPTIONS that tell whether a hub is there.',
    protocol: 'SIP over TLS, TCP 5061',
    where: 'sip.pstnhub.microsoft.com, sip2.pstnhub.microsoft.com, sip3.pstnhub.microsoft.com',
    turnedOnBy: 'always; hubs names others',
    whose: 'Microsoft',
    modules: [
      'packages/wire/src/message-transport.ts',
      'packages/adapters/src/sip-transport/sip-endpoint.ts',
    ],
  },
  {
    id: 'carriers',
    title: 'Carriers and registered phones',
    why: 'Calls with the telephone network, OPTIONS where the carrier wants them, requests to phones that registered.',
    protocol: 'SIP over UDP, TCP or TLS, as the carrier says',
    where: 'what each carrier names; the address that a phone registered from',
    turnedOnBy: 'a carrier, a phone that registers',
    whose: 'carrier',
    modules: ['packages/wire/src/message-transport.ts', 'packages/wire/src/udp-socket.ts'],
  },
  {
    id: 'media',
    title: 'Media of calls',
    why: 'RTP and SRTP to where the other side of a call says; also the check of a path (STUN) within the call.',
    protocol: 'UDP, ports of our own from the relay range',
    where:
      'Microsoft: 52.112.0.0/14 and 52.120.0.0/14, UDP 49152-53247 and 3478-3481; a carrier: as its SDP says; a phone: where it sends from',
    turnedOnBy: 'a call',
    whose: 'carrier',
    modules: [
      'packages/adapters/src/media-process/session-sockets.ts',
      'packages/adapters/src/media-process/resting-sockets.ts',
      'packages/adapters/src/media-process/relay-frames.ts',
      'packages/adapters/src/media-process/packet-turn.ts',
    ],
  },
  {
    id: 'names',
    title: 'Name servers',
    why: 'Addresses of hubs and carriers, and whether the records of a routing domain are there.',
    protocol: 'DNS, UDP and TCP 53',
    where: "the system's name servers",
    turnedOnBy: 'always',
    whose: 'yours',
    modules: [
      'packages/adapters/src/sip-transport/name-resolver.ts',
      'packages/adapters/src/webhooks/outside-address.ts',
    ],
  },
  {
    id: 'dns-driver',
    title: 'Writer of DNS records',
    why: 'TXT and A records of customers’ routing domains, written for them.',
    protocol: 'HTTPS to the address of dnsUrl; or a program of yours, with connections of its own',
    where: 'dnsUrl',
    turnedOnBy: 'dnsUrl, dnsCommand',
    whose: 'yours',
    modules: ['packages/adapters/src/dns-driver/dns-driver.ts'],
  },
  {
    id: 'mail',
    title: 'Mail server',
    why: 'Reports and warnings to administrators.',
    protocol: 'SMTP with TLS',
    where: 'mailHost, mailPort',
    turnedOnBy: 'mailHost',
    whose: 'yours',
    modules: ['packages/adapters/src/mail/smtp-sender.ts'],
  },
  {
    id: 'webhooks',
    title: "Customers' webhooks",
    why: 'Events that a customer asked for, signed.',
    protocol: 'HTTPS (HTTP only in rehearsals)',
    where: 'the address that the customer named; never one inside your own network',
    turnedOnBy: 'a webhook that an administrator makes',
    whose: 'yours',
    modules: ['packages/adapters/src/webhooks/post-webhook.ts'],
  },
  {
    id: 'database',
    title: 'Database',
    why: 'What has to outlive the process.',
    protocol: 'PostgreSQL, TCP',
    where: 'on this machine; with databaseUrl: where that says',
    turnedOnBy: 'always; databaseUrl for one elsewhere',
    whose: 'yours',
    modules: [
      'packages/adapters/src/postgres/guarded-pool.ts',
      'packages/adapters/src/postgres/routing-listener.ts',
      'packages/adapters/src/postgres/migrate.ts',
      'packages/adapters/src/embedded-postgres/roles.ts',
    ],
  },
] as const satisfies readonly OutgoingClass[];

export type OutgoingId = (typeof outgoingClasses)[number]['id'];

/** Files that have to do with sockets and connect to nothing outside of this machine, or not by themselves. */
export const notOutgoing: Readonly<Record<string, string>> = {
  'packages/wire/src/stream-connection.ts': 'types of sockets that others opened',
  'packages/adapters/src/media-process/media-client.ts': 'the Unix socket of our own media process',
  'packages/adapters/src/media-process/command-server.ts': 'the other end of that socket',
  'packages/adapters/src/media-process/main.ts': 'listens',
  'packages/adapters/src/sip-transport/peer-certificate.ts': 'judges certificates of connections that stand',
  'packages/adapters/src/sip-transport/own-certificate.ts': 'makes TLS contexts',
  'packages/adapters/src/embedded-media/unreachable.ts': 'compares addresses',
  'packages/adapters/src/embedded-postgres/start.ts': 'looks for a free port of this machine',
  'packages/contract/src/client.ts': "the API's client, which asks its own server; fetch is given to it",
  'apps/server/src/node/sip-edge.ts': 'types and parameters of TLS',
  'apps/server/src/supervisor/free-ports.ts': 'looks for free ports of this machine',
  'apps/server/src/supervisor/data-dir-lock.ts': 'asks whether an instance of this machine answers',
  'apps/server/src/cli/call.ts': 'a command that a person starts: asks an instance of this machine',
  'apps/server/src/cli/doctor.ts': 'a command that a person starts: looks at DNS, TLS and Microsoft once',
  'apps/server/src/cli/instance-command.ts':
    'a command that a person starts: asks an instance of this machine',
};
