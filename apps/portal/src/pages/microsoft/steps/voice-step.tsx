import type { RoutingDomainView } from '@tandem/contract';
import { useMay, useZones } from '../../../api/session.ts';
import { Row, Stack } from '../../../parts/stack.tsx';
import { TurnNotice } from '../../../parts/turn-notice.tsx';
import { domainWords } from '../../../words/connection.ts';
import { StepButton } from '../domain-steps.tsx';
import { ScriptPart } from '../script-part.tsx';

/** What only Teams PowerShell can write: the script, what it found, and the licence that is given back at the end. */
export function VoiceStep({ domain }: { readonly domain: RoutingDomainView | undefined }) {
  const mayWrite = useMay('connections:write');
  const zone = useZones()(domain?.accountId);
  if (!domain) return <p>Choose the routing domain first.</p>;
  return (
    <Stack>
      <TurnNotice
        tone={domainWords[domain.state].tone}
        sentence={domain.sentence}
        code={domain.code}
        turn={domain.turn}
        next={domain.next}
        since={domain.since}
        zone={zone}
        usualSeconds={domain.usualSeconds}
        worstSeconds={domain.worstSeconds}
      />
      {mayWrite && domain.can.includes('clean-up') && (
        <Row>
          <StepButton domain={domain} step="clean-up" />
        </Row>
      )}
      <ScriptPart domain={domain} />
    </Stack>
  );
}
