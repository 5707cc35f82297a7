import type * as api from '@tandem/contract';
import { type Scope, seesPerson } from '../scope.ts';
import type { PageAsk, PageOf, PhoneState } from '../services.ts';
import { compact, instant } from './shape.ts';

/** One page of the phones that the scope may see, by account and name; the cursor is the last one's id. */
export function phonesSeen(
  all: readonly PhoneState[],
  scope: Scope,
  ask: Pick<PageAsk, 'limit' | 'cursor'>,
): PageOf<PhoneState> {
  const seen = all
    .filter(({ device }) => seesPerson(scope, device))
    .sort(({ device: a }, { device: b }) =>
      a.accountId === b.accountId ? compare(a.name, b.name) : compare(a.accountId, b.accountId),
    );
  const start = ask.cursor === undefined ? 0 : seen.findIndex(({ device }) => device.id === ask.cursor) + 1;
  const items = seen.slice(start, start + ask.limit);
  const last = items.at(-1);
  const more = start + ask.limit < seen.length && last;
  return { items, total: seen.length, ...(more ? { nextCursor: last.device.id } : {}) };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export function toDevice({ device, registration }: PhoneState): api.Device {
  return compact({
    id: device.id,
    accountId: device.accountId,
    name: device.name,
    kind: device.kind,
    extension: device.extension,
    number: device.number,
    personId: device.personId,
    registration: registration && {
      transport: registration.transport,
      since: instant(registration.sinceWallMs),
      expiresAt: instant(registration.expiresAtWallMs),
    },
  });
}
