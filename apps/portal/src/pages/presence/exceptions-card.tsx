import type { ChangeExceptions, PresenceExceptionsView } from '@tandem/contract';
import { useMutation, useQuery } from '@tanstack/react-query';
import { api, ask } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { useMay } from '../../api/session.ts';
import { Card } from '../../parts/page.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { Stack } from '../../parts/stack.tsx';
import { ImportantCallers } from './important-callers.tsx';
import { NoCallsUntil } from './no-calls-until.tsx';
import { PersonalRules } from './personal-rules.tsx';
import { QuietHours } from './quiet-hours.tsx';
import { TreatmentForm } from './treatment-form.tsx';

/** One part of the exceptions: what stands, whether it may be changed, and how. */
export interface ExceptionPart {
  readonly exceptions: PresenceExceptionsView;
  readonly mayWrite: boolean;
  readonly busy: boolean;
  readonly change: (change: ChangeExceptions) => void;
  readonly zone: string;
}

/** Who rings and who does not, whatever the state says (U16). */
export function ExceptionsCard({ personId, zone }: { readonly personId: string; readonly zone: string }) {
  const mayWrite = useMay('presence:write');
  const { data, error, refetch } = useQuery(ask('presence.exceptions', { params: { id: personId } }));
  const write = useMutation({
    mutationFn: (body: ChangeExceptions) =>
      api.call('presence.changeExceptions', { params: { id: personId }, body }),
    onSuccess: () => reread('presence.'),
  });
  if (error)
    return (
      <Card title="Which calls ring">
        <ProblemView error={error} retry={() => void refetch()} />
      </Card>
    );
  if (!data) return null;
  const part: ExceptionPart = {
    exceptions: data,
    mayWrite,
    busy: write.isPending,
    change: (change) => write.mutate(change),
    zone,
  };
  return (
    <Card title="Which calls ring">
      <Stack>
        {write.error && <ProblemView error={write.error} />}
        <ImportantCallers {...part} />
        <NoCallsUntil {...part} />
        <QuietHours {...part} />
        <TreatmentForm {...part} key={JSON.stringify(data.unavailable)} />
        {data.mayHaveRules && <PersonalRules {...part} />}
      </Stack>
    </Card>
  );
}
