import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import type { LadderEntry } from '@tandem/contract';
import { useState } from 'react';
import { hasBody, isStep, messageTitle, rightward } from './message-title.ts';

/** Where things stand, in pixels: time, then the lifelines of the A peer, Tandem and the B peer. */
const width = 880;
const lines = { a: 170, us: 480, b: 790 } as const;
const rowHeight = 40;

const useStyles = makeStyles({
  scroll: { overflowX: 'auto' },
  inner: { minWidth: `${width}px`, maxWidth: `${width}px`, margin: '0 auto', paddingBottom: '12px' },
  list: { listStyleType: 'none', margin: 0, padding: 0 },
  spoken: {
    position: 'absolute',
    width: '1px',
    height: '1px',
    overflow: 'hidden',
    clipPath: 'inset(50%)',
    whiteSpace: 'nowrap',
  },
  row: {
    position: 'relative',
    display: 'block',
    width: '100%',
    padding: 0,
    border: 'none',
    backgroundColor: 'transparent',
    color: 'inherit',
    font: 'inherit',
    textAlign: 'left',
    cursor: 'pointer',
    ':hover': { backgroundColor: tokens.colorNeutralBackground1Hover },
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: '-2px' },
  },
  still: { cursor: 'default' },
  svg: { display: 'block' },
  life: { stroke: tokens.colorNeutralStroke1, strokeWidth: 1.5 },
  time: { fill: tokens.colorNeutralForeground3, fontSize: '12px', fontVariantNumeric: 'tabular-nums' },
  name: { fill: tokens.colorNeutralForeground1, fontSize: '14px', fontWeight: 600 },
  address: { fill: tokens.colorNeutralForeground3, fontSize: '11px' },
  box: { fill: tokens.colorNeutralBackground3, stroke: tokens.colorNeutralStroke1 },
  label: { fontSize: '13px', fontWeight: 600 },
  small: { fontSize: '11px', fill: tokens.colorNeutralForeground3, fontWeight: 400 },
  request: { color: tokens.colorNeutralForeground1 },
  progress: { color: tokens.colorNeutralForeground2 },
  good: { color: tokens.colorStatusSuccessForeground1 },
  bad: { color: tokens.colorStatusDangerForeground1 },
  note: { fill: tokens.colorBrandBackground2, stroke: tokens.colorBrandStroke2 },
  noteText: { fill: tokens.colorBrandForeground2, fontSize: '12px' },
  message: {
    margin: '0 20px 8px',
    padding: '12px 16px',
    backgroundColor: tokens.colorNeutralBackground3,
    borderRadius: tokens.borderRadiusMedium,
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase300,
    whiteSpace: 'pre-wrap',
    overflowWrap: 'anywhere',
  },
});

const seconds = (ms: number): string => `${(ms / 1000).toFixed(3)} s`;

/** A sequence diagram, one row a message; a row opens to the whole message. */
export function LadderDiagram({ entries }: { readonly entries: readonly LadderEntry[] }) {
  const styles = useStyles();
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const toggle = (index: number): void =>
    setOpen((old) => {
      const next = new Set(old);
      if (!next.delete(index)) next.add(index);
      return next;
    });
  const peerOf = (leg: 'a' | 'b'): string =>
    entries.find((entry) => entry.leg === leg && !isStep(entry))?.peer ?? 'not reached';
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable by keyboard
    <section className={styles.scroll} aria-label="Sequence diagram" tabIndex={0}>
      <div className={styles.inner}>
        <Heads a={peerOf('a')} b={peerOf('b')} />
        <ol className={styles.list}>
          {entries.map((entry, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: entries are only ever added at the end
            <li key={index}>
              {isStep(entry) ? (
                <Step entry={entry} />
              ) : (
                <>
                  <button
                    type="button"
                    className={styles.row}
                    aria-expanded={open.has(index)}
                    onClick={() => toggle(index)}
                  >
                    <Arrow entry={entry} />
                    <span className={styles.spoken}>{describe(entry)}</span>
                  </button>
                  {open.has(index) && (
                    <pre className={styles.message}>{entry.text.replace(/\r\n/g, '\n').trimEnd()}</pre>
                  )}
                </>
              )}
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}

function describe(entry: LadderEntry): string {
  const { title, of } = messageTitle(entry.text);
  const way = entry.direction === 'in' ? 'from' : 'to';
  return `${seconds(entry.atMs)}, leg ${entry.leg.toUpperCase()}, ${way} ${entry.peer}: ${title}${of ? ` for ${of}` : ''}`;
}

function Heads({ a, b }: { readonly a: string; readonly b: string }) {
  const styles = useStyles();
  const head = (x: number, name: string, address: string) => (
    <g>
      <rect className={styles.box} x={x - 74} y={4} width={148} height={44} rx={6} />
      <text className={styles.name} x={x} y={23} textAnchor="middle">
        {name}
      </text>
      <text className={styles.address} x={x} y={40} textAnchor="middle">
        {address.length > 22 ? `${address.slice(0, 21)}…` : address}
        <title>{address}</title>
      </text>
    </g>
  );
  return (
    <svg className={styles.svg} width={width} height={56} role="img" aria-label={`A ${a}, Tandem, B ${b}`}>
      <Lifelines from={48} to={56} />
      {head(lines.a, 'Leg A', a)}
      {head(lines.us, 'Tandem', 'both legs end here')}
      {head(lines.b, 'Leg B', b)}
    </svg>
  );
}

function Lifelines({ from = 0, to = rowHeight }: { readonly from?: number; readonly to?: number }) {
  const styles = useStyles();
  return [lines.a, lines.us, lines.b].map((x) => (
    <line key={x} className={styles.life} x1={x} x2={x} y1={from} y2={to} />
  ));
}

function Arrow({ entry }: { readonly entry: LadderEntry }) {
  const styles = useStyles();
  const { title, of, kind } = messageTitle(entry.text);
  const [left, right] = entry.leg === 'a' ? [lines.a, lines.us] : [lines.us, lines.b];
  const toRight = rightward(entry);
  const [tail, tip] = toRight ? [left, right] : [right, left];
  const back = toRight ? -9 : 9;
  const y = 28;
  const label = title.length > 30 ? `${title.slice(0, 29)}…` : title;
  return (
    <svg
      className={mergeClasses(styles.svg, styles[kind])}
      width={width}
      height={rowHeight}
      aria-hidden="true"
    >
      <Lifelines />
      <text className={styles.time} x={90} y={y + 4} textAnchor="end">
        {seconds(entry.atMs)}
      </text>
      <text className={styles.label} x={(left + right) / 2} y={y - 8} textAnchor="middle" fill="currentColor">
        {label}
        {(of || hasBody(entry.text)) && (
          <tspan className={styles.small}>
            {of ? `  ${of}` : ''}
            {hasBody(entry.text) ? '  SDP' : ''}
          </tspan>
        )}
      </text>
      <line
        x1={tail}
        x2={tip + back / 2}
        y1={y}
        y2={y}
        stroke="currentColor"
        strokeWidth={1.6}
        strokeDasharray={kind === 'progress' ? '5 4' : undefined}
      />
      <polygon points={`${tip},${y} ${tip + back},${y - 5} ${tip + back},${y + 5}`} fill="currentColor" />
    </svg>
  );
}

function Step({ entry }: { readonly entry: LadderEntry }) {
  const styles = useStyles();
  const words = entry.text.length > 92 ? `${entry.text.slice(0, 91)}…` : entry.text;
  const wide = Math.min(640, 40 + words.length * 6.4);
  return (
    <svg
      className={styles.svg}
      width={width}
      height={rowHeight}
      role="img"
      aria-label={`${seconds(entry.atMs)}, Tandem: ${entry.text}`}
    >
      <Lifelines />
      <text className={styles.time} x={90} y={25} textAnchor="end">
        {seconds(entry.atMs)}
      </text>
      <rect className={styles.note} x={lines.us - wide / 2} y={7} width={wide} height={26} rx={13} />
      <text className={styles.noteText} x={lines.us} y={24} textAnchor="middle">
        {words}
        <title>{entry.text}</title>
      </text>
    </svg>
  );
}
