import { didYouMean } from './did-you-mean.ts';
import {
  type Configuration,
  environmentName,
  flagName,
  type Setting,
  type SettingKey,
  settingKeys,
  settings,
} from './schema.ts';

/** Where a value came from; later sources win: default, file, environment, flag. */
export type Origin =
  | { readonly source: 'default' }
  | { readonly source: 'file'; readonly name: string }
  | { readonly source: 'environment'; readonly name: string }
  | { readonly source: 'flag'; readonly name: string };

export interface ConfigurationFault {
  /** Where the person must look: `TANDEM_PORT_BASE`, `--port-base`, `tandem.json: portBase`. */
  readonly where: string;
  readonly problem: string;
}

export interface ConfigurationSources {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Flags by name without dashes; `--no-x` arrives as `x: false`. */
  readonly flags: Readonly<Record<string, string | boolean>>;
  /** The parsed `--config` file. */
  readonly file?: { readonly name: string; readonly content: unknown };
}

export type ResolvedConfiguration =
  | {
      readonly ok: true;
      readonly values: Configuration;
      readonly origins: Readonly<Record<SettingKey, Origin>>;
    }
  | { readonly ok: false; readonly faults: readonly ConfigurationFault[] };

const keyByFlag = new Map(settingKeys.map((key) => [flagName(key), key]));
const keyByEnvironment = new Map<string, SettingKey>(settingKeys.map((key) => [environmentName(key), key]));

/** Every fault of every source at once; a secret's text never appears in a fault. */
export const resolveConfiguration = (sources: ConfigurationSources): ResolvedConfiguration => {
  const faults: ConfigurationFault[] = [];
  const values: Partial<Record<SettingKey, unknown>> = {};
  const origins: Partial<Record<SettingKey, Origin>> = {};

  const take = (key: SettingKey, raw: unknown, where: string, origin: Origin): void => {
    const row: Setting<unknown> = settings[key] as never;
    const value = row.kind.read(raw);
    if (value === undefined) {
      const found = row.secret ? 'something else' : JSON.stringify(raw);
      faults.push({ where, problem: `found ${found}, wanted ${row.kind.wanted}` });
    } else {
      values[key] = value;
      origins[key] = origin;
    }
  };

  for (const key of settingKeys) {
    values[key] = settings[key].default;
    origins[key] = { source: 'default' };
  }

  if (sources.file !== undefined) {
    const { name, content } = sources.file;
    if (typeof content !== 'object' || content === null || Array.isArray(content)) {
      faults.push({ where: name, problem: 'found no JSON object, wanted { "setting": value, … }' });
    } else {
      for (const [key, raw] of Object.entries(content)) {
        const where = `${name}: ${key}`;
        if (Object.hasOwn(settings, key)) take(key as SettingKey, raw, where, { source: 'file', name });
        else faults.push({ where, problem: `no such setting${didYouMean(key, settingKeys)}` });
      }
    }
  }

  for (const key of settingKeys) {
    const row: Setting<unknown> = settings[key] as never;
    const also = row.alsoEnvironment;
    if (also !== undefined && sources.environment[also]) {
      take(key, sources.environment[also], also, { source: 'environment', name: also });
    }
  }
  for (const [name, raw] of Object.entries(sources.environment)) {
    if (!name.startsWith('TANDEM_') || raw === undefined) continue;
    const key = keyByEnvironment.get(name);
    if (key === undefined) {
      faults.push({
        where: name,
        problem: `no such setting${didYouMean(name, [...keyByEnvironment.keys()])}`,
      });
    } else take(key, raw, name, { source: 'environment', name });
  }

  for (const [flag, raw] of Object.entries(sources.flags)) {
    const key = keyByFlag.get(flag);
    const name = `--${flag}`;
    if (key === undefined) {
      faults.push({ where: name, problem: `no such flag${didYouMean(flag, [...keyByFlag.keys()])}` });
    } else take(key, raw, name, { source: 'flag', name });
  }

  return faults.length > 0
    ? { ok: false, faults }
    : { ok: true, values: values as Configuration, origins: origins as Record<SettingKey, Origin> };
};
