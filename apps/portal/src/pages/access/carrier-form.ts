import type { Carrier } from '@tandem/contract';

export interface TargetDraft {
  readonly host: string;
  readonly port: string;
  readonly protocol: Carrier['targets'][number]['protocol'];
  readonly priority: number;
  readonly weight: number;
}

export interface CarrierDraft {
  readonly name: string;
  readonly targets: readonly TargetDraft[];
  /** Addresses with a comma between them, `192.0.2.10` or `192.0.2.10 port 5062`. */
  readonly sources: string;
  readonly maxCalls: string;
  readonly numberFormat: Carrier['numberFormat'];
  readonly emergency: boolean;
  readonly probeWithOptions: boolean;
  /** Calls of the account go out over it. */
  readonly used: boolean;
}

export const newTarget: TargetDraft = { host: '', port: '5060', protocol: 'UDP', priority: 1, weight: 1 };
export const newCarrier: CarrierDraft = {
  name: '',
  targets: [newTarget],
  sources: '',
  maxCalls: '',
  numberFormat: 'e164',
  emergency: false,
  probeWithOptions: true,
  used: true,
};

export const draftOf = (carrier: Carrier, used: boolean): CarrierDraft => ({
  name: carrier.name,
  targets: carrier.targets.map((target) => ({ ...target, port: String(target.port) })),
  sources: (carrier.sources ?? [])
    .map(({ address, port }) => (port === undefined ? address : `${address} port ${port}`))
    .join(', '),
  maxCalls: carrier.maxCalls === undefined ? '' : String(carrier.maxCalls),
  numberFormat: carrier.numberFormat,
  emergency: carrier.emergency,
  probeWithOptions: carrier.probeWithOptions,
  used,
});

export const isWhole = ({ name, targets }: CarrierDraft): boolean =>
  name.trim() !== '' && targets.length > 0 && targets.every(({ host }) => host.trim() !== '');

/** As the account's file has it; what does not fit is said by whoever reads the file. */
export function entryOf({ targets, sources, maxCalls, name, used: _, ...rest }: CarrierDraft) {
  return {
    ...rest,
    name: name.trim(),
    targets: targets.map((target, i) => ({
      ...target,
      host: target.host.trim(),
      port: numberOf(target.port),
      priority: i + 1,
    })),
    sources: sources
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== '')
      .map((one) => {
        const [address = '', port] = one.split(/\s+port\s+/);
        return { address, ...(port !== undefined && { port: numberOf(port) }) };
      }),
    maxCalls: maxCalls.trim() === '' ? null : numberOf(maxCalls),
  };
}

const numberOf = (text: string): number | string => (/^\d+$/.test(text.trim()) ? Number(text) : text);
