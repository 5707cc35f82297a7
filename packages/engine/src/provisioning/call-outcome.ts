import { type E164, type Link, type ReadinessCode, type ReadinessReport, sentenceOf } from '@tandem/domain';

/** Why a call is not offered or not allowed, and what the caller gets (product-behaviour 1.8). */
export interface CallRefusal {
  readonly code?: ReadinessCode;
  readonly sentence: string;
  readonly sip: 403 | 404 | 480;
  readonly q850: 1 | 20 | 21 | 31 | 63;
}

export interface CallOutcome {
  /** From a carrier or a phone to the person: whether Teams is rung. */
  readonly toPerson:
    | {
        readonly offered: true;
        /** The number under which Microsoft knows the person, where that is another than ours: a change is under way. */
        readonly number?: E164;
        /** What is wrong all the same: Microsoft has the number, and may still not ring. */
        readonly but?: Pick<CallRefusal, 'code' | 'sentence'>;
      }
    | {
        readonly offered: false;
        readonly refusal: CallRefusal;
        /** Ring the person's other endpoints; the refusal is for the case that there are none. */
        readonly otherEndpoints: boolean;
        /**
         * Before anything else: whom the leaver rule names (`leaver`). Before refusing: the same where only Teams was left
         * (`leaver-last`), the person's unavailable route, or the unassigned rule of the range.
         */
        readonly route: CallRoute;
      };
  /** From the person's Teams client. Emergency calls pass whatever stands here. */
  readonly fromPerson:
    | { readonly allowed: true }
    | { readonly allowed: false; readonly refusal: CallRefusal };
}

type CallRoute = 'unavailable' | 'unassigned' | 'announcement' | 'leaver' | 'leaver-last' | 'none';

interface Row {
  readonly to: Pick<CallRefusal, 'sip' | 'q850'> & {
    readonly otherEndpoints: boolean;
    readonly route: CallRoute;
  };
  readonly from: Pick<CallRefusal, 'sip' | 'q850'>;
}

const elsewhere: Row = {
  to: { sip: 480, q850: 20, otherEndpoints: true, route: 'unavailable' },
  from: { sip: 403, q850: 63 },
};
/** Who may not sign in any more, or was deleted, is treated as a leaver (product-behaviour 1.4). */
const leaver: Row = { ...elsewhere, to: { ...elsewhere.to, route: 'leaver' } };
/** Who left the enable group and is still here: their phones first, then callers follow the leaver rule (product-behaviour 1.4). */
const leftGroup: Row = { ...elsewhere, to: { ...elsewhere.to, route: 'leaver-last' } };
const elsewhereOnly: Row = { ...elsewhere, to: { ...elsewhere.to, route: 'none' } };
const unassigned: Row = {
  to: { sip: 404, q850: 1, otherEndpoints: false, route: 'unassigned' },
  from: { sip: 403, q850: 21 },
};
const noService: Row = {
  to: { sip: 480, q850: 31, otherEndpoints: false, route: 'announcement' },
  from: { sip: 403, q850: 21 },
};

/** Gone at Microsoft, for good or for now: no Teams client of theirs rings, and there is no grace (product-behaviour 1.2). */
const leaving: readonly ReadinessCode[] = ['PRV-202', 'PRV-207'];

/** product-behaviour 1.8, row by row; a code that is not here does not stop a call. */
export const callOutcomeRows: Readonly<Partial<Record<ReadinessCode, Row>>> = {
  ...rows(['PRV-001', 'PRV-002', 'PRV-003', 'PRV-010', 'PRV-011', 'PRV-012', 'PRV-013'], elsewhere),
  ...rows(['PRV-101', 'PRV-102'], unassigned),
  ...rows(['PRV-111', 'PRV-112'], elsewhere),
  ...rows(['PRV-201', 'PRV-203', 'PRV-204', 'PRV-205', 'PRV-206', 'PRV-208', 'PRV-209'], elsewhere),
  ...rows(leaving, leaver),
  ...rows(['PRV-301', 'PRV-302', 'PRV-307'], elsewhereOnly),
  ...rows(['PRV-303'], elsewhere),
  ...rows(['PRV-304', 'PRV-305', 'PRV-306', 'PRV-501', 'PRV-502'], elsewhereOnly),
  ...rows(['PRV-401', 'PRV-402', 'PRV-403', 'PRV-404', 'PRV-405', 'PRV-507'], elsewhere),
};

function rows(codes: readonly ReadinessCode[], row: Row): Partial<Record<ReadinessCode, Row>> {
  return Object.fromEntries(codes.map((code) => [code, row]));
}

const open: CallOutcome = { toPerson: { offered: true }, fromPerson: { allowed: true } };

/** The outcome for a person whose wanted number Microsoft does not have yet: calls go to the one that it has. */
export function duringChange(
  outcome: CallOutcome,
  link: Pick<Link, 'assignedNumber'>,
  wanted: E164 | undefined,
): CallOutcome {
  const { assignedNumber } = link;
  if (!outcome.toPerson.offered || assignedNumber === undefined || assignedNumber === wanted) return outcome;
  return { ...outcome, toPerson: { ...outcome.toPerson, number: assignedNumber } };
}

/** Microsoft has accepted the number, so calls go through (or have gone through and the grace time runs). */
const working: ReadonlySet<string> = new Set([
  'PROPAGATING',
  'AWAITING_RELAUNCH',
  'READY',
  'DRIFTED',
  'DEGRADED',
]);
/** Decided by ourselves: no grace, whatever the link says (product-behaviour 1.4). */
const atOnce: readonly ReadinessCode[] = ['PRV-101', 'PRV-102', 'PRV-301', 'PRV-302', 'PRV-303', 'PRV-307'];

/** A change of number that waits, is under way, or was refused: Microsoft has the old one until it gave it back. */
function stillHasOld(
  { state, assignedNumber }: Pick<Link, 'state' | 'assignedNumber'>,
  wanted: E164 | undefined,
): boolean {
  if (assignedNumber === undefined) return false;
  return (
    state === 'QUEUED' ||
    ((state === 'ASSIGNING' || state === 'FAILED') && wanted !== undefined && assignedNumber !== wanted)
  );
}

/**
 * Whether the person is rung in Teams and may call from it. `report` is the latest evaluation, `link` as stored, `wanted`
 * the number that the person has here. A link that works goes on working while Microsoft cannot be read.
 */
export function callOutcome(
  link: Pick<Link, 'state' | 'code' | 'assignedNumber' | 'leftGroup'>,
  report: ReadinessReport,
  wanted?: E164,
): CallOutcome {
  const account = report.checks.find((check) => check.id === 0);
  if (account?.status === 'red')
    return refuse(noService, {
      ...(account.code !== undefined && { code: account.code }),
      sentence: account.sentence,
    });
  const red = report.checks.filter((check) => check.status === 'red');
  const own = red.find((check) => check.code !== undefined && atOnce.includes(check.code));
  if (own?.code !== undefined)
    return refuse(callOutcomeRows[own.code] ?? elsewhere, { code: own.code, sentence: own.sentence });
  // Whatever the link says: calls follow the leaver rule from now on, and nobody calls out from there.
  const gone = red.find((check) => check.code !== undefined && leaving.includes(check.code));
  if (gone?.code !== undefined) return refuse(leaver, { code: gone.code, sentence: gone.sentence });
  if (working.has(link.state) || stillHasOld(link, wanted)) return openTo(link, report);
  const first = red.find((check) => check.code !== undefined && callOutcomeRows[check.code] !== undefined);
  if (first?.code !== undefined)
    return refuse(rowOf(first.code, link), { code: first.code, sentence: first.sentence });
  if (link.code !== undefined && callOutcomeRows[link.code] !== undefined)
    return refuse(callOutcomeRows[link.code] ?? elsewhere, {
      code: link.code,
      sentence: sentenceOf(link.code),
    });
  return refuse(elsewhereOnly, {
    sentence: report.headline?.sentence ?? 'Microsoft has not accepted the number yet.',
  });
}

/** Calls go on, by the grace or because Microsoft was told otherwise by somebody: what is wrong is said with them. */
function openTo({ state }: Pick<Link, 'state'>, { verdict, headline }: ReadinessReport): CallOutcome {
  const wrong = verdict === 'blocked' || state === 'DRIFTED' || state === 'DEGRADED';
  if (!wrong || !headline) return open;
  const { code, sentence } = headline;
  const but = { ...(code !== undefined && { code }), sentence };
  return { ...open, toPerson: { offered: true, but } };
}

function rowOf(code: ReadinessCode, { leftGroup: left }: Pick<Link, 'leftGroup'>): Row {
  if (left && code === 'PRV-205') return leftGroup;
  return callOutcomeRows[code] ?? elsewhere;
}

function refuse(row: Row, why: Pick<CallRefusal, 'code' | 'sentence'>): CallOutcome {
  const { otherEndpoints, route, ...to } = row.to;
  return {
    toPerson: { offered: false, refusal: { ...why, ...to }, otherEndpoints, route },
    fromPerson: { allowed: false, refusal: { ...why, ...row.from } },
  };
}
