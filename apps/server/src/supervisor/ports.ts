/**
 * Every port of an instance, by one table of offsets from `--port-base`, so that instances run side by side. All of
 * them stay below 32768, where Linux begins to hand out ephemeral ports by default.
 */

export type Transport = 'tcp' | 'udp';

interface PortRow {
  readonly offset: number;
  readonly transports: readonly Transport[];
  readonly what: string;
  /** Only bound while the twin is on. */
  readonly twin?: true;
}

export const portTable = {
  http: { offset: 0, transports: ['tcp'], what: 'portal, API and metrics' },
  postgres: { offset: 10, transports: ['tcp'], what: 'embedded PostgreSQL' },
  carrierSip: { offset: 60, transports: ['udp', 'tcp'], what: 'SIP for carriers' },
  teamsTls: { offset: 61, transports: ['tcp'], what: 'SIP over TLS for Teams' },
  phonesSip: { offset: 62, transports: ['udp', 'tcp'], what: 'SIP for phones' },
  phonesTls: { offset: 63, transports: ['tcp'], what: 'SIP over TLS for phones' },
  twinControl: { offset: 100, transports: ['tcp'], what: "the twin's control API", twin: true },
  twinLogin: { offset: 101, transports: ['tcp'], what: "the twin's sign-in service", twin: true },
  twinGraph: { offset: 102, transports: ['tcp'], what: "the twin's Graph", twin: true },
  twinHub1: { offset: 111, transports: ['tcp'], what: "the twin's first Teams hub", twin: true },
  twinHub2: { offset: 112, transports: ['tcp'], what: "the twin's second Teams hub", twin: true },
  twinHub3: { offset: 113, transports: ['tcp'], what: "the twin's third Teams hub", twin: true },
  twinCarrier: { offset: 120, transports: ['udp', 'tcp'], what: 'the rehearsal carrier', twin: true },
  twinCarrierSecond: {
    offset: 121,
    transports: ['udp', 'tcp'],
    what: "the rehearsal carrier's second address",
    twin: true,
  },
  twinCarrierThird: {
    offset: 122,
    transports: ['udp', 'tcp'],
    what: "the rehearsal carrier's third address, for faults",
    twin: true,
  },
  twinDns: { offset: 130, transports: ['udp', 'tcp'], what: "the twin's DNS", twin: true },
  twinSmtp: { offset: 140, transports: ['tcp'], what: "the twin's mail server (SMTP)", twin: true },
} as const satisfies Record<string, PortRow>;

export type PortName = keyof typeof portTable;

/** Inclusive at both ends; `first` is even, as RTP wants it. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

export type Ports = Readonly<Record<PortName, number>> & {
  readonly base: number;
  /** RTP and RTCP of the relay. */
  readonly relayRtp: PortRange;
  /** RTP and RTCP of the twin's clients and of the rehearsal carrier. */
  readonly twinRtp: PortRange;
};

export const portBaseBounds = { lowest: 1024, highest: 24_000, default: 16_000 } as const;

const even = (port: number): number => port + (port % 2);

/** Ports of the instance at `base`. Throws RangeError outside {@link portBaseBounds}; the configuration checks first. */
export const portsAt = (base: number): Ports => {
  if (!Number.isInteger(base) || base < portBaseBounds.lowest || base > portBaseBounds.highest) {
    throw new RangeError(
      `--port-base ${base}: wanted a whole number from ${portBaseBounds.lowest} to ${portBaseBounds.highest}`,
    );
  }
  const named = Object.fromEntries(
    Object.entries(portTable).map(([name, row]) => [name, base + row.offset]),
  ) as Record<PortName, number>;
  return {
    ...named,
    base,
    relayRtp: { first: even(base + 400), last: Math.min(base + 7_400, 31_999) },
    twinRtp: { first: even(base + 8_000), last: Math.min(base + 11_000, 32_767) },
  };
};
