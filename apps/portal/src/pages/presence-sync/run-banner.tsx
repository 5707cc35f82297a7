import { makeStyles, ProgressBar } from '@fluentui/react-components';
import type { PresenceRun } from '@tandem/contract';
import { StateBadge } from '../../parts/state-badge.tsx';
import { runStateWords } from '../../words/presence-sync.ts';

const useStyles = makeStyles({
  banner: { display: 'grid', gap: '8px' },
  words: { margin: 0 },
});

/** How far the run is that goes on, or what came of the last one (product-behaviour 2.9). */
export function RunBanner({ run }: { readonly run: PresenceRun }) {
  const styles = useStyles();
  return (
    <div className={styles.banner} role="status" aria-label="Last run">
      <p className={styles.words}>
        <StateBadge {...runStateWords[run.state]} /> {run.sentence}
      </p>
      {(run.state === 'running' || run.state === 'waiting') && (
        <ProgressBar
          aria-label="Progress of the run"
          value={run.counts.judged}
          max={Math.max(1, run.counts.inScope)}
        />
      )}
    </div>
  );
}
