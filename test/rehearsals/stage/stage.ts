import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Call, CallSummary, Ladder, Peers } from '@tandem/contract';
import type { HeardReport, RehearsalResult } from '@tandem/simulator/control/rehearsal-call.ts';
import type { RehearsalContext } from '../rehearsal.ts';

/** People and numbers of the rehearsal world that the stories are about. */
export const cast = {
  /** At the rehearsal carrier; answers after a second. */
  pat: '+12025550199',
  /** Dana of Acme, extension 1001, answers from her desktop or mobile. */
  dana: '+12025550142',
  alexOfAcme: 'alex@acme.example',
  alexOfGlobex: 'alex@globex.example',
} as const;

type Hub = 1 | 2 | 3;
type Child = 'media' | 'node' | 'postgres' | 'twin';

export interface WatchedCall {
  readonly result: RehearsalResult;
  /** Absent only if the call never reached the platform. */
  readonly record: Call | undefined;
}

/** Patience for things that are bound to happen, such as the restart of a process. */
const patienceMs = 45_000;

/** What a story may do to a running instance, and where it looks. */
export interface Stage {
  api(path: string): Promise<Response>;
  apiJson<T>(path: string): Promise<T>;
  /** A change through the API; throws what it refuses. */
  change<T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T>;
  /** The twin's control API; throws what it refuses. */
  twin<T>(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T>;
  breakHub(hub: Hub, fault: string): Promise<void>;
  breakCarrier(fault: string): Promise<void>;
  mendEverything(): Promise<void>;
  /** A whole call with audio, watched at both ends, and the platform's record of it. */
  call(from: string, to: string, seconds?: number): Promise<WatchedCall>;
  /** The same without waiting: for what happens during a call. */
  beginCall(from: string, to: string, seconds: number): Promise<RehearsalResult>;
  /** The finished record of the call whose first leg has this Call-ID, awaited. */
  recordOf(sipCallId: string): Promise<Call>;
  ladderOf(callId: string): Promise<Ladder>;
  /** The one call that talks, awaited. */
  talkingCall(): Promise<CallSummary>;
  peers(): Promise<Peers>;
  /** Signs in to the portal's API with a password, as this user; gives what asks in their name. */
  signIn(name: string): Promise<(path: string) => Promise<Response>>;
  /** Lines of /readyz; none while nothing answers there. */
  readiness(): Promise<readonly string[]>;
  pidOf(child: Child): number;
  /** Asks again and again until the answer is not undefined. */
  until<T>(what: string, ask: () => Promise<T | undefined> | T | undefined): Promise<T>;
}

interface Instance {
  readonly token: string;
  readonly controlToken: string;
  readonly signIns: readonly { readonly name: string; readonly password: string }[];
}

export function createStage({ ready }: RehearsalContext): Stage {
  if (!ready.instance || !ready.twin) throw new Error('a rehearsal needs an instance with the twin');
  const { token, controlToken, signIns } = JSON.parse(readFileSync(ready.instance, 'utf8')) as Instance;
  const control = ready.twin.control;
  const origin = new URL(ready.api).origin;

  const stage: Stage = {
    api: (path) => fetch(`${ready.api}${path}`, { headers: { authorization: `Bearer ${token}` } }),
    async apiJson<T>(path: string) {
      const answer = await stage.api(path);
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      return (await answer.json()) as T;
    },
    async change<T>(method: string, path: string, body?: unknown) {
      const answer = await fetch(`${ready.api}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
      return (text === '' ? undefined : JSON.parse(text)) as T;
    },
    async twin<T>(method: string, path: string, body?: unknown) {
      const answer = await fetch(`${control}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${controlToken}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      if (!answer.ok) throw new Error(`twin: ${method} ${path}: ${answer.status} ${await answer.text()}`);
      return (await answer.json()) as T;
    },
    async breakHub(hub, fault) {
      await stage.twin('POST', '/faults', { at: 'hub', hub, fault });
    },
    async breakCarrier(fault) {
      await stage.twin('POST', '/faults', { at: 'carrier', fault });
    },
    async mendEverything() {
      await stage.twin('DELETE', '/faults');
    },
    beginCall(from, to, seconds) {
      const call = stage.twin<RehearsalResult>('POST', '/calls', { from, to, seconds });
      call.catch(() => {}); // a story that broke off before it awaited the call has said why
      return call;
    },
    async call(from, to, seconds = 2) {
      const result = await stage.beginCall(from, to, seconds);
      return { result, record: result.sipCallId ? await stage.recordOf(result.sipCallId) : undefined };
    },
    async recordOf(sipCallId) {
      const id = await stage.until('the record of the call is closed', async () => {
        const answer = await stage.api(`/calls?sipCallId=${encodeURIComponent(sipCallId)}`);
        if (!answer.ok) return undefined;
        return ((await answer.json()) as { items: readonly CallSummary[] }).items[0]?.id;
      });
      return stage.apiJson(`/calls/${id}`);
    },
    ladderOf: (callId) => stage.apiJson(`/calls/${callId}/ladder`),
    talkingCall: () =>
      stage.until('the call is answered', async () => {
        const { items } = await stage.apiJson<{ items: readonly CallSummary[] }>('/calls?state=live');
        return items.find(({ phase }) => phase === 'talking');
      }),
    peers: () => stage.apiJson('/health/peers'),
    async signIn(name) {
      const password = signIns.find((row) => row.name === name)?.password;
      const answer = await fetch(`${ready.api}/session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin },
        body: JSON.stringify({ name, password }),
      });
      if (!answer.ok) throw new Error(`sign-in of ${name}: ${answer.status} ${await answer.text()}`);
      const cookie = answer.headers
        .getSetCookie()
        .map((line) => line.split(';')[0])
        .join('; ');
      return (path) => fetch(`${ready.api}${path}`, { headers: { cookie } });
    },
    async readiness() {
      try {
        return (await (await fetch(`${origin}/readyz`)).text()).trim().split('\n');
      } catch {
        return [];
      }
    },
    pidOf(child) {
      const { pid } = JSON.parse(readFileSync(`${ready.data}/children/${child}.json`, 'utf8')) as {
        pid: number;
      };
      return pid;
    },
    async until(what, ask) {
      const limit = performance.now() + patienceMs;
      for (;;) {
        const answer = await ask();
        if (answer !== undefined) return answer;
        if (performance.now() > limit) throw new Error(`never seen: ${what}`);
        await delay(50);
      }
    },
  };
  return stage;
}

const oneHeard = (who: string, { heardHz, expectedHz }: HeardReport): string =>
  heardHz === null ? `${who} heard nothing` : `${who} heard ${heardHz} Hz of ${expectedHz ?? '?'} Hz`;

/** In words, for `see`. */
export const heardWords = (result: RehearsalResult): string =>
  result.connected
    ? `${oneHeard('caller', result.caller)}, ${oneHeard('callee', result.callee)}, answered by ${result.calleeIs}`
    : `not connected: ${result.status ?? 'no status'}, ${result.reason}`;

export const bothHeard = (result: RehearsalResult): boolean => result.connected && result.heardEachOther;

export const attemptWords = (record: Call | undefined): string =>
  record?.attempts
    .map(({ target, atMs, result }) => `${target}: ${result} at ${Math.round(atMs)} ms`)
    .join('; ') || 'no attempt';

/** A process that the instance started is gone, or waits to be collected by its parent. */
export const hasEnded = (pid: number): boolean => {
  try {
    return /^\s*[ZX]/.test(execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }));
  } catch {
    return true; // ps knows no such process
  }
};
