import { makeStyles } from '@fluentui/react-components';
import type { ReactNode } from 'react';

const useStyles = makeStyles({
  stack: {
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 1fr)',
    gap: '16px',
    minWidth: 0,
    justifyItems: 'stretch',
  },
  row: { display: 'flex', flexWrap: 'wrap', gap: '12px', alignItems: 'center' },
});

/** One below the other. */
export function Stack({ children }: { readonly children: ReactNode }) {
  return <div className={useStyles().stack}>{children}</div>;
}

/** Buttons side by side. */
export function Row({ children }: { readonly children: ReactNode }) {
  return <div className={useStyles().row}>{children}</div>;
}
