import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
} from '@fluentui/react-components';
import { ApiError } from '@tandem/contract';
import { useMutation } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useState } from 'react';
import { ProblemView } from './problem-view.tsx';
import { useAfterClose } from './use-after-close.tsx';

interface Previewed {
  readonly title: string;
  readonly confirm: string;
  readonly load: () => Promise<unknown>;
  readonly show: (preview: unknown) => ReactNode;
  readonly possible: (preview: unknown) => boolean;
  readonly act: (preview: unknown) => Promise<unknown>;
  readonly done: (result: unknown) => void;
}

const PreviewContext = createContext<(asked: Previewed) => void>(() => undefined);

/**
 * The dialog of all previews of a page. It belongs to the page and not to the button, because what was written often takes
 * its button away, and a dialog that goes with it would leave the page hidden from those who listen.
 */
export function PreviewHost({ children }: { readonly children: ReactNode }) {
  const [asked, setAsked] = useState<Previewed>();
  const [open, setOpen] = useState(false);
  const { whenGone, mark } = useAfterClose();
  const preview = useMutation({ mutationFn: (one: Previewed) => one.load() });
  const write = useMutation({
    mutationFn: ({ one, shown }: { readonly one: Previewed; readonly shown: unknown }) => one.act(shown),
    onSuccess: (result, { one }) => {
      whenGone(() => one.done(result));
      setOpen(false);
    },
    onError: (error, { one }) => {
      if (error instanceof ApiError && error.problem?.code === 'preview-outdated') preview.mutate(one);
    },
  });
  const begin = (one: Previewed): void => {
    write.reset();
    preview.reset();
    setAsked(one);
    setOpen(true);
    preview.mutate(one);
  };
  const loaded = preview.isSuccess;
  const possible = loaded && asked?.possible(preview.data) === true;
  return (
    <PreviewContext value={begin}>
      {children}
      <Dialog open={open} onOpenChange={(_, data) => setOpen(data.open)}>
        <DialogSurface>
          <DialogBody>
            <DialogTitle>{asked?.title}</DialogTitle>
            <DialogContent style={{ display: 'grid', gap: '12px' }}>
              {mark}
              {preview.error && <ProblemView error={preview.error} />}
              {write.error && <ProblemView error={write.error} />}
              {preview.isPending && <span role="status">Looking what would be written…</span>}
              {loaded && asked?.show(preview.data)}
            </DialogContent>
            <DialogActions>
              <Button onClick={() => setOpen(false)}>Not now</Button>
              <Button
                appearance="primary"
                disabled={!possible || write.isPending}
                onClick={() => asked && write.mutate({ one: asked, shown: preview.data })}
              >
                {write.isPending ? 'One moment…' : asked?.confirm}
              </Button>
            </DialogActions>
          </DialogBody>
        </DialogSurface>
      </Dialog>
    </PreviewContext>
  );
}

/**
 * A write that is shown before it is done. What is confirmed is what was shown: when it has changed meanwhile the server
 * refuses, and the new preview is shown with the reason.
 */
export function PreviewAction<Preview, Result>({
  label,
  what,
  title,
  confirm = label,
  primary,
  small,
  disabled = false,
  load,
  show,
  possible = () => true,
  act,
  done,
}: {
  readonly label: string;
  /** Named for those who listen, where several stand on one page. */
  readonly what?: string;
  readonly title: string;
  readonly confirm?: string;
  readonly primary?: boolean | undefined;
  readonly small?: boolean | undefined;
  readonly disabled?: boolean;
  readonly load: () => Promise<Preview>;
  readonly show: (preview: Preview) => ReactNode;
  /** False: the preview says why it cannot be done, and there is nothing to confirm. */
  readonly possible?: (preview: Preview) => boolean;
  readonly act: (preview: Preview) => Promise<Result>;
  /** After it was accepted and the dialog is gone. */
  readonly done: (result: Result) => void;
}) {
  const begin = useContext(PreviewContext);
  return (
    <Button
      appearance={primary ? 'primary' : 'secondary'}
      size={small ? 'small' : 'medium'}
      aria-label={what && `${label} ${what}`}
      disabled={disabled}
      onClick={() =>
        begin({
          title,
          confirm,
          load,
          show: (preview) => show(preview as Preview),
          possible: (preview) => possible(preview as Preview),
          act: (preview) => act(preview as Preview),
          done: (result) => done(result as Result),
        })
      }
    >
      {label}
    </Button>
  );
}
