import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import type { PhoneSecret, PhoneSecrets } from '@tandem/engine/registrar/settings.ts';
import type { DeviceStore } from '../postgres/device-store.ts';
import type { SecretBox } from '../security/secret-box.ts';

/** The digest hashes of all phones, in memory, and sealed on disk for a start without the database. */
export interface PhoneSecretSource extends PhoneSecrets {
  /** Reads them again; the old ones stay when the database is away. Resolves when done. */
  refresh(): Promise<void>;
}

export interface PhoneSecretSourceOptions {
  readonly devices: Pick<DeviceStore, 'listAllSecretsForPlatform'>;
  /** Hashes of another realm are of no use here. */
  readonly realm: string;
  readonly file: string;
  readonly box: SecretBox;
  readonly onProblem: (what: string) => void;
}

const context = 'phone secrets';

export async function openPhoneSecretSource(options: PhoneSecretSourceOptions): Promise<PhoneSecretSource> {
  const { devices, realm, file, box, onProblem } = options;
  let secrets = new Map<string, PhoneSecret>();
  const take = (list: readonly PhoneSecret[]): void => {
    secrets = new Map(list.map((secret) => [secret.sipUser, secret]));
  };
  try {
    const text = box.open(readFileSync(file, 'utf8'), context);
    if (text !== undefined) take(JSON.parse(text) as PhoneSecret[]);
  } catch {
    // none yet
  }

  const read = async (): Promise<void> => {
    try {
      const all = await devices.listAllSecretsForPlatform((id) =>
        onProblem(`the password of phone ${id} was sealed with another master key: it cannot register`),
      );
      const usable = all.filter((secret) => secret.realm === realm);
      if (usable.length < all.length)
        onProblem(`${all.length - usable.length} phones have passwords of another realm than ${realm}`);
      const plain = usable.map(({ deviceId, sipUser, md5, sha256 }) => ({ deviceId, sipUser, md5, sha256 }));
      take(plain);
      await writeFile(`${file}.new`, box.seal(JSON.stringify(plain), context), { mode: 0o600 });
      await rename(`${file}.new`, file);
    } catch (error) {
      onProblem(`phone passwords cannot be read now: ${(error as Error).message}`);
    }
  };
  // One after the other, and a change while one runs is read by the next.
  let running = read();
  let waiting: Promise<void> | undefined;
  await running;
  return {
    ofUser: (sipUser) => secrets.get(sipUser),
    refresh() {
      waiting ??= running.then(() => {
        waiting = undefined;
        running = read();
        return running;
      });
      return waiting;
    },
  };
}
