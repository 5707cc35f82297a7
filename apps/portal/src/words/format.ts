/** Times, spans and numbers as people read them. Times are always in the zone of the account they belong to. */
export function clockTime(instant: string, zone: string): string {
  return new Intl.DateTimeFormat(undefined, { timeStyle: 'medium', timeZone: zone }).format(
    new Date(instant),
  );
}

/** With the zone's short name, because the operator sees several; with the year when it is not this one. */
export function dayAndTime(instant: string, zone: string): string {
  const at = new Date(instant);
  return new Intl.DateTimeFormat(undefined, {
    ...(at.getFullYear() === new Date().getFullYear() ? {} : { year: 'numeric' }),
    month: 'short',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
    second: '2-digit',
    timeZone: zone,
    timeZoneName: 'short',
  }).format(at);
}

/** `0:52`, `1:02:07`. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** `12 s`, `6 min`, `3 h`, `2 days`. */
export function age(seconds: number): string {
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 129_600) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

export function telephone(number: string): string {
  const american = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(number);
  return american ? `+1 ${american[1]} ${american[2]} ${american[3]}` : number;
}

export const offsetOf = (zone: string): string => zone.replaceAll('_', ' ');

/** What people type between digits is no part of the number. */
export const plainNumber = (typed: string): string => typed.replace(/[\s().\-/]/g, '');
