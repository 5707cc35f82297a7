import { useCallback } from 'react';
import { useSearchParams } from 'react-router';

/** Filters live in the address. Setting one goes back to the first page. */
export function useFilters() {
  const [search, setSearch] = useSearchParams();
  const get = (name: string): string | undefined => search.get(name) ?? undefined;
  const set = useCallback(
    (changes: Readonly<Record<string, string | undefined>>, replace = false) => {
      setSearch(
        () => {
          // The address itself: two changes in one moment would else each start from what was drawn last.
          const next = new URLSearchParams(window.location.search);
          if (!('cursor' in changes)) next.delete('cursor');
          for (const [name, value] of Object.entries(changes)) {
            if (value) next.set(name, value);
            else next.delete(name);
          }
          return next;
        },
        { replace },
      );
    },
    [setSearch],
  );
  return { get, set };
}
