import { Button, Field } from '@fluentui/react-components';
import { useMutation } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { reread } from '../../api/reread.ts';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { ProblemView } from '../../parts/problem-view.tsx';
import { Row, Stack } from '../../parts/stack.tsx';
import { span } from '../../words/format.ts';

const article = { greeting: 'a greeting', announcement: 'an announcement' } as const;
const mostBytes = 1024 * 1024;

/** What callers hear before the beep: a recording that somebody made, or tones. */
export function Greeting({
  whose,
  lengthMs,
  otherwise,
  what = 'greeting',
  put,
  remove,
}: {
  readonly whose: 'my' | 'the account’s';
  readonly lengthMs: number | undefined;
  /** What callers hear without one. */
  readonly otherwise: string;
  /** A greeting stands before the beep, an announcement before a refusal. */
  readonly what?: 'greeting' | 'announcement';
  readonly put: (wav: string) => Promise<unknown>;
  readonly remove: () => Promise<unknown>;
}) {
  const id = useId();
  const [file, setFile] = useState<File>();
  const tooLong = file !== undefined && file.size > mostBytes;
  const takeBack = useMutation({ mutationFn: remove, onSettled: () => reread('voicemail.') });
  return (
    <Stack>
      {takeBack.error && <ProblemView error={takeBack.error} />}
      <span>
        {lengthMs === undefined ? otherwise : `Callers hear ${article[what]} of ${span(lengthMs)}.`}
      </span>
      <Row>
        <FormDialog
          label={lengthMs === undefined ? `Upload ${article[what]}` : `Replace the ${what}`}
          title={lengthMs === undefined ? `Upload ${article[what]}` : `Replace ${whose} ${what}`}
          confirm="Upload"
          ready={file !== undefined && !tooLong}
          act={async () =>
            await put(base64Of(new Uint8Array((await file?.arrayBuffer()) ?? new ArrayBuffer(0))))
          }
          done={() => {
            setFile(undefined);
            reread('voicemail.');
          }}
        >
          <Field
            label={{ htmlFor: id, children: 'WAV file: 8 kHz, mono, 16-bit or G.711, at most a minute' }}
            validationState={tooLong ? 'error' : 'none'}
            validationMessage={tooLong ? 'The file is larger than 1 MB.' : null}
          >
            <input
              id={id}
              type="file"
              accept=".wav,audio/wav,audio/x-wav"
              onChange={(event) => setFile(event.target.files?.[0])}
            />
          </Field>
        </FormDialog>
        {lengthMs !== undefined && (
          <Button disabled={takeBack.isPending} onClick={() => takeBack.mutate()}>
            Take the {what} back
          </Button>
        )}
      </Row>
    </Stack>
  );
}

/** In pieces: a megabyte at once is more arguments than a function takes. */
function base64Of(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8_192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  return btoa(text);
}
