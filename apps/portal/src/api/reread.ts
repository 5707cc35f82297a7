import { queries } from './client.ts';

/** After a write: everything that was read by these routes is read again, by the first part of their names. */
export function reread(...areas: readonly string[]): void {
  void queries.invalidateQueries({
    predicate: ({ queryKey: [name] }) => areas.some((area) => String(name).startsWith(area)),
  });
}
