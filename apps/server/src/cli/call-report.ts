import type { Call } from '@tandem/contract';

/** What one party heard. `expectedHz` is the other party's tone. */
export interface Heard {
  readonly heardHz: number | null;
  readonly expectedHz: number | null;
  readonly seconds: number;
  readonly lossPct: number;
  readonly wav: string | null;
}

/** The twin's word on the call. */
export type TwinResult =
  | {
      readonly connected: true;
      readonly setupMs: number;
      readonly heardEachOther: boolean;
      readonly caller: Heard;
      readonly callee: Heard;
      readonly calleeIs: string;
      readonly sipCallId: string;
    }
  | {
      readonly connected: false;
      readonly status: number | null;
      readonly q850: number | null;
      readonly subcode?: number;
      readonly reason: string;
      readonly sipCallId?: string;
    };

/** What the platform says of the same call. Absent where it never saw it. */
export interface PlatformView {
  readonly record?: Call;
  readonly ladder?: string;
}

/** The JSON of `npm run call --json`. */
export function callJson(result: TwinResult, { record, ladder }: PlatformView): Record<string, unknown> {
  const shared = {
    record: record ?? null,
    why: record?.why ?? (result.connected ? [] : [result.reason]),
    ladder: ladder ?? '',
  };
  if (!result.connected) {
    return {
      connected: false,
      status: result.status ?? record?.status ?? null,
      q850: record?.q850 ?? result.q850,
      code: record?.code ?? null,
      reason: result.reason,
      ...shared,
    };
  }
  const { setupMs, heardEachOther, caller, callee, calleeIs, sipCallId } = result;
  return { connected: true, setupMs, heardEachOther, caller, callee, calleeIs, sipCallId, ...shared };
}

const heardLine = (who: string, { heardHz, expectedHz, seconds, lossPct, wav }: Heard): string[] => {
  const heard =
    heardHz === null
      ? 'heard nothing'
      : `heard ${Math.round(heardHz)} Hz${expectedHz === null ? '' : ` (the other party says ${Math.round(expectedHz)} Hz)`}`;
  return [
    `  ${who.padEnd(8)}${heard}, ${seconds.toFixed(1)} s, ${lossPct} % lost`,
    ...(wav === null ? [] : [`          ${wav}`]),
  ];
};

/** For people, on standard output. */
export function callText(result: TwinResult, { record, ladder }: PlatformView): string {
  const lines: string[] = [''];
  if (result.connected) {
    lines.push(
      `Connected after ${result.setupMs} ms, answered by ${result.calleeIs}.`,
      ...heardLine('caller', result.caller),
      ...heardLine('callee', result.callee),
      result.heardEachOther ? 'Each heard the other.' : 'They did NOT both hear each other.',
    );
  } else {
    const q850 = record?.q850 ?? result.q850;
    const parts = [
      result.status === null ? undefined : `status ${result.status}`,
      q850 === null ? undefined : `Q.850 ${q850}`,
      record?.code === undefined ? undefined : `code ${record.code}`,
    ].filter((part) => part !== undefined);
    lines.push(
      `Not connected: ${parts.join(', ') || 'no answer'}.`,
      `  ${record?.sentence ?? result.reason}`,
    );
  }
  if (record) {
    lines.push('', 'Why:', ...record.why.map((reason, at) => `  ${at + 1}. ${reason}`));
    lines.push(
      '',
      `Record ${record.id}: ${record.direction}, ${record.from} -> ${record.to}, ${record.result ?? 'running'}` +
        `${record.talkMs === undefined ? '' : `, ${(record.talkMs / 1000).toFixed(1)} s of talk`}` +
        `${record.hub ? `, hub ${record.hub}` : ''}${record.emergency ? ', emergency' : ''}`,
      ...record.attempts.map(({ target, atMs, result: end }) => `  at ${atMs} ms: ${target}: ${end}`),
      ...record.legs.map(
        ({ side, role, sipCallId, media }) =>
          `  leg ${side} (${role}): ${media ? `${media.codec ?? '?'}${media.srtpSuite ? ' over SRTP' : ''}, ${media.packetsIn} in, ${media.packetsOut} out, ${media.lostIn} lost` : 'no media'}, ${sipCallId}`,
      ),
    );
  } else lines.push('', 'The platform has no record of this call: it never reached it.');
  // The arrows; the messages themselves fill pages and stand in the JSON and on the call's page.
  const arrows = ladder?.split(/\n+--- 1\. /)[0]?.trimEnd();
  if (arrows) lines.push('', arrows, '', 'The messages: --json, or the call in the portal.');
  lines.push('');
  return lines.join('\n');
}
