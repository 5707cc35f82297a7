import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
} from '@fluentui/react-components';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, type ReactElement, type ReactNode, useState } from 'react';
import { ProblemView } from './problem-view.tsx';
import { useAfterClose } from './use-after-close.tsx';

/** A button that opens a form; what was refused is said in the form, and nothing that was typed is lost. */
export function FormDialog<Result>({
  label,
  what,
  title,
  confirm,
  small,
  primary,
  subtle,
  icon,
  disabled = false,
  ready = true,
  act,
  done,
  children,
}: {
  readonly label: string;
  /** Named for those who listen, where several stand on one page. */
  readonly what?: string | undefined;
  readonly title: string;
  readonly confirm: string;
  readonly small?: boolean;
  readonly primary?: boolean;
  readonly subtle?: boolean;
  readonly icon?: ReactElement;
  readonly disabled?: boolean;
  /** Whether what is typed can be sent. */
  readonly ready?: boolean;
  readonly act: () => Promise<Result>;
  /** After it was accepted and the dialog is gone. */
  readonly done: (result: Result) => void;
  readonly children: ReactNode;
}) {
  const [open, setOpen] = useState(false);
  const { whenGone, mark } = useAfterClose();
  const write = useMutation({
    mutationFn: act,
    onSuccess: (result) => {
      whenGone(() => done(result));
      setOpen(false);
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (ready && !write.isPending) write.mutate();
  };
  return (
    <>
      <Button
        appearance={primary ? 'primary' : subtle ? 'subtle' : 'secondary'}
        size={small ? 'small' : 'medium'}
        aria-label={what && `${label} ${what}`}
        disabled={disabled}
        {...(icon && { icon })}
        onClick={() => {
          write.reset();
          setOpen(true);
        }}
      >
        {label}
      </Button>
      <Dialog open={open} onOpenChange={(_, data) => setOpen(data.open)}>
        <DialogSurface>
          <form onSubmit={submit}>
            <DialogBody>
              <DialogTitle>{title}</DialogTitle>
              <DialogContent style={{ display: 'grid', gap: '12px' }}>
                {mark}
                {write.error && <ProblemView error={write.error} />}
                {children}
              </DialogContent>
              <DialogActions>
                <Button onClick={() => setOpen(false)}>Not now</Button>
                <Button type="submit" appearance="primary" disabled={!ready || write.isPending}>
                  {write.isPending ? 'One moment…' : confirm}
                </Button>
              </DialogActions>
            </DialogBody>
          </form>
        </DialogSurface>
      </Dialog>
    </>
  );
}
