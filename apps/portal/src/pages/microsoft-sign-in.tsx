import { Button } from '@fluentui/react-components';
import { useMutation } from '@tanstack/react-query';
import { api } from '../api/client.ts';
import { ProblemView } from '../parts/problem-view.tsx';
import { Stack } from '../parts/stack.tsx';
import { returnTo } from './microsoft/way-to-microsoft.tsx';

/** Of this tab alone: where somebody wanted to go before they were asked who they are. */
const nextKey = 'tandem-sign-in-next';

export function rememberNext(search: string): void {
  const next = new URLSearchParams(search).get('next');
  if (next === null) sessionStorage.removeItem(nextKey);
  else sessionStorage.setItem(nextKey, next);
}

export function takeNext(): string | undefined {
  const next = sessionStorage.getItem(nextKey) ?? undefined;
  sessionStorage.removeItem(nextKey);
  return next;
}

/** A way that was begun on the page of the sign-in; proves nothing. */
export const isDoorReturn = (search: string): boolean =>
  new URLSearchParams(search).get('state')?.startsWith('portal.') ?? false;

/** Sends the browser to Microsoft, which says who it is. */
export function MicrosoftButton({
  label,
  choice,
  before,
}: {
  readonly label: string;
  readonly choice?: string;
  readonly before?: () => void;
}) {
  const begin = useMutation({
    mutationFn: () =>
      api.call('session.microsoft', {
        body: { returnTo: returnTo(), ...(choice !== undefined && { choice }) },
      }),
    onSuccess: ({ url }) => {
      before?.();
      window.location.assign(url);
    },
  });
  return (
    <Stack>
      {begin.error && <ProblemView error={begin.error} />}
      <Button size="large" disabled={begin.isPending || begin.isSuccess} onClick={() => begin.mutate()}>
        {label}
      </Button>
    </Stack>
  );
}
