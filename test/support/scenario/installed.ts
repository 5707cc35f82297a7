import { existsSync } from 'node:fs';

/** For `skip`: says what is not installed, or false. With CI=true a test that is left out counts as failed (tools/test.ts). */
export function lacking(program: string): string | false {
  const found = (process.env.PATH ?? '').split(':').some((folder) => existsSync(`${folder}/${program}`));
  return found ? false : `${program} is not installed`;
}
