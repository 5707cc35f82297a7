import { Counter, Gauge, type Registry } from 'prom-client';

/** Lamps on phones, counted as they happen; label values from closed sets only (T31). */
export interface PhoneWatchMetrics {
  notified(packageName: string, outcome: 'taken' | 'missed' | 'gone'): void;
  refused(reason: string): void;
  /** Where the number of subscriptions comes from when somebody asks for `/metrics`. */
  readSubscriptions(counts: () => Readonly<Record<string, number>>): void;
}

export function registerPhoneWatchMetrics(registry: Registry): PhoneWatchMetrics {
  const registers = [registry];
  let counts: Parameters<PhoneWatchMetrics['readSubscriptions']>[0] = () => ({});
  new Gauge({
    name: 'sbc_phone_subscriptions',
    help: 'Lamps and presence that phones watch by SUBSCRIBE, now',
    labelNames: ['package'],
    registers,
    collect() {
      this.reset();
      for (const [name, count] of Object.entries(counts())) this.set({ package: name }, count);
    },
  });
  const notifies = new Counter({
    name: 'sbc_phone_notifies_total',
    help: 'NOTIFYs to phones; missed: refused for now, gone: the subscription is over',
    labelNames: ['package', 'outcome'],
    registers,
  });
  const refused = new Counter({
    name: 'sbc_phone_subscribe_failed_total',
    help: 'SUBSCRIBEs of phones that were refused; a challenge is not counted',
    labelNames: ['reason'],
    registers,
  });
  return {
    notified: (packageName, outcome) => notifies.inc({ package: packageName, outcome }),
    refused: (reason) => refused.inc({ reason }),
    readSubscriptions(from) {
      counts = from;
    },
  };
}
