import { queries } from './client.ts';

/** After a write: everything that was read by these routes is read again, by the first part of their names. */
export function reread(...areas: readonly string[]): void {
  void queries.invalidateQueries({
    predicate: ({ queryKey: [name] }) => areas.some((area) => String(name).startsWith(area)),
  });
}

/** After a deletion, before its list is opened: what was read before is not shown again, not even while it is read anew. */
export function forget(...areas: readonly string[]): void {
  queries.removeQueries({
    predicate: ({ queryKey: [name] }) => areas.some((area) => String(name).startsWith(area)),
  });
}
