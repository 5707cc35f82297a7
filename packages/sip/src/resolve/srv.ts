/** The order of SRV records (RFC 2782): priority first, then a weighted draw within each priority. */
export interface SrvRecord {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

/**
 * All records in the order to try them. Within a priority, each place is drawn with a chance in proportion to the
 * weight; zero weights stand first in the draw's list, so that they are taken now and then.
 */
export function orderSrv(records: readonly SrvRecord[], random: () => number): SrvRecord[] {
  const ordered: SrvRecord[] = [];
  const priorities = [...new Set(records.map(({ priority }) => priority))].sort((a, b) => a - b);
  for (const wanted of priorities) {
    const left = records.filter(({ priority }) => priority === wanted).sort((a, b) => a.weight - b.weight);
    while (left.length > 0) ordered.push(...left.splice(draw(left, random), 1));
  }
  return ordered;
}

/** "Select the first whose running sum is greater than or equal to a random number between 0 and the sum of weights." */
function draw(records: readonly SrvRecord[], random: () => number): number {
  const total = records.reduce((sum, { weight }) => sum + weight, 0);
  const mark = Math.floor(random() * (total + 1));
  let sum = 0;
  for (const [index, { weight }] of records.entries()) {
    sum += weight;
    if (sum >= mark) return index;
  }
  return records.length - 1;
}
