import { makeStyles, tokens } from '@fluentui/react-components';
import type { ReactNode } from 'react';

const useStyles = makeStyles({
  figures: { whiteSpace: 'nowrap', fontVariantNumeric: 'tabular-nums' },
  under: { display: 'block', fontSize: tokens.fontSizeBase200, color: tokens.colorNeutralForeground2 },
});

/** A time, a span or a number in a table: on one line, its digits below those of the row above. */
export function Figures({ children }: { readonly children: ReactNode }) {
  return <span className={useStyles().figures}>{children}</span>;
}

/** What stands small under a cell's own words. */
export function Under({ children }: { readonly children: ReactNode }) {
  return <span className={useStyles().under}>{children}</span>;
}
