import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
  Switch,
  Toast,
  ToastBody,
  Toaster,
  ToastFooter,
  ToastTitle,
  useId,
  useToastController,
} from '@fluentui/react-components';
import type { Person } from '@tandem/contract';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api, queries } from '../api/client.ts';
import { useMay } from '../api/session.ts';
import { sayError } from './problem-view.tsx';

// Its own margin would keep it from standing in line with the words around it.
const useStyles = makeStyles({ switch: { margin: '-6px 0 -6px -8px' } });

/** The switch for calls in Teams: off asks first, both can be undone. */
export function TeamsSwitch({ person }: { readonly person: Person }) {
  const styles = useStyles();
  const mayWrite = useMay('people:write');
  const toasterId = useId('switch');
  const { dispatchToast } = useToastController(toasterId);
  const [asking, setAsking] = useState(false);
  const name = person.displayName;

  const change = useMutation({
    mutationFn: (teamsToggle: boolean) =>
      api.call('people.change', { params: { id: person.id }, body: { teamsToggle } }),
    onSuccess: (changed) => {
      void queries.invalidateQueries({
        predicate: ({ queryKey }) => String(queryKey[0]).startsWith('people.'),
      });
      dispatchToast(
        <Toast>
          <ToastTitle>
            Calls in Teams are {changed.teamsToggle ? 'on' : 'off'} for {name}.
          </ToastTitle>
          <ToastFooter>
            <Button size="small" onClick={() => change.mutate(!changed.teamsToggle)}>
              Undo
            </Button>
          </ToastFooter>
        </Toast>,
        { intent: 'success', timeout: 8_000 },
      );
    },
    onError: (error) => {
      const { title, next } = sayError(error);
      dispatchToast(
        <Toast>
          <ToastTitle>{title}</ToastTitle>
          <ToastBody>{next}</ToastBody>
        </Toast>,
        { intent: 'error', timeout: 12_000 },
      );
    },
  });

  return (
    <>
      <Switch
        className={styles.switch}
        aria-label={`Calls in Teams for ${name}`}
        title={mayWrite ? undefined : 'Your role may look at this, not change it.'}
        checked={change.isPending ? change.variables : person.teamsToggle}
        disabled={!mayWrite || change.isPending}
        onChange={(_, data) => (data.checked ? change.mutate(true) : setAsking(true))}
      />
      <Dialog open={asking} onOpenChange={(_, data) => setAsking(data.open)}>
        <DialogSurface>
          <DialogBody>
            <DialogTitle>Switch calls in Teams off for {name}?</DialogTitle>
            <DialogContent>
              New calls will no longer reach {name} in Teams and {name} cannot call from Teams. A call in
              progress goes on. You can switch it on again at any time.
            </DialogContent>
            <DialogActions>
              <Button onClick={() => setAsking(false)}>Leave on</Button>
              <Button
                appearance="primary"
                onClick={() => {
                  setAsking(false);
                  change.mutate(false);
                }}
              >
                Switch off
              </Button>
            </DialogActions>
          </DialogBody>
        </DialogSurface>
      </Dialog>
      <Toaster toasterId={toasterId} />
    </>
  );
}
