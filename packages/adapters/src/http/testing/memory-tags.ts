import type { Person } from '@tandem/domain';
import type { TagBoard } from '../tag-board.ts';

/** Tags in memory; nobody has made a call. */
export function memoryTags(people: () => readonly Person[]): TagBoard {
  const tags = new Map<string, readonly string[]>();
  const tagged = (accountId: Person['accountId']) =>
    people().flatMap(({ id, displayName, upn, ...person }) => {
      const mine = tags.get(id) ?? [];
      return person.accountId === accountId && mine.length > 0 ? [{ id, displayName, upn, tags: mine }] : [];
    });
  return {
    async list(accountId) {
      const counts = new Map<string, number>();
      for (const tag of tagged(accountId).flatMap((one) => one.tags))
        counts.set(tag, (counts.get(tag) ?? 0) + 1);
      return [...counts].sort().map(([tag, count]) => ({ tag, people: count }));
    },
    people: async (accountId, tag) =>
      tagged(accountId).filter((one) => tag === undefined || one.tags.includes(tag)),
    of: async (_accountId, personId) => tags.get(personId) ?? [],
    sums: async () => [],
    calls: async () => [],
    async set(person, wanted) {
      const mine = [...new Set(wanted)].sort();
      tags.set(person.id, mine);
      return mine;
    },
  };
}
