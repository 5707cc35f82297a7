/** Optimal string alignment distance: insert, delete, replace, swap of neighbours. O(n·m), for short words. */
const distance = (a: string, b: string): number => {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, i) => i)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, rows[i - 2]![j - 2]! + 1);
      row.push(best);
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
};

const bare = (word: string): string => word.toLowerCase().replaceAll(/[-_]/g, '');

/** The known word that was probably meant, or undefined when none is near. */
export const closestWord = (typed: string, known: readonly string[]): string | undefined => {
  const wanted = bare(typed).slice(0, 64);
  const ranked = known
    .map((word) => ({ word, off: distance(wanted, bare(word)) }))
    .sort((a, b) => a.off - b.off);
  const best = ranked[0];
  return best !== undefined && best.off <= Math.max(1, Math.floor(wanted.length / 3)) ? best.word : undefined;
};

/** ` (did you mean "x"?)` or nothing. */
export const didYouMean = (typed: string, known: readonly string[]): string => {
  const word = closestWord(typed, known);
  return word === undefined ? '' : `; did you mean "${word}"?`;
};
