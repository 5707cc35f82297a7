import type { Origin } from './resolve.ts';
import { type Configuration, type Setting, type SettingKey, settingKeys, settings } from './schema.ts';

const printOrigin = (origin: Origin): string =>
  origin.source === 'default' ? 'default' : `${origin.source} ${origin.name}`;

/** One line per setting: key, value (secrets masked), where it came from. */
export const printConfiguration = (
  values: Configuration,
  origins: Readonly<Record<SettingKey, Origin>>,
): string =>
  shownSettings(values, origins)
    .map(({ key, value, origin }) => `${key.padEnd(18)} ${(value ?? '(not set)').padEnd(44)} ${origin}`)
    .join('\n');

/** The same for programs. `value`: null when it is not set; secrets masked. */
export const shownSettings = (
  values: Configuration,
  origins: Readonly<Record<SettingKey, Origin>>,
): readonly { readonly key: string; readonly value: string | null; readonly origin: string }[] =>
  settingKeys.map((key) => {
    const row: Setting<unknown> = settings[key] as never;
    const value = values[key];
    const shown = value === undefined ? null : row.secret ? '********' : row.kind.print(value);
    return { key, value: shown, origin: printOrigin(origins[key]) };
  });
