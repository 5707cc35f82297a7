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
import { type ReactNode, useState } from 'react';
import { ProblemView } from './problem-view.tsx';

/**
 * A write that is shown before it is done. What is confirmed is what was shown: when it has changed meanwhile the server
 * refuses, and the new preview is shown with the reason.
 */
export function PreviewAction<Preview>({
  label,
  title,
  confirm = label,
  primary,
  small,
  disabled = false,
  load,
  show,
  act,
  done,
}: {
  readonly label: string;
  readonly title: string;
  readonly confirm?: string;
  readonly primary?: boolean | undefined;
  readonly small?: boolean | undefined;
  readonly disabled?: boolean;
  readonly load: () => Promise<Preview>;
  readonly show: (preview: Preview) => ReactNode;
  readonly act: (preview: Preview) => Promise<unknown>;
  readonly done: () => void;
}) {
  const [open, setOpen] = useState(false);
  const preview = useMutation({ mutationFn: load });
  const write = useMutation({
    mutationFn: act,
    onSuccess: () => {
      setOpen(false);
      done();
    },
    onError: (error) => {
      if (error instanceof ApiError && error.problem?.code === 'preview-outdated') preview.mutate();
    },
  });
  const begin = (): void => {
    write.reset();
    preview.mutate();
    setOpen(true);
  };
  return (
    <>
      <Button
        appearance={primary ? 'primary' : 'secondary'}
        size={small ? 'small' : 'medium'}
        disabled={disabled}
        onClick={begin}
      >
        {label}
      </Button>
      <Dialog open={open} onOpenChange={(_, data) => setOpen(data.open)}>
        <DialogSurface>
          <DialogBody>
            <DialogTitle>{title}</DialogTitle>
            <DialogContent style={{ display: 'grid', gap: '12px' }}>
              {preview.error && <ProblemView error={preview.error} />}
              {write.error && <ProblemView error={write.error} />}
              {preview.isPending && <span role="status">Looking what would be written…</span>}
              {preview.data !== undefined && show(preview.data)}
            </DialogContent>
            <DialogActions>
              <Button onClick={() => setOpen(false)}>Not now</Button>
              <Button
                appearance="primary"
                disabled={preview.data === undefined || preview.isPending || write.isPending}
                onClick={() => preview.data !== undefined && write.mutate(preview.data)}
              >
                {write.isPending ? 'One moment…' : confirm}
              </Button>
            </DialogActions>
          </DialogBody>
        </DialogSurface>
      </Dialog>
    </>
  );
}
