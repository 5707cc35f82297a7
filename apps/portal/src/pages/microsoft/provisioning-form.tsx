import {
  Field,
  Input,
  makeStyles,
  Radio,
  RadioGroup,
  Select,
  Switch,
  tokens,
} from '@fluentui/react-components';
import type { Connection, ProvisioningPreview, ProvisioningSettings } from '@tandem/contract';
import { type ReactNode, useState } from 'react';
import { api } from '../../api/client.ts';
import { reread } from '../../api/reread.ts';
import { useZones } from '../../api/session.ts';
import { type LeaverDraft, LeaverTarget } from '../../parts/leaver-target.tsx';
import { PreviewAction } from '../../parts/preview-action.tsx';
import { Row, Stack } from '../../parts/stack.tsx';
import { TurnNotice } from '../../parts/turn-notice.tsx';
import { WordList } from '../../parts/word-list.tsx';
import {
  driftFieldWords,
  driftPolicyWords,
  modeWords,
  policyKindWords,
  policyWords,
} from '../../words/provisioning.ts';
import { GroupPicker } from './group-picker.tsx';

const useStyles = makeStyles({
  part: { border: 'none', margin: 0, padding: 0, display: 'grid', gap: '12px', minWidth: 0 },
  legend: { padding: 0, marginBottom: '8px', fontWeight: tokens.fontWeightSemibold },
  line: {
    display: 'flex',
    flexWrap: 'wrap',
    gap: '12px',
    alignItems: 'end',
    '& > *': { maxWidth: '100%', minWidth: 0 },
    '& select': { minWidth: 0, width: '100%' },
  },
  words: { margin: 0 },
  small: { margin: 0, color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
});

const modes = Object.keys(modeWords) as ProvisioningSettings['mode'][];
const policyFields = Object.keys(policyWords) as (keyof ProvisioningSettings['policies'])[];
const driftFields = Object.keys(driftFieldWords) as (keyof ProvisioningSettings['drift'])[];

/** The rule and whom it names, as one choice. */
const leaverOf = ({ leaverRule, leaverForward }: ProvisioningSettings): LeaverDraft =>
  leaverRule === 'announcement' || leaverRule === 'voicemail'
    ? { kind: leaverRule }
    : (leaverForward ?? undefined);

/** Who has the number decides between the rules `manager` and `queue` only where a queue itself is named. */
const leaverSettings = (
  choice: LeaverDraft,
): Pick<ProvisioningSettings, 'leaverRule' | 'leaverForward'> | undefined => {
  if (!choice) return undefined;
  if (choice.kind === 'announcement' || choice.kind === 'voicemail')
    return { leaverRule: choice.kind, leaverForward: null };
  return { leaverRule: choice.kind === 'queue' ? 'queue' : 'manager', leaverForward: choice };
};

/** Settings of a connection. Saved only after a preview that says who joins, who leaves, and what is written. */
export function ProvisioningForm({
  connection,
  settings,
  suggestedPolicy,
  whole,
  disabled,
  saved,
}: {
  readonly connection: Connection;
  readonly settings: ProvisioningSettings;
  /** Voice routing policy of the routing domain: taken unless somebody decided otherwise. */
  readonly suggestedPolicy?: string | undefined;
  /** All settings, not only those that the first set-up asks for. */
  readonly whole?: boolean;
  readonly disabled?: boolean;
  readonly saved?: () => void;
}) {
  const styles = useStyles();
  const { id } = connection;
  const [draft, setDraft] = useState<ProvisioningSettings>(() =>
    suggestedPolicy !== undefined && settings.policies.voiceRouting.kind === 'by-hand'
      ? {
          ...settings,
          policies: { ...settings.policies, voiceRouting: { kind: 'assign', name: suggestedPolicy } },
        }
      : settings,
  );
  const [leaver, setLeaver] = useState<LeaverDraft>(() => leaverOf(settings));
  const change = (part: Partial<ProvisioningSettings>): void => setDraft((old) => ({ ...old, ...part }));
  const changed = Object.fromEntries(
    Object.entries(draft).filter(
      ([key, value]) => JSON.stringify(value) !== JSON.stringify(settings[key as keyof ProvisioningSettings]),
    ),
  ) as Partial<ProvisioningSettings>;
  // The rule and whom it names go together.
  if (changed.leaverRule !== undefined) changed.leaverForward = draft.leaverForward ?? null;
  const nothing = Object.keys(changed).length === 0;
  const shownPolicies = whole ? policyFields : policyFields.slice(0, 1);
  return (
    <Stack>
      <Part legend="Who decides">
        <RadioGroup
          value={draft.mode}
          disabled={disabled === true}
          onChange={(_, data) => change({ mode: modes.find((mode) => mode === data.value) ?? draft.mode })}
        >
          {modes.map((mode) => (
            <Radio
              key={mode}
              value={mode}
              label={
                <>
                  {modeWords[mode].word}: <span className={styles.small}>{modeWords[mode].hint}</span>
                </>
              }
            />
          ))}
        </RadioGroup>
      </Part>
      {draft.mode !== 'manual' && (
        <Part legend="Enable groups">
          <p className={styles.small}>Groups in these groups count too.</p>
          {disabled ? (
            <p className={styles.words}>{draft.enableGroups.map(({ name }) => name).join(', ') || 'none'}</p>
          ) : (
            <GroupPicker
              connection={connection}
              chosen={draft.enableGroups}
              choose={(enableGroups) => change({ enableGroups })}
            />
          )}
        </Part>
      )}
      {whole && (
        <Part legend="Standby">
          <Switch
            checked={draft.standby === true}
            disabled={disabled === true}
            label="Keep everybody in reserve: check everything, assign nothing"
            onChange={(_, { checked }) => change({ standby: checked })}
          />
          <p className={styles.small}>
            For as long as another provider carries the calls. Numbers that stand at Microsoft are taken back;
            ending it assigns them.
          </p>
        </Part>
      )}
      <Part legend="Policies in Teams">
        {shownPolicies.map((field) => {
          const wish = draft.policies[field];
          const set = (next: ProvisioningSettings['policies']['calling']): void =>
            change({ policies: { ...draft.policies, [field]: next } });
          return (
            <div key={field} className={styles.line}>
              <Field label={policyWords[field]}>
                <Select
                  value={wish.kind}
                  disabled={disabled === true}
                  onChange={(_, { value }) =>
                    set(
                      value === 'assign' || value === 'by-group'
                        ? { kind: value, name: 'name' in wish ? wish.name : (suggestedPolicy ?? '') }
                        : { kind: 'by-hand' },
                    )
                  }
                >
                  {Object.entries(policyKindWords).map(([kind, word]) => (
                    <option key={kind} value={kind}>
                      {word}
                    </option>
                  ))}
                </Select>
              </Field>
              {wish.kind !== 'by-hand' && (
                <Field label={`Name of the ${policyWords[field].toLowerCase()}`}>
                  <Input
                    value={wish.name}
                    disabled={disabled === true}
                    onChange={(_, { value }) => set({ ...wish, name: value })}
                  />
                </Field>
              )}
            </div>
          );
        })}
      </Part>
      {whole && (
        <>
          <Part legend="When somebody changes it at Microsoft">
            <div className={styles.line}>
              {driftFields.map((field) => (
                <Field key={field} label={driftFieldWords[field]}>
                  <Select
                    value={draft.drift[field]}
                    disabled={disabled === true}
                    onChange={(_, { value }) =>
                      change({
                        drift: { ...draft.drift, [field]: value } as ProvisioningSettings['drift'],
                      })
                    }
                  >
                    {Object.entries(driftPolicyWords).map(([key, word]) => (
                      <option key={key} value={key}>
                        {word}
                      </option>
                    ))}
                  </Select>
                </Field>
              ))}
            </div>
          </Part>
          <Part legend="When somebody loses a prerequisite or leaves">
            <div className={styles.line}>
              <Field label="Calls go on for (hours)">
                <Input
                  type="number"
                  min={0}
                  max={168}
                  value={String(draft.graceSeconds / 3_600)}
                  disabled={disabled === true}
                  onChange={(_, { value }) =>
                    change({
                      graceSeconds: Math.round(Math.min(168, Math.max(0, Number(value) || 0)) * 3_600),
                    })
                  }
                />
              </Field>
            </div>
            <LeaverTarget
              label="Callers of a leaver"
              accountId={connection.accountId}
              value={leaver}
              disabled={disabled === true}
              change={(choice) => {
                setLeaver(choice);
                change(leaverSettings(choice) ?? {});
              }}
            />
            <div className={styles.line}>
              {(
                [
                  ['least', 'Ask when more leave at once than', 10_000],
                  ['percent', 'or than this many percent', 100],
                  ['most', 'and always above', 100_000],
                ] as const
              ).map(([key, label, max]) => (
                <Field key={key} label={label}>
                  <Input
                    type="number"
                    min={key === 'percent' ? 0 : 1}
                    max={max}
                    value={String(draft.guard[key])}
                    disabled={disabled === true}
                    onChange={(_, { value }) =>
                      change({
                        guard: {
                          ...draft.guard,
                          [key]: Math.min(max, Math.max(key === 'percent' ? 0 : 1, Number(value) || 0)),
                        },
                      })
                    }
                  />
                </Field>
              ))}
            </div>
          </Part>
          <Part legend="Also">
            <Switch
              label="Licences of Tandem are given to who comes into scope, and taken back"
              checked={draft.licences.assign === 'automatic'}
              disabled={disabled === true}
              onChange={(_, { checked }) =>
                change({ licences: { ...draft.licences, assign: checked ? 'automatic' : 'by-hand' } })
              }
            />
            <Switch
              label="A mail tells people when their calls in Teams work"
              checked={draft.messages.toPerson}
              disabled={disabled === true}
              onChange={(_, { checked }) => change({ messages: { ...draft.messages, toPerson: checked } })}
            />
            <Switch
              label="Routing domain and voice routing are kept by hand: nobody looks"
              checked={draft.routingByHand}
              disabled={disabled === true}
              onChange={(_, { checked }) => change({ routingByHand: checked })}
            />
          </Part>
        </>
      )}
      {!disabled && (
        <Row>
          <PreviewAction
            label="Preview and save"
            title="Save these settings?"
            confirm="Save"
            primary
            disabled={nothing || leaver === undefined}
            load={() => api.call('provisioning.preview', { params: { id }, body: changed })}
            show={(preview) => <PreviewWords preview={preview} zoneOf={connection.accountId} />}
            act={({ preview }) =>
              api.call('provisioning.change', { params: { id }, query: { preview }, body: changed })
            }
            done={() => {
              reread('provisioning.', 'directory.', 'people.');
              saved?.();
            }}
          />
          {leaver === undefined ? (
            <span className={styles.small}>Say whom callers of a leaver reach.</span>
          ) : (
            nothing && <span className={styles.small}>Nothing is changed.</span>
          )}
        </Row>
      )}
    </Stack>
  );
}

function Part({ legend, children }: { readonly legend: string; readonly children: ReactNode }) {
  const styles = useStyles();
  return (
    <fieldset className={styles.part}>
      <legend className={styles.legend}>{legend}</legend>
      {children}
    </fieldset>
  );
}

function PreviewWords({
  preview,
  zoneOf,
}: {
  readonly preview: ProvisioningPreview;
  readonly zoneOf: string;
}) {
  const styles = useStyles();
  const zone = useZones()(zoneOf);
  const { join, leave, policies, graphRequests, people } = preview;
  return (
    <Stack>
      {preview.needsConfirmation && (
        <TurnNotice
          tone="warn"
          sentence={`${leave} people would leave at once. They stay until somebody lets them go.`}
          zone={zone}
        />
      )}
      <WordList
        title={`Of ${people} people`}
        items={[
          `${join} would be set up at Microsoft`,
          `${leave} would lose their number at Microsoft`,
          `${policies} policies would be assigned`,
        ]}
      />
      <WordList
        title="For example"
        items={preview.examples.map(({ displayName, what }) => `${displayName}: ${what}`)}
      />
      <p className={styles.small}>About {graphRequests} requests to Microsoft.</p>
    </Stack>
  );
}
