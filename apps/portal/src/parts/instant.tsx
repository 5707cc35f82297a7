import { age, dayAndTime } from '../words/format.ts';
import { useNow } from './use-now.ts';

/** How long ago, with the time itself for whoever points at it. */
export function Ago({ at, zone }: { readonly at: string; readonly zone: string }) {
  const seconds = (useNow() - Date.parse(at)) / 1000;
  return (
    <time dateTime={at} title={dayAndTime(at, zone)}>
      {seconds < 1 ? 'just now' : `${age(seconds)} ago`}
    </time>
  );
}

/** A time gone by in full, with how long ago it was. */
export function Since({ at, zone }: { readonly at: string; readonly zone: string }) {
  const seconds = (useNow() - Date.parse(at)) / 1000;
  return (
    <time dateTime={at}>
      {dayAndTime(at, zone)} ({age(seconds)} ago)
    </time>
  );
}

/** A time to come in full, with how far it is away. */
export function Until({ at, zone }: { readonly at: string; readonly zone: string }) {
  const seconds = (Date.parse(at) - useNow()) / 1000;
  return (
    <time dateTime={at}>
      {dayAndTime(at, zone)} ({seconds > 0 ? `in ${age(seconds)}` : 'over'})
    </time>
  );
}
