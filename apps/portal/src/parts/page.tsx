import { makeStyles, tokens } from '@fluentui/react-components';
import { type ReactNode, useEffect } from 'react';
import { PreviewHost } from './preview-action.tsx';

const useStyles = makeStyles({
  page: { display: 'grid', gap: '20px', alignContent: 'start', minWidth: 0 },
  head: { display: 'flex', flexWrap: 'wrap', alignItems: 'baseline', gap: '6px 16px' },
  title: {
    margin: 0,
    fontSize: tokens.fontSizeHero700,
    lineHeight: tokens.lineHeightHero700,
    fontWeight: 600,
    overflowWrap: 'anywhere',
  },
  lead: { margin: 0, color: tokens.colorNeutralForeground2, overflowWrap: 'anywhere' },
  aside: { marginLeft: 'auto' },
  card: {
    backgroundColor: tokens.colorNeutralBackground1,
    borderRadius: tokens.borderRadiusXLarge,
    boxShadow: tokens.shadow2,
    minWidth: 0,
    overflow: 'hidden',
  },
  cardHead: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    justifyContent: 'space-between',
    gap: '4px 16px',
    padding: '16px 20px 12px',
  },
  cardTitle: {
    margin: 0,
    fontSize: tokens.fontSizeBase400,
    lineHeight: tokens.lineHeightBase400,
    fontWeight: 600,
  },
  cardBody: { padding: '0 20px 18px' },
});

export function Page({
  title,
  lead,
  aside,
  children,
}: {
  readonly title: string;
  readonly lead?: ReactNode;
  /** What can be done with the page as a whole, at the end of its first line. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}) {
  const styles = useStyles();
  useEffect(() => {
    document.title = `${title} - Tandem`;
  }, [title]);
  return (
    <PreviewHost>
      <div className={styles.page}>
        <div className={styles.head}>
          <h1 className={styles.title}>{title}</h1>
          {lead && <p className={styles.lead}>{lead}</p>}
          {aside && <div className={styles.aside}>{aside}</div>}
        </div>
        {children}
      </div>
    </PreviewHost>
  );
}

export function Card({
  title,
  aside,
  bare,
  children,
}: {
  readonly title?: string;
  readonly aside?: ReactNode;
  /** Without padding, for tables. */
  readonly bare?: boolean;
  readonly children: ReactNode;
}) {
  const styles = useStyles();
  return (
    <section className={styles.card} aria-label={title}>
      {title && (
        <div className={styles.cardHead}>
          <h2 className={styles.cardTitle}>{title}</h2>
          {aside}
        </div>
      )}
      {bare ? children : <div className={styles.cardBody}>{children}</div>}
    </section>
  );
}
