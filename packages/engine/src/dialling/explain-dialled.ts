import {
  type Account,
  type Carrier,
  type E164,
  type Owner,
  type RoutingSnapshot,
  readEmergencyNumber,
  tellReading,
} from '@tandem/domain';
import type { TeamsAccess } from '../ports/teams-access.ts';

/** What becomes of something that somebody of an account dials, and why (features N39). */
export interface DialledExplanation {
  readonly dialled: string;
  readonly kind: 'emergency' | 'extension' | 'own-number' | 'outside' | 'unreadable';
  /** E.164, an extension, or the emergency number as the network wants it. Absent: it is no number. */
  readonly becomes?: string;
  /** What was done to the digits. */
  readonly steps: readonly string[];
  /** Where a call to it goes, in a sentence. */
  readonly goesTo: string;
  /** Whether it goes anywhere. */
  readonly reaches: boolean;
  readonly owner?: Owner;
  /** First choice first, and the number as each wants it. */
  readonly carriers: readonly { readonly name: string; readonly sent: string }[];
}

/**
 * The same order as a real call takes (`decideOutbound`): emergency before anything else, then extensions and numbers of
 * the account, then carriers. Who rings and whether they may be rung at this moment is left out.
 */
export function explainDialled(
  snapshot: RoutingSnapshot,
  account: Account,
  dialled: string,
  /** Who is rung for those who left. */
  forwardOf: TeamsAccess['forwardOf'] = () => undefined,
): DialledExplanation {
  const emergency = readEmergencyNumber(dialled, account.country);
  if (emergency) {
    const own = carriersOf(snapshot, account);
    const operators = [...snapshot.carriers.values()].filter(
      (one) => one.owner === 'operator' && one.emergency && !own.includes(one),
    );
    const carriers = [
      ...own.filter((one) => one.emergency),
      ...operators,
      ...own.filter((one) => !one.emergency),
    ];
    return {
      dialled,
      kind: 'emergency',
      becomes: emergency.number,
      steps: [
        `${emergency.number} is an emergency ${emergency.test ? 'test ' : ''}number in ${account.country}: nothing else is looked at.`,
      ],
      goesTo:
        carriers.length === 0
          ? `Nowhere: ${account.name} has no carrier at all.`
          : `It goes out as ${emergency.number} over ${named(carriers)}.`,
      reaches: carriers.length > 0,
      carriers: carriers.map(({ name }) => ({ name, sent: emergency.number })),
    };
  }
  const { reading, steps } = tellReading(dialled, account.country, account.areaCode);
  const none = { dialled, steps, carriers: [] } as const;
  if (reading.kind === 'unreadable')
    return {
      ...none,
      kind: 'unreadable',
      goesTo: 'Nowhere: whoever dials it hears that the number is not complete.',
      reaches: false,
    };
  if (reading.kind === 'short') {
    const owner = snapshot.extensions.get(account.id)?.get(reading.digits);
    const base = { ...none, kind: 'extension', becomes: reading.digits } as const;
    return owner
      ? { ...base, goesTo: `It rings ${nameOf(snapshot, owner)}.`, reaches: true, owner }
      : {
          ...base,
          goesTo: `Nowhere: ${reading.digits} is no extension of ${account.name}, and short numbers never go out.`,
          reaches: false,
        };
  }
  const { number } = reading;
  const owner = snapshot.numbers.get(number);
  if (owner?.accountId === account.id)
    return {
      ...none,
      kind: 'own-number',
      becomes: number,
      goesTo: `It rings ${nameOf(snapshot, owner)}, and stays on the platform.`,
      reaches: true,
      owner,
    };
  const forward = owner ? undefined : forwardOf(number);
  if (forward?.owner.accountId === account.id)
    return {
      ...none,
      kind: 'own-number',
      becomes: number,
      goesTo: `It was ${forward.formerOwner}'s, who left: by the leaver rule ${forward.mailbox ? 'callers leave a message in the mailbox of' : 'it rings'} ${nameOf(snapshot, forward.owner)}.`,
      reaches: true,
      owner: forward.owner,
    };
  const carriers = carriersOf(snapshot, account);
  return {
    dialled,
    steps,
    kind: 'outside',
    becomes: number,
    goesTo:
      carriers.length === 0
        ? `Nowhere: ${account.name} has no carrier for outside numbers.`
        : `It goes out over ${named(carriers)}.`,
    reaches: carriers.length > 0,
    carriers: carriers.map(({ name, numberFormat }) => ({ name, sent: sentTo(numberFormat, number) })),
  };
}

const sentTo = (format: Carrier['numberFormat'], number: E164): string =>
  format === 'digits' ? number.slice(1) : number;

const named = (carriers: readonly Carrier[]): string => carriers.map(({ name }) => name).join(', then ');

function carriersOf(snapshot: RoutingSnapshot, account: Account): readonly Carrier[] {
  return account.carriers.flatMap((id) => {
    const carrier = snapshot.carriers.get(id);
    return carrier && (carrier.owner === 'operator' || carrier.owner === account.id) ? [carrier] : [];
  });
}

function nameOf(snapshot: RoutingSnapshot, owner: Owner): string {
  switch (owner.kind) {
    case 'person':
      return snapshot.people.get(owner.personId)?.displayName ?? 'somebody';
    case 'device':
      return `the phone ${snapshot.devices.get(owner.deviceId)?.name ?? ''}`.trim();
    case 'queue':
      return `the queue ${snapshot.queues.get(owner.queueId)?.name ?? ''}`.trim();
  }
}
