import { type ReactNode, useEffect, useRef } from 'react';

/**
 * Runs what comes after a dialog only once the dialog is gone. Leaving the page earlier would leave the rest of it hidden
 * from those who listen: the dialog hides it while it is open.
 */
export function useAfterClose(): {
  readonly whenGone: (run: () => void) => void;
  /** Stands inside the dialog. */
  readonly mark: ReactNode;
} {
  const next = useRef<(() => void) | undefined>(undefined);
  return {
    whenGone(run) {
      next.current = run;
    },
    mark: <Mark gone={next} />,
  };
}

function Mark({ gone }: { readonly gone: { current: (() => void) | undefined } }) {
  useEffect(
    () => () => {
      const run = gone.current;
      gone.current = undefined;
      if (run) setTimeout(run, 0);
    },
    [gone],
  );
  return null;
}
