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

const lookEveryMs = 25;
const longestMs = 2_000;

/** The page is shown again to those who listen a moment after the dialog went. */
function whenShown(run: () => void, leftMs = longestMs): void {
  setTimeout(() => {
    const hidden = document.getElementById('root')?.getAttribute('aria-hidden') === 'true';
    if (hidden && leftMs > 0) whenShown(run, leftMs - lookEveryMs);
    else run();
  }, lookEveryMs);
}

function Mark({ gone }: { readonly gone: { current: (() => void) | undefined } }) {
  useEffect(
    () => () => {
      const run = gone.current;
      gone.current = undefined;
      if (run) whenShown(run);
    },
    [gone],
  );
  return null;
}
