import { useZones } from '../../api/session.ts';
import { TextBlock } from '../../parts/copy-text.tsx';
import { TurnNotice } from '../../parts/turn-notice.tsx';
import type { Approved } from './proposal-card.tsx';

/** Their answers hold what is given once and kept nowhere. */
const toldOnce: ReadonlySet<string> = new Set(['webhooks.create', 'signIns.newPassword', 'tenantFile.apply']);

/** What came of an approval: the card itself may have left the list. */
export function OutcomeNotice({ approved }: { readonly approved: Approved }) {
  const { proposal, answer } = approved;
  const zone = useZones()(proposal.accountId);
  const { problem, sentence } = proposal;
  if (problem)
    return (
      <TurnNotice
        tone="bad"
        sentence={`Not carried out: ${problem.detail ?? problem.title}`}
        code={problem.code}
        next={problem.next}
        zone={zone}
      />
    );
  return (
    <TurnNotice tone="good" sentence={`Carried out: ${sentence}`} zone={zone}>
      {answer !== undefined && toldOnce.has(proposal.operation) && (
        <TextBlock label="The answer, shown this once" text={JSON.stringify(answer, undefined, 2)} wrap />
      )}
    </TurnNotice>
  );
}
