import { Button, makeStyles, tokens } from '@fluentui/react-components';
import { ArrowDownloadRegular, CopyRegular } from '@fluentui/react-icons';
import { useState } from 'react';

const useStyles = makeStyles({
  box: { display: 'grid', gap: '8px', minWidth: 0 },
  text: {
    padding: '12px 14px',
    maxHeight: '320px',
    overflow: 'auto',
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    backgroundColor: tokens.colorNeutralBackground3,
    borderRadius: tokens.borderRadiusMedium,
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
  pre: { margin: 0, fontFamily: 'inherit' },
  wrap: { whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' },
  row: { display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: '8px' },
});

/** Puts a text where it can be pasted; says so, or selects it where the browser does not allow that. */
export function CopyButton({
  text,
  label = 'Copy',
  what,
}: {
  readonly text: string;
  readonly label?: string;
  /** Named for those who listen, where several stand on one page. */
  readonly what?: string;
}) {
  const [said, setSaid] = useState('');
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid('Copied');
    } catch {
      setSaid('The browser does not allow copying here: select the text and copy it.');
    }
  };
  return (
    <span style={{ display: 'inline-flex', flexWrap: 'wrap', alignItems: 'center', gap: '8px' }}>
      <Button
        size="small"
        icon={<CopyRegular />}
        aria-label={what ? `${label} ${what}` : undefined}
        onClick={() => void copy()}
      >
        {label}
      </Button>
      <span role="status">{said}</span>
    </span>
  );
}

/** A text as it is, to copy or to keep as a file. */
export function TextBlock({
  label,
  text,
  fileName,
  wrap,
}: {
  readonly label: string;
  readonly text: string;
  readonly fileName?: string;
  readonly wrap?: boolean;
}) {
  const styles = useStyles();
  const download = (): void => {
    const address = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
    const link = document.createElement('a');
    link.href = address;
    link.download = fileName ?? 'text.txt';
    link.click();
    URL.revokeObjectURL(address);
  };
  return (
    <div className={styles.box}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable text must be reachable by keyboard */}
      <section className={styles.text} aria-label={label} tabIndex={0}>
        <pre className={wrap ? `${styles.pre} ${styles.wrap}` : styles.pre}>{text}</pre>
      </section>
      <div className={styles.row}>
        <CopyButton text={text} what={label} />
        {fileName && (
          <Button size="small" icon={<ArrowDownloadRegular />} onClick={download}>
            Download {fileName}
          </Button>
        )}
      </div>
    </div>
  );
}
