import { Button, makeStyles, tokens } from '@fluentui/react-components';
import { ApiError } from '@tandem/contract';

const useStyles = makeStyles({
  box: {
    borderLeft: `4px solid ${tokens.colorPaletteRedBorder2}`,
    backgroundColor: tokens.colorNeutralBackground1,
    borderRadius: tokens.borderRadiusMedium,
    padding: '14px 18px',
    boxShadow: tokens.shadow2,
    display: 'grid',
    gap: '6px',
    justifyItems: 'start',
  },
  title: { fontWeight: tokens.fontWeightSemibold, margin: 0 },
  words: { margin: 0 },
  small: { margin: 0, color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
});

export interface Said {
  readonly title: string;
  readonly detail?: string | undefined;
  readonly next: string;
  readonly requestId?: string | undefined;
}

/** Any failure in words with a next step. */
export function sayError(error: unknown): Said {
  if (error instanceof ApiError && error.problem) {
    const { title, detail, next, requestId, code, errors } = error.problem;
    const places = errors?.map((one) => `${one.path}: ${one.message}`).join('; ');
    return { title, detail: places ?? detail, next, requestId: code === 'internal' ? requestId : undefined };
  }
  if (error instanceof ApiError && error.status === 0) {
    return {
      title: 'Tandem cannot be reached',
      next: 'Check your connection. Calls do not depend on this page. It tries again by itself.',
    };
  }
  return {
    title: 'The page could not understand the answer',
    detail: error instanceof Error ? error.message : undefined,
    next: 'Load the page again; it may be older than the server.',
  };
}

export function ProblemView({ error, retry }: { readonly error: unknown; readonly retry?: () => void }) {
  const styles = useStyles();
  const { title, detail, next, requestId } = sayError(error);
  return (
    <div role="alert" className={styles.box}>
      <p className={styles.title}>{title}</p>
      {detail && <p className={styles.words}>{detail}</p>}
      <p className={styles.words}>{next}</p>
      {requestId && <p className={styles.small}>Request {requestId}</p>}
      {retry && (
        <Button size="small" onClick={retry}>
          Try again
        </Button>
      )}
    </div>
  );
}
