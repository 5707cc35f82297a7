import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
} from '@fluentui/react-components';
import { CallRegular } from '@fluentui/react-icons';
import type { Presence } from '@tandem/contract';
import { useState } from 'react';
import { useSession } from '../api/session.ts';
import { telephone } from '../words/format.ts';
import { presenceWords } from '../words/presence.ts';
import { Ago } from './instant.tsx';

/** `teams`: the person's Teams dials, which goes through us; `tel`: whatever this device dials with. */
export type DialsWith = 'teams' | 'tel';

/** `4:` marks a telephone number in Teams' own links for calls. */
const addressOf = (number: string, by: DialsWith): string =>
  by === 'teams'
    ? `https://teams.microsoft.com/l/call/0/0?users=${encodeURIComponent(`4:${number}`)}`
    : `tel:${number}`;

/**
 * One press dials. Somebody who takes no calls is asked about first: the state and since when stand in the question, so that
 * nobody has to look it up (P17).
 */
export function DialButton({
  number,
  name,
  by,
  presence,
}: {
  readonly number: string;
  readonly name: string;
  readonly by: DialsWith;
  readonly presence?: Presence | undefined;
}) {
  const { timeZone } = useSession();
  const [asking, setAsking] = useState(false);
  const quiet = presence?.accepts !== undefined && presence.accepts.direct !== 'yes' && !presence.stale;
  const words = `Call ${name} at ${telephone(number)}`;
  const link = {
    as: 'a' as const,
    href: addressOf(number, by),
    ...(by === 'teams' && { target: '_blank', rel: 'noreferrer' }),
  };
  if (!quiet)
    return (
      <Button {...link} size="small" icon={<CallRegular />} aria-label={words}>
        {telephone(number)}
      </Button>
    );
  return (
    <>
      <Button size="small" icon={<CallRegular />} aria-label={words} onClick={() => setAsking(true)}>
        {telephone(number)}
      </Button>
      <Dialog open={asking} onOpenChange={(_, data) => setAsking(data.open)}>
        <DialogSurface>
          <DialogBody>
            <DialogTitle>Call {name} all the same?</DialogTitle>
            <DialogContent>
              {name} shows {presenceWords[presence.label].word}
              {presence.since && (
                <>
                  {' since '}
                  <Ago at={presence.since} zone={timeZone} />
                </>
              )}
              {' and takes no calls now, except from important callers.'}
            </DialogContent>
            <DialogActions>
              <Button onClick={() => setAsking(false)}>Not now</Button>
              <Button {...link} appearance="primary" onClick={() => setAsking(false)}>
                Call
              </Button>
            </DialogActions>
          </DialogBody>
        </DialogSurface>
      </Dialog>
    </>
  );
}
