import { makeStyles, Radio, RadioGroup, tokens } from '@fluentui/react-components';
import {
  type PresenceDirection,
  type PresenceMode,
  type PresencePreview,
  type PresenceSync,
  presenceDirections,
  presenceModes,
} from '@tandem/contract';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { useMay } from '../../api/session.ts';
import { Facts } from '../../parts/facts.tsx';
import { Choice } from '../../parts/filter-bar.tsx';
import { Card } from '../../parts/page.tsx';
import { PreviewAction } from '../../parts/preview-action.tsx';
import { Row, Stack } from '../../parts/stack.tsx';
import { WordList } from '../../parts/word-list.tsx';
import { directionWords, mismatchWords, modeWords } from '../../words/presence-sync.ts';
import { RunBanner } from './run-banner.tsx';
import type { PresenceSetup } from './use-presence-sync.ts';

const useStyles = makeStyles({
  small: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  words: { margin: 0 },
  choice: { border: 'none', margin: 0, padding: 0, justifySelf: 'start' },
});

/** Step 2: whose presence is synced, and in which direction. Shown before it is done. */
export function StepPeople({
  setup,
  write,
}: {
  readonly setup: PresenceSync;
  readonly write: PresenceSetup['write'];
}) {
  const styles = useStyles();
  const mayWrite = useMay('presence-sync:write');
  const { settings, counts } = setup;
  const [mode, setMode] = useState<PresenceMode>(settings.mode);
  const [direction, setDirection] = useState<PresenceDirection>(settings.direction);
  const changed = mode !== settings.mode || direction !== settings.direction;
  return (
    <Card title="Step 2: Whose presence is synced">
      <Stack>
        <RadioGroup
          value={mode}
          disabled={!mayWrite}
          aria-label="Whose presence is synced"
          onChange={(_, data) => setMode(presenceModes.find((one) => one === data.value) ?? mode)}
        >
          {presenceModes.map((one) => (
            <Radio
              key={one}
              value={one}
              label={
                <>
                  {modeWords[one].word}: <span className={styles.small}>{modeWords[one].hint}</span>
                </>
              }
            />
          ))}
        </RadioGroup>
        <fieldset disabled={!mayWrite} className={styles.choice}>
          <Choice
            label="Direction"
            value={direction}
            options={presenceDirections.map((one) => [one, directionWords[one]] as const)}
            onChoose={(chosen) => setDirection(presenceDirections.find((one) => one === chosen) ?? direction)}
          />
        </fieldset>
        {mayWrite && (
          <Row>
            <PreviewAction
              label="Save"
              title="What would change"
              confirm="Save it"
              primary
              disabled={!changed}
              load={() =>
                api.call('presenceSync.preview', {
                  params: { id: setup.accountId },
                  body: { mode, direction },
                })
              }
              show={(preview) => <Preview preview={preview} />}
              act={(preview) => write.mutateAsync({ part: { mode, direction }, preview: preview.preview })}
              done={() => undefined}
            />
            {changed && <span role="status">Not saved yet.</span>}
          </Row>
        )}
        {setup.run && <RunBanner run={setup.run} />}
        <Facts
          rows={[
            ['People', counts.people],
            ['In scope', counts.inScope],
            ['Synced', counts.synced],
            ['Waiting', counts.waiting],
            ['Unsynced by an administrator', counts.unsynced],
            ['Failed', counts.failed],
          ]}
        />
      </Stack>
    </Card>
  );

  function Preview({ preview }: { readonly preview: PresencePreview }) {
    const kinds = Object.entries(preview.mismatches).filter(([, count]) => (count ?? 0) > 0);
    return (
      <>
        <p className={styles.words}>{preview.sentence}</p>
        <Facts
          rows={[
            ['In scope', preview.counts.inScope],
            ['Begin', preview.counts.begins],
            ['End', preview.counts.ends],
            ['Something in the way', preview.counts.fails],
          ]}
        />
        {!preview.directoryRead && (
          <p className={styles.words}>
            The directory at Microsoft was not read yet: this report is not whole.
          </p>
        )}
        <WordList
          title="What does not fit on both sides"
          none="Everybody fits."
          items={kinds.map(
            ([kind, count]) => `${mismatchWords[kind as keyof typeof mismatchWords]}: ${count}`,
          )}
        />
      </>
    );
  }
}
