import type { ReadinessCheckId, ReadinessReport } from '@tandem/domain';

/** The report with "since when" in every check, as seen by us where nothing older is known. */
export function sinceOf(
  report: ReadinessReport,
  since: ReadonlyMap<ReadinessCheckId, { readonly as: string; readonly sinceWallMs: number }>,
): ReadinessReport {
  const checks = report.checks.map((check) => {
    const known = since.get(check.id);
    const same = known?.as === `${check.status} ${check.code ?? ''}`;
    return check.sinceWallMs === undefined && known && same
      ? { ...check, sinceWallMs: known.sinceWallMs }
      : check;
  });
  const headline = checks.find(({ id }) => id === report.headline?.id);
  return { ...report, headline, checks };
}
