import type { BenchReport, Figures } from '../test/bench/bench.ts';

/** A bench's report with when it was taken and how busy the machine was (load of the last minute). */
export interface TakenReport extends BenchReport {
  readonly takenAt: string;
  readonly loadBefore: number;
  readonly loadAfter: number;
}

interface Row {
  readonly figure: string;
  readonly says: string;
  readonly firstLanding: string;
  readonly aim: string;
}

/** What each bench does, in the order of the page. */
const works = {
  signalling:
    'SIPp as a carrier (UDP) -> Tandem -> a hub (TLS), 14 messages a call, 150 calls/s for 30 s, with routing, record, journal and ports; CPU summed over supervisor, signalling and media process, generator, hub and database not counted.',
  media:
    'SRTP <-> RTP, G.711 at 20 ms, both directions, RTCP on; every packet checked where it arrives (tag, content, time). Added delay: p99 through the relay less the median without one.',
  memory:
    '1,000 established idle calls, media allocated, RTCP from both parties; proportional set size over the idle baseline, database and twin left out.',
  parse:
    'A 2 KB Teams INVITE, eight headers and their URIs decoded and compared with what they must be; each parser in a process of its own.',
  provisioning:
    "5,000 people join the enable group of one tenant of the twin; every request to its Graph counted until everybody has number and policy. Microsoft's time is virtual (limits, operations of 3 s, 80 ms an answer), ours is CPU. Lower bound: delta pages, a number and a policy write a person with 20 to a batch, a poll a batch of operations.",
  presence:
    "10,000 people in ten tenants of the twin, then 5,000 in one: states in Teams change, people talk at desk phones, Microsoft says 429 for a minute. Microsoft's time is virtual (80 ms an answer, its limits and Retry-After), ours is real and added. Lower bound: people of a tenant and pace / 650, read each 5 s (hot: 3 % in queues, who talks, who changed lately) or each 30 s.",
  queue:
    'Twenty members at phones for 30 minutes on the whole engine: they answer, decline, let it ring and make calls of their own; callers come in bursts and hang up. Network and clock are virtual, the work is real. From the end of a call to the INVITE at the phone, while somebody waited; a double offer is an INVITE to a phone that rang or talked.',
} as const;

export type BenchName = keyof typeof works;
export const benchNames = Object.keys(works) as readonly BenchName[];

/** What the page shows of each bench. */
export const rows: Readonly<Record<BenchName, readonly Row[]>> = {
  signalling: [
    {
      figure: 'cpuSecondsPer1000Calls',
      says: 'CPU-s per 1,000 calls',
      firstLanding: '<= 2.5',
      aim: "<= 1.0, below Kamailio's",
    },
    { figure: 'maxCleanRate', says: 'highest clean rate, calls/s', firstLanding: '>= 60', aim: '>= 250' },
    { figure: 'failedCalls', says: 'failed calls', firstLanding: '0', aim: '0' },
    { figure: 'setupMsP99', says: 'internal set-up p99, ms', firstLanding: '', aim: '' },
    {
      figure: 'setupMsMean',
      says: 'set-up at 150/s as the caller sees it, mean, ms',
      firstLanding: '',
      aim: '',
    },
  ],
  media: [
    {
      figure: 'cpuSecondsPerMillionPackets',
      says: 'CPU-s per million packets',
      firstLanding: '<= 40',
      aim: '<= 20',
    },
    { figure: 'calls', says: 'most calls without loss', firstLanding: '>= 100', aim: '>= 250' },
    { figure: 'lossPct', says: 'loss, %', firstLanding: '0', aim: '0' },
    {
      figure: 'addedDelayMsP99',
      says: 'added delay p99, ms',
      firstLanding: "<= 3 x rtpengine's",
      aim: "<= rtpengine's",
    },
  ],
  memory: [
    { figure: 'kbPerCall', says: 'kB per call', firstLanding: '<= 150', aim: '<= 80' },
    { figure: 'calls', says: 'calls held', firstLanding: '', aim: '' },
  ],
  parse: [{ figure: 'inviteWithHeadersMicros', says: 'us per INVITE', firstLanding: '<= 15', aim: '<= 8' }],
  provisioning: [
    {
      figure: 'requestsOverLowerBound',
      says: 'requests / lower bound',
      firstLanding: '<= 1.2',
      aim: '<= 1.1',
    },
    { figure: 'wrongAssignments', says: 'wrong assignments', firstLanding: '0', aim: '0' },
    { figure: 'doubleAssignments', says: 'double assignments', firstLanding: '0', aim: '0' },
    {
      figure: 'requestsInsideRetryAfter',
      says: 'requests inside a Retry-After',
      firstLanding: '0',
      aim: '0',
    },
    { figure: 'ownSeconds', says: 'CPU-s of ours for all of it', firstLanding: '', aim: '' },
    { figure: 'reconcileSeconds', says: '25,000 people reconciled, s', firstLanding: '<= 900', aim: '' },
    { figure: 'searchMs', says: 'list or search of 25,000, slowest, ms', firstLanding: '<= 1,000', aim: '' },
  ],
  presence: [
    {
      figure: 'requestsOverLowerBound',
      says: 'requests / lower bound',
      firstLanding: '<= 1.1',
      aim: '',
    },
    { figure: 'answerToWriteMsP95', says: 'answer to write, p95, ms', firstLanding: '<= 2,000', aim: '' },
    { figure: 'hotChangeSeenMsP95', says: 'hot change seen, p95, ms', firstLanding: '<= 5,000', aim: '' },
    {
      figure: 'changeSeenMsP95',
      says: 'change seen with presenceReadSeconds 30, p95, ms',
      firstLanding: '<= 31,000',
      aim: '',
    },
    {
      figure: 'usualChangeSeenMsMax',
      says: 'change seen when no pace was chosen, the slowest, ms',
      firstLanding: '<= 15,000',
      aim: '',
    },
    {
      figure: 'requestsInsideRetryAfter',
      says: 'requests inside a Retry-After',
      firstLanding: '0',
      aim: '0',
    },
    { figure: 'wrongStates', says: 'wrong states after it', firstLanding: '0', aim: '0' },
    { figure: 'bytesPerUser', says: 'bytes a person', firstLanding: '<= 2,048', aim: '' },
  ],
  queue: [
    { figure: 'freeToRingMsP95', says: 'free to ring, p95, ms', firstLanding: '<= 1,000', aim: '' },
    { figure: 'doubleOffers', says: 'double offers', firstLanding: '0', aim: '0' },
    { figure: 'callers', says: 'callers', firstLanding: '', aim: '' },
    { figure: 'offers', says: 'offers', firstLanding: '', aim: '' },
  ],
};

const isBench = (name: string): name is BenchName => name in works;

const peerNames: Readonly<Record<string, string>> = {
  kamailio: 'Kamailio (proxy)',
  rtpengine: 'rtpengine (user space)',
  kamailioRtpengine: 'Kamailio + rtpengine',
  sip: '`sip`',
  drachtioSip: '`drachtio-sip`',
  jssip: '`jssip`',
};

const cells = (values: readonly string[]): string => `| ${values.join(' | ')} |`;
const shown = (figures: Figures | undefined, name: string): string =>
  figures?.[name] === undefined ? '' : String(Math.round(figures[name] * 100) / 100);

function section(report: TakenReport): string {
  const peers = Object.entries(report.peer ?? {});
  const head = [
    'figure',
    'Tandem',
    ...peers.map(([name]) => peerNames[name] ?? name),
    'first landing',
    'aim',
  ];
  const busy = Math.max(report.loadBefore, report.loadAfter) > report.machine.cores + 1;
  const state = [
    `Taken ${report.takenAt.slice(0, 16).replace('T', ' ')} UTC`,
    `seed ${report.seed}`,
    `load ${report.loadBefore.toFixed(1)} before, ${report.loadAfter.toFixed(1)} after`,
    report.pass ? 'at or under the first landing' : '**above the first landing**',
    ...(report.quick ? ['a quick run'] : []),
  ].join('; ');
  const versions = ['kamailio', 'rtpengine'].flatMap((name) => {
    const version = report.detail?.[name];
    return typeof version === 'string' ? [`${name} ${version}`] : [];
  });
  return [
    `## ${report.bench}`,
    '',
    isBench(report.bench) ? works[report.bench] : '',
    '',
    cells(head),
    cells(head.map(() => '---')),
    ...(isBench(report.bench) ? rows[report.bench] : []).map((row) =>
      cells([
        row.says,
        shown(report.figures, row.figure),
        ...peers.map(([, figures]) => shown(figures, row.figure)),
        row.firstLanding,
        row.aim,
      ]),
    ),
    '',
    `${state}.${versions.length > 0 ? ` Peers: ${versions.join(', ')}.` : ''}`,
    ...(busy
      ? [
          '',
          'The machine was busy with other work during this run: costs and delays of all parties are too high.',
        ]
      : []),
    '',
  ].join('\n');
}

/** `expected`: benches that the page names even when they have no result. */
export function figuresPage(reports: readonly TakenReport[], expected: readonly string[]): string {
  const machines = [
    ...new Set(
      reports.map(
        ({ machine }) =>
          `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}`,
      ),
    ),
  ];
  const missing = expected.filter((name) => !reports.some((report) => report.bench === name));
  return [
    '# Figures',
    '',
    '<!-- Written by `node tools/figures.ts`, which runs the benches (about 25 minutes; --only media,parse runs some and keeps',
    'the rest, --no-run only writes the page). Not compared with the code by a test: figures differ from run to run. -->',
    '',
    'What `npm run bench -- NAME` found. Peers do the same work in the same run, with the same generator and on the same',
    'cores. CPU figures are the median of at least three runs. Compare figures of one run with each other; another machine',
    'has others.',
    '',
    ...machines.map((machine) => `Machine: ${machine}.`),
    '',
    ...reports.map(section),
    ...(missing.length > 0 ? [`Not measured yet: ${missing.join(', ')}.`, ''] : []),
  ].join('\n');
}
