import { makeStyles, mergeClasses, Skeleton, SkeletonItem, tokens } from '@fluentui/react-components';
import { type ColumnDef, flexRender, getCoreRowModel, useReactTable } from '@tanstack/react-table';
import type { ReactNode } from 'react';

/** With less room than this each row is a card, and each cell says its column's name: nothing scrolls sideways. */
const cards = '@container (max-width: 700px)';

const useStyles = makeStyles({
  scroll: { overflowX: 'auto', containerType: 'inline-size' },
  table: {
    width: '100%',
    borderCollapse: 'collapse',
    fontSize: tokens.fontSizeBase300,
    [cards]: { display: 'block' },
  },
  // Still there for those who listen.
  heads: {
    [cards]: {
      position: 'absolute',
      width: '1px',
      height: '1px',
      overflow: 'hidden',
      clipPath: 'inset(50%)',
    },
  },
  rows: { [cards]: { display: 'block' } },
  head: {
    textAlign: 'left',
    fontWeight: tokens.fontWeightSemibold,
    fontSize: tokens.fontSizeBase200,
    color: tokens.colorNeutralForeground2,
    padding: '10px 12px',
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
    whiteSpace: 'nowrap',
    ':first-child': { paddingLeft: '20px' },
    ':last-child': { paddingRight: '20px' },
  },
  cell: {
    padding: '10px 12px',
    borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
    verticalAlign: 'middle',
    ':first-child': { paddingLeft: '20px' },
    ':last-child': { paddingRight: '20px' },
    [cards]: {
      display: 'grid',
      gridTemplateColumns: '96px minmax(0, 1fr)',
      gap: '0 12px',
      alignItems: 'start',
      padding: '4px 0',
      borderBottom: 'none',
      overflowWrap: 'anywhere',
      ':first-child': { paddingLeft: 0 },
      ':last-child': { paddingRight: 0 },
    },
  },
  row: {
    ':hover': { backgroundColor: tokens.colorNeutralBackground1Hover },
    ':last-child > td': { borderBottom: 'none' },
    [cards]: {
      display: 'block',
      padding: '12px 20px',
      borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
    },
  },
  label: {
    display: 'none',
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase300,
    [cards]: { display: 'block' },
  },
  // The first cell is the card's title and needs no name.
  first: { [cards]: { gridTemplateColumns: 'minmax(0, 1fr)' } },
  content: { [cards]: { minWidth: 0 } },
  waiting: { padding: '16px 20px', display: 'grid', gap: '14px' },
});

/** Rows are told apart by their `id`: one that changes is drawn again where it is, with its focus and its dialog. */
export function DataTable<Row extends { readonly id: string }>({
  label,
  rows,
  columns,
  empty,
}: {
  readonly label: string;
  /** `undefined`: still being fetched. */
  readonly rows: readonly Row[] | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: the library's own way to mix columns of different value types
  readonly columns: ColumnDef<Row, any>[];
  readonly empty: ReactNode;
}) {
  const styles = useStyles();
  const table = useReactTable({
    data: (rows ?? none) as Row[],
    columns,
    getRowId: (row) => row.id,
    getCoreRowModel: getCoreRowModel(),
  });
  if (!rows) {
    return (
      <Skeleton className={styles.waiting} aria-label={`${label}: loading`}>
        <SkeletonItem />
        <SkeletonItem />
        <SkeletonItem />
      </Skeleton>
    );
  }
  if (rows.length === 0) return empty;
  return (
    // Scrolls by keyboard too when it is wider than the window.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable
    <section className={styles.scroll} aria-label={`${label}, table`} tabIndex={0}>
      <table className={styles.table} aria-label={label}>
        <thead className={styles.heads}>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id}>
              {group.headers.map((header) => (
                <th key={header.id} scope="col" className={styles.head}>
                  {flexRender(header.column.columnDef.header, header.getContext())}
                </th>
              ))}
            </tr>
          ))}
        </thead>
        <tbody className={styles.rows}>
          {table.getRowModel().rows.map((row) => (
            <tr key={row.id} className={styles.row}>
              {row.getVisibleCells().map((cell, index) => (
                <td key={cell.id} className={mergeClasses(styles.cell, index === 0 && styles.first)}>
                  {index > 0 && (
                    <span className={styles.label} aria-hidden="true">
                      {String(cell.column.columnDef.header ?? '')}
                    </span>
                  )}
                  <div className={styles.content}>
                    {flexRender(cell.column.columnDef.cell, cell.getContext())}
                  </div>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const none: never[] = [];
