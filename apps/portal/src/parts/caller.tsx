import type { CallSummary } from '@tandem/contract';
import { telephone } from '../words/format.ts';
import { callerNameWords } from '../words/states.ts';
import { Figures, Under } from './cells.tsx';

/** Who calls: the number, and below it the name with whose word it is. */
export function Caller({ call }: { readonly call: Pick<CallSummary, 'from' | 'callerName'> }) {
  const { from, callerName } = call;
  return (
    <>
      <Figures>{telephone(from)}</Figures>
      {callerName && (
        <Under>
          <span title={callerNameWords[callerName.source]}>{callerName.text}</span>
          {callerName.source === 'network' && ', says the network'}
        </Under>
      )}
    </>
  );
}
