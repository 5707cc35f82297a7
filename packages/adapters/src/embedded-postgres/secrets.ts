import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Passwords of the private server's roles, made once per data directory and kept in a 0600 file. */
export interface PostgresSecrets {
  readonly superuser: string;
  readonly owner: string;
  readonly app: string;
}

export const postgresSecrets = (dataDir: string): PostgresSecrets => {
  const file = join(dataDir, 'postgres', 'secrets.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as PostgresSecrets;
  const password = (): string => randomBytes(24).toString('base64url');
  const made: PostgresSecrets = { superuser: password(), owner: password(), app: password() };
  writeFileSync(file, `${JSON.stringify(made)}\n`, { mode: 0o600 });
  return made;
};
