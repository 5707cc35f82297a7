import { createHash, randomBytes } from 'node:crypto';
import { type RoutingReportBody, routingReport } from '@tandem/contract';
import { policiesWithoutCalling } from '@tandem/engine/routing-domain/calling-policy.ts';
import { judgeReport, provesActive } from '@tandem/engine/routing-domain/read-back.ts';
import { afterDomainEvent, type RoutingDomain } from '@tandem/engine/routing-domain/routing-domain.ts';
import type { DomainGround } from './ground.ts';
import { callingOf } from './names.ts';

/** What lets a script's report in, for a week. */
const tokenLastsMs = 7 * 86_400_000;

export interface ReportAddress {
  readonly url: string;
  readonly token: string;
  readonly endsAtWallMs: number;
}

/** Where a script brings what it found; undefined: nobody outside reaches this platform, and the report is pasted. */
export async function openReport(
  { parts }: DomainGround,
  domain: RoutingDomain,
): Promise<ReportAddress | undefined> {
  const publicUrl = parts.publicUrl();
  if (publicUrl === undefined) return undefined;
  const token = randomBytes(32).toString('base64url');
  await parts.stores.routingDomains.setReportToken(domain.accountId, domain.id, hashOf(token), tokenLastsMs);
  return {
    url: `${publicUrl}/api/v1/routing-domains/read-back`,
    token,
    endsAtWallMs: parts.clock.wall() + tokenLastsMs,
  };
}

/** The domain that a report is about. */
export const reportedDomain = ({ parts }: DomainGround, token: string): Promise<string | undefined> =>
  parts.stores.routingDomains.findIdByReportTokenForPlatform(hashOf(token));

/** What a script found, whoever brought it. */
export async function readBack(
  { parts, kept }: DomainGround,
  id: string,
  report: RoutingReportBody,
  by: 'script' | 'paste',
): Promise<RoutingDomain | undefined> {
  const domain = kept.of(id);
  if (!domain) return undefined;
  const objects = judgeReport(domain.routing, domain.host, report, callingOf(parts, domain));
  const withoutCalling = report.callingPolicies && policiesWithoutCalling(report.callingPolicies);
  const read: RoutingDomain = {
    ...domain,
    readBack: { wallMs: parts.clock.wall(), by, objects, ...(withoutCalling && { withoutCalling }) },
  };
  const moved = provesActive(objects) ? afterDomainEvent(read, 'seenWorking', parts.clock.wall()) : undefined;
  await kept.put(moved ?? read);
  return kept.of(id);
}

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();

/** What somebody pasted; a text says why it is none. */
export function readReport(text: string): RoutingReportBody | string {
  const from = text.indexOf('{');
  const to = text.lastIndexOf('}');
  if (from < 0 || to < from)
    return 'no report in it: paste the text between the braces that the script printed';
  let value: unknown;
  try {
    value = JSON.parse(text.slice(from, to + 1));
  } catch (error) {
    return `not whole: ${(error as Error).message}`;
  }
  // What the script found nothing of stands there as an empty list: whatever lacks it would only say that all is missing.
  const lacks = ['usages', 'routes', 'policies'].find((part) => !Object.hasOwn(value as object, part));
  if (lacks !== undefined) return `not whole: ${lacks} is not in it. Paste all that the script printed`;
  const parsed = routingReport.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a report of the script'}`;
}
