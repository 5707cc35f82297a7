import { makeStyles, Skeleton, SkeletonItem, tokens } from '@fluentui/react-components';
import { type ColumnDef, flexRender, getCoreRowModel, useReactTable } from '@tanstack/react-table';
import type { ReactNode } from 'react';

const useStyles = makeStyles({
  scroll: { overflowX: 'auto' },
  table: { width: '100%', borderCollapse: 'collapse', fontSize: tokens.fontSizeBase300 },
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
  },
  row: {
    ':hover': { backgroundColor: tokens.colorNeutralBackground1Hover },
    ':last-child > td': { borderBottom: 'none' },
  },
  waiting: { padding: '16px 20px', display: 'grid', gap: '14px' },
});

export function DataTable<Row>({
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
  const table = useReactTable({ data: (rows ?? none) as Row[], columns, getCoreRowModel: getCoreRowModel() });
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
        <thead>
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
        <tbody>
          {table.getRowModel().rows.map((row) => (
            <tr key={row.id} className={styles.row}>
              {row.getVisibleCells().map((cell) => (
                <td key={cell.id} className={styles.cell}>
                  {flexRender(cell.column.columnDef.cell, cell.getContext())}
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
