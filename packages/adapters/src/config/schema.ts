import {
  domainName,
  guid,
  hostName,
  hostPorts,
  ipAddress,
  mailAddress,
  oneOf,
  path,
  postgresUrl,
  secretText,
  shortText,
  type ValueKind,
  webAddress,
  wholeNumber,
  yesNo,
} from './value-kinds.ts';

/** One setting. From this come types, `--help`, the reference page and the validation. */
export interface Setting<T> {
  readonly kind: ValueKind<T>;
  /** Undefined: the setting is unset unless somebody sets it. */
  readonly default: T | undefined;
  /** One sentence. */
  readonly doc: string;
  readonly example: string;
  readonly secret?: true;
  readonly takesEffect: 'restart' | 'live';
  /** Flag without its dashes, where it is not the kebab-case of the key. */
  readonly flag?: string;
  /** A second name in the environment that others already use for this. */
  readonly alsoEnvironment?: string;
}

const setting = <T, D extends T | undefined>(
  row: Setting<T> & { readonly default: D },
): Setting<T> & { readonly default: D } => row;

/** RTP ranges end at base + 11,000 and stay below 32768: see apps/server/src/supervisor/ports.ts. */
const portBases = { lowest: 1024, highest: 24_000 } as const;

export const settings = {
  dataDir: setting({
    kind: path,
    default: '.tandem',
    doc: 'Where this instance keeps everything: database, journal, logs, certificates; relative to the working directory.',
    example: '/var/lib/tandem',
    takesEffect: 'restart',
    flag: 'data',
  }),
  portBase: setting({
    kind: wholeNumber(portBases.lowest, portBases.highest),
    default: 16_000,
    doc: 'First port of this instance; every listener has a fixed offset from it, so that instances run side by side.',
    example: '17000',
    takesEffect: 'restart',
  }),
  bindAddress: setting({
    kind: ipAddress,
    default: '127.0.0.1',
    doc: 'Address on which every listener except the embedded database accepts traffic.',
    example: '0.0.0.0',
    takesEffect: 'restart',
  }),
  advertisedAddress: setting({
    kind: ipAddress,
    default: undefined as string | undefined,
    doc: 'Address that peers are told in SIP and SDP; the bind address unless set.',
    example: '198.51.100.20',
    takesEffect: 'restart',
  }),
  twin: setting({
    kind: yesNo,
    default: true as boolean,
    doc: 'Run the twin (Microsoft and a carrier as programs, with the rehearsal world) beside Tandem; --no-twin for production.',
    example: 'false',
    takesEffect: 'restart',
  }),
  twinSeed: setting({
    kind: wholeNumber(1, 2_147_483_647),
    default: 1,
    doc: 'Seed of everything that the twin draws at random.',
    example: '42',
    takesEffect: 'restart',
  }),
  databaseUrl: setting({
    kind: postgresUrl,
    default: undefined as string | undefined,
    doc: 'Your PostgreSQL (15 or later), as the role that the application uses; without it a private server runs in the data directory.',
    example: 'postgres://tandem_app:secret@db.example.net:5432/tandem',
    secret: true,
    takesEffect: 'restart',
    alsoEnvironment: 'DATABASE_URL',
  }),
  databaseOwnerUrl: setting({
    kind: postgresUrl,
    default: undefined as string | undefined,
    doc: 'The same database as the role that owns the tables, for migrations; databaseUrl unless set.',
    example: 'postgres://tandem_owner:secret@db.example.net:5432/tandem',
    secret: true,
    takesEffect: 'restart',
  }),
  sbcBaseDomain: setting({
    kind: domainName,
    default: 'customers.example.net',
    doc: 'Domain below which every customer has a host name, by which Teams and we know whose call it is.',
    example: 'customers.example.net',
    takesEffect: 'restart',
  }),
  hubs: setting({
    kind: hostPorts,
    default: [
      { name: 'sip.pstnhub.microsoft.com', port: 5061 },
      { name: 'sip2.pstnhub.microsoft.com', port: 5061 },
      { name: 'sip3.pstnhub.microsoft.com', port: 5061 },
    ] as readonly { readonly name: string; readonly port: number }[],
    doc: "Microsoft's SIP proxies in the order in which they are tried; while the twin is on, its own unless this is set.",
    example: 'sip.pstnhub.microsoft.com:5061,sip2.pstnhub.microsoft.com:5061',
    takesEffect: 'restart',
  }),
  certificateDir: setting({
    kind: path,
    default: undefined as string | undefined,
    doc: 'Folder with sbc.cert.pem (the whole chain) and sbc.key.pem; certificates/ in the data directory unless set.',
    example: '/etc/tandem/certificates',
    takesEffect: 'restart',
  }),
  graphClientId: setting({
    kind: guid,
    default: undefined as string | undefined,
    doc: "Client id of this platform's app registration at Microsoft; its certificate is graph-app.cert.pem and graph-app.key.pem of the certificate folder. Without it nobody's group, licence or number at Microsoft is looked at.",
    example: '00000000-0000-4000-8000-000000000001',
    takesEffect: 'restart',
  }),
  graphPresenceClientId: setting({
    kind: guid,
    default: undefined as string | undefined,
    doc: "Client id of a second app registration of this platform, for presence alone; its certificate is graph-presence-app.cert.pem and graph-presence-app.key.pem of the certificate folder. With it, reading and showing presence goes by tokens that carry no other permission, and each customer's administrator approves both registrations; connections made before go on by one until then. Without it graphClientId does everything. The twin knows a1a1a1a1-0000-4000-8000-00000000a002.",
    example: '00000000-0000-4000-8000-000000000002',
    takesEffect: 'restart',
  }),
  publicUrl: setting({
    kind: webAddress,
    default: undefined as string | undefined,
    doc: 'Where browsers and Microsoft reach this portal; without it Microsoft sends no notifications (changes are polled) and reports of the routing script are pasted. With the twin on, the portal of this machine unless set.',
    example: 'https://portal.example.net',
    takesEffect: 'restart',
  }),
  presenceReadSeconds: setting({
    kind: wholeNumber(15, 30),
    default: undefined as number | undefined,
    doc: 'Seconds between two reads of presence in Teams of people with whom nothing goes on now; unless set, within 15 s as long as that takes less than a third of Microsoft’s quota, which it does for tenants of up to some hundred thousand people. Who is in a call, in a queue, watched, or changed lately is read every 5 seconds in any case.',
    example: '15',
    takesEffect: 'restart',
  }),
  dnsCommand: setting({
    kind: path,
    default: undefined as string | undefined,
    doc: 'Program that writes DNS records of customers into your zone: gets {"records":[{"type","name","value","ttlSeconds"}]} on standard input, ends with 0 when they are there.',
    example: '/usr/local/bin/tandem-dns',
    takesEffect: 'restart',
  }),
  dnsUrl: setting({
    kind: webAddress,
    default: undefined as string | undefined,
    doc: 'Address to which DNS records of customers are posted, as JSON like that of dnsCommand; any 2xx means that they are in the zone.',
    example: 'https://dns.example.net/records',
    takesEffect: 'restart',
  }),
  dnsToken: setting({
    kind: secretText,
    default: undefined as string | undefined,
    doc: 'Bearer token for dnsUrl.',
    example: 'a-long-random-text',
    secret: true,
    takesEffect: 'restart',
  }),
  mailHost: setting({
    kind: hostName,
    default: undefined as string | undefined,
    doc: "Mail server (SMTP) for mails to administrators; without it they are kept and shown in the portal, and the twin's takes them while it is on.",
    example: 'mail.example.net',
    takesEffect: 'restart',
  }),
  mailPort: setting({
    kind: wholeNumber(1, 65_535),
    default: 587,
    doc: 'Port of the mail server.',
    example: '465',
    takesEffect: 'restart',
  }),
  mailSecurity: setting({
    kind: oneOf('starttls', 'tls', 'none'),
    default: 'starttls' as 'starttls' | 'tls' | 'none',
    doc: 'How the connection to the mail server is kept private: `starttls` (demanded), `tls` from the first byte, `none` for a relay on this machine.',
    example: 'tls',
    takesEffect: 'restart',
  }),
  mailUser: setting({
    kind: shortText,
    default: undefined as string | undefined,
    doc: 'Name with which Tandem signs in at the mail server; without it there is no sign-in.',
    example: 'tandem@example.net',
    takesEffect: 'restart',
  }),
  mailPassword: setting({
    kind: secretText,
    default: undefined as string | undefined,
    doc: 'Password for the mail server.',
    example: 'a-long-random-text',
    secret: true,
    takesEffect: 'restart',
  }),
  mailFrom: setting({
    kind: mailAddress,
    default: undefined as string | undefined,
    doc: "Sender's address of mails to administrators; tandem@ the base domain unless set.",
    example: 'tandem@example.net',
    takesEffect: 'restart',
  }),
  hubRootsFile: setting({
    kind: path,
    default: undefined as string | undefined,
    doc: "PEM file of the roots that Microsoft's certificates must chain to; the runtime's own list unless set.",
    example: '/etc/tandem/microsoft-roots.pem',
    takesEffect: 'restart',
  }),
  mediaWorkers: setting({
    kind: wholeNumber(1, 64),
    default: 1,
    doc: 'Threads of the embedded media relay.',
    example: '4',
    takesEffect: 'restart',
  }),
  signallingCadenceMs: setting({
    kind: wholeNumber(0, 60),
    default: 40,
    doc: 'From about 30 calls a second on, messages that came within so many milliseconds are handled together, which halves what a call costs; 0 handles each at once.',
    example: '10',
    takesEffect: 'restart',
  }),
  allowUnsafeMedia: setting({
    kind: yesNo,
    default: false as boolean,
    doc: 'Accept an rtpengine below the safe version floor; for tests and benches only.',
    example: 'true',
    takesEffect: 'restart',
  }),
  logLevel: setting({
    kind: oneOf('trace', 'debug', 'info', 'warn', 'error'),
    default: 'info' as 'trace' | 'debug' | 'info' | 'warn' | 'error',
    doc: 'How much goes to the log files of the data directory.',
    example: 'debug',
    takesEffect: 'restart',
  }),
} as const;

export type SettingKey = keyof typeof settings;

type ValueOf<K extends SettingKey> = (typeof settings)[K] extends Setting<infer T> & {
  readonly default: infer D;
}
  ? undefined extends D
    ? T | undefined
    : T
  : never;

/** What `resolveConfiguration` yields when there is no fault. */
export type Configuration = { readonly [K in SettingKey]: ValueOf<K> };

export const settingKeys = Object.keys(settings) as readonly SettingKey[];

const words = (key: string): readonly string[] => key.split(/(?=[A-Z])/).map((word) => word.toLowerCase());

/** `portBase` → `TANDEM_PORT_BASE`. */
export const environmentName = (key: SettingKey): string => `TANDEM_${words(key).join('_').toUpperCase()}`;

/** `portBase` → `port-base`. */
export const flagName = (key: SettingKey): string => {
  const row: Setting<never> = settings[key] as never;
  return row.flag ?? words(key).join('-');
};
