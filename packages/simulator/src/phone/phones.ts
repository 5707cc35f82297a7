import type { TwinConfig } from '../config.ts';
import { rehearsalWorld } from '../world/rehearsal-world.ts';
import { Phone, type PhoneOptions } from './phone.ts';

export type Phones = ReadonlyMap<string, Phone>;

/** Tones apart from those of Teams users and of the carrier. */
const firstToneHz = 1_150;

/** The phones of the world whose passwords the twin was given, by name; none is registered until somebody asks. */
export async function openPhones(
  config: TwinConfig,
  shared: Pick<PhoneOptions, 'address' | 'roots' | 'clock' | 'random' | 'audit' | 'openParty'>,
): Promise<Phones> {
  const phones = new Map<string, Phone>();
  const { sbcPhones } = config;
  if (!sbcPhones) return phones;
  for (const login of config.phones ?? []) {
    const device = rehearsalWorld.customers
      .find(({ key }) => key === login.account)
      ?.devices.find(({ name }) => name === login.name);
    if (!device) continue;
    const phone = new Phone({
      ...shared,
      login,
      extension: device.extension,
      ...(device.number === undefined ? {} : { number: device.number }),
      toneHz: firstToneHz + phones.size * 50,
      registrar: sbcPhones,
    });
    await phone.open();
    phones.set(login.name, phone);
  }
  return phones;
}
