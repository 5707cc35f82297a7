/** Microsoft tells one signed-in person of at most so many others (microsoft-graph 2.7). */
export const mostPerSignIn = 650;

/**
 * Who is watched by which sign-in: as many as there is room for, the most important first. Whoever is watched stays where they
 * are, since others to watch mean a new subscription. One list for each of `before`, in its order.
 */
export function assignWatched(
  before: readonly (readonly string[])[],
  wanted: readonly string[],
  each = mostPerSignIn,
): readonly (readonly string[])[] {
  const chosen = new Set(wanted.slice(0, before.length * each));
  const placed = new Set<string>();
  const lists = before.map((list) => {
    const kept: string[] = [];
    for (const id of list) {
      if (kept.length >= each || !chosen.has(id) || placed.has(id)) continue;
      placed.add(id);
      kept.push(id);
    }
    return kept;
  });
  const open = [...chosen].filter((id) => !placed.has(id));
  for (const list of lists) list.push(...open.splice(0, Math.max(0, each - list.length)));
  return lists;
}
