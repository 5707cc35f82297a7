import {
  type CallSummary,
  liveEvent,
  liveEventKinds,
  type QueueLive,
  type RouteOutput,
} from '@tandem/contract';
import { useEffect, useState } from 'react';
import { ask, queries, sessionKey } from './client.ts';
import { takePerson } from './live-people.ts';

export type LiveState = { readonly kind: 'live' } | { readonly kind: 'stale'; readonly since: number };

/** The server sends `alive` every 15 s; this long without a word means the line is dead, whatever the browser thinks. */
const silentMs = 40_000;
const firstRetryMs = 1_000;
const longestRetryMs = 15_000;

export const liveCalls = ask('calls.list', { query: { state: 'live', limit: 200 } });
export const peerBoard = ask('health.peers', {});

/** Keeps the page's data current from the event stream while somebody is signed in. */
export function useLiveEvents(): LiveState {
  const [state, setState] = useState<LiveState>({ kind: 'live' });

  useEffect(() => {
    let source: EventSource | undefined;
    let retryMs = firstRetryMs;
    let retry: ReturnType<typeof setTimeout> | undefined;
    let silence: ReturnType<typeof setTimeout> | undefined;
    let lastHeard = Date.now();
    let over = false;

    const lost = (): void => {
      source?.close();
      clearTimeout(silence);
      clearTimeout(retry);
      if (over) return;
      setState((old) => (old.kind === 'stale' ? old : { kind: 'stale', since: lastHeard }));
      retry = setTimeout(connect, retryMs);
      retryMs = Math.min(longestRetryMs, retryMs * 2);
    };
    const heard = (): void => {
      lastHeard = Date.now();
      clearTimeout(silence);
      silence = setTimeout(lost, silentMs);
    };
    function connect(): void {
      source = new EventSource('/api/v1/events');
      source.onerror = lost;
      for (const kind of liveEventKinds)
        source.addEventListener(kind, (event) => take(event as MessageEvent<string>));
    }
    function take(message: MessageEvent<string>): void {
      heard();
      const parsed = liveEvent.safeParse(JSON.parse(message.data));
      if (!parsed.success) return;
      const event = parsed.data;
      if (event.kind === 'hello') {
        retryMs = firstRetryMs;
        setState({ kind: 'live' });
        // Whatever happened while nobody listened: read again what is shown.
        void queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionKey[0] });
      } else if (event.kind === 'peers') queries.setQueryData(peerBoard.queryKey, event.peers);
      else if (event.kind === 'call') takeCall(event.call);
      else if (event.kind === 'person') takePerson(event);
      else if (event.kind === 'queue') takeQueue(event.live);
      else if (event.kind === 'signed-out') void queries.invalidateQueries({ queryKey: sessionKey });
    }

    connect();
    return () => {
      over = true;
      source?.close();
      clearTimeout(retry);
      clearTimeout(silence);
    };
  }, []);

  return state;
}

function takeQueue(live: QueueLive): void {
  const { queryKey } = ask('queues.live', { params: { id: live.queueId } });
  queries.setQueryData(queryKey, live);
  // An answer on its way may be older than the event and would write over it.
  if (queries.isFetching({ queryKey }) > 0) void queries.invalidateQueries({ queryKey });
}

type CallPage = RouteOutput<'calls.list'>;

function takeCall(call: CallSummary): void {
  queries.setQueryData<CallPage>(liveCalls.queryKey, (old) => {
    if (!old) return old;
    const others = old.items.filter((item) => item.id !== call.id);
    const items = call.state === 'live' ? [call, ...others] : others;
    items.sort((a, b) => b.invitedAt.localeCompare(a.invitedAt));
    return { ...old, items, total: items.length };
  });
  void queries.invalidateQueries({ queryKey: ['calls.read', { params: { id: call.id } }] });
  if (call.state === 'finished') {
    void queries.invalidateQueries({
      predicate: ({ queryKey }) => queryKey[0] === 'calls.list' && queryKey !== liveCalls.queryKey,
    });
  }
}
