import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import type { PhoneBoard } from '@tandem/adapters/http/services.ts';
import type { DeviceStore } from '@tandem/adapters/postgres/device-store.ts';
import type { SecretBox } from '@tandem/adapters/security/secret-box.ts';
import { phonesVia } from '@tandem/adapters/sip-transport/phone-flows.ts';
import { openPhoneSecretSource } from '@tandem/adapters/sip-transport/phone-secret-source.ts';
import { openRegistrationFile, readRegistrations } from '@tandem/adapters/sip-transport/registration-file.ts';
import type { Device, DeviceId, RoutingSnapshot } from '@tandem/domain';
import type { Clock } from '@tandem/engine';
import { createRegistrar, type RegisterFault, type Registrar } from '@tandem/engine/registrar/registrar.ts';
import { defaultExpires, defaultLockOut, defaultUnproven } from '@tandem/engine/registrar/settings.ts';

export interface PhonesDeps {
  readonly clock: Clock;
  readonly devices: DeviceStore;
  readonly box: SecretBox;
  readonly masterKey: Buffer;
  readonly nodeDir: string;
  readonly realm: string;
  snapshot(): RoutingSnapshot;
  randomBytes(count: number): Buffer;
  onFault(fault: RegisterFault): void;
  onProblem(what: string): void;
}

export interface Phones {
  readonly registrar: Registrar;
  /** For the API. */
  readonly board: PhoneBoard;
  /** Somebody registered, left or expired. */
  onRegistrations(listener: () => void): void;
  /** Devices may have come, gone or got another password. */
  snapshotChanged(): void;
  stop(): Promise<void>;
}

const nonceLifetimeMs = 5 * 60_000;

/** The registrar with its memory: passwords from the store, registrations over a restart from a file. */
export async function openPhones(deps: PhonesDeps): Promise<Phones> {
  const { clock, nodeDir, realm, onProblem } = deps;
  const secrets = await openPhoneSecretSource({
    devices: deps.devices,
    realm,
    file: join(nodeDir, 'phone-secrets'),
    box: deps.box,
    onProblem,
  });
  const knownDevice = (id: DeviceId): Device | undefined => deps.snapshot().devices.get(id);
  const deviceOf = (id: DeviceId): Device | undefined => {
    const device = knownDevice(id);
    return device && deps.snapshot().accounts.get(device.accountId)?.status === 'active' ? device : undefined;
  };
  const heard: (() => void)[] = [];
  const registrar = createRegistrar({
    clock,
    settings: {
      realm,
      nonceKey: {
        // From the master key, so that a nonce of before the restart is known as ours: stale, not a wrong password.
        secret: createHmac('sha256', deps.masterKey).update('tandem phone nonces v1').digest(),
        lifetimeMs: nonceLifetimeMs,
      },
      via: phonesVia,
      expires: defaultExpires,
      lockOut: defaultLockOut,
      unproven: defaultUnproven,
    },
    secrets,
    deviceOf,
    knownDevice,
    secretBytes: deps.randomBytes,
    onFault: deps.onFault,
    onChange(devices) {
      file.changed(devices);
      for (const listener of heard) listener();
    },
  });
  const path = join(nodeDir, 'registrations.jsonl');
  const file = openRegistrationFile({
    path,
    keptOf: (deviceId) => registrar.keptOf(deviceId),
    kept: () => registrar.kept(),
    onProblem,
  });
  registrar.restore(readRegistrations(path));
  return {
    registrar,
    board: {
      list() {
        const registered = new Map(registrar.list().map((one) => [one.deviceId, one]));
        return [...deps.snapshot().devices.values()].map((device) => {
          const registration = registered.get(device.id);
          return { device, ...(registration && { registration }) };
        });
      },
    },
    onRegistrations: (listener) => void heard.push(listener),
    snapshotChanged() {
      void secrets.refresh().then(() => registrar.devicesChanged());
    },
    async stop() {
      registrar.stop();
      await file.close();
    },
  };
}
