import type { Origin } from './resolve.ts';
import { type Configuration, type Setting, type SettingKey, settingKeys, settings } from './schema.ts';

const printOrigin = (origin: Origin): string =>
  origin.source === 'default' ? 'default' : `${origin.source} ${origin.name}`;

/** One line per setting: key, value (secrets masked), where it came from. */
export const printConfiguration = (
  values: Configuration,
  origins: Readonly<Record<SettingKey, Origin>>,
): string =>
  settingKeys
    .map((key) => {
      const row: Setting<unknown> = settings[key] as never;
      const value = values[key];
      const shown = value === undefined ? '(not set)' : row.secret ? '********' : row.kind.print(value);
      return `${key.padEnd(18)} ${shown.padEnd(44)} ${printOrigin(origins[key])}`;
    })
    .join('\n');
