import { randomBytes } from 'node:crypto';
import {
  type Account,
  asAccountId,
  asCallId,
  asCarrierId,
  asPersonId,
  type CallRecord,
  type E164,
  type Person,
  uuidV7,
} from '@tandem/domain';
import type { CarrierInput } from '../carrier-store.ts';

/** Plain, valid nouns for tests; each call has ids of its own. */
export const freshId = (): string => uuidV7(1_790_000_000_000, randomBytes(10));

export function sampleAccount(change: Partial<Account> = {}): Account {
  const id = asAccountId(freshId());
  return {
    id,
    name: `Acme ${id.slice(-6)}`,
    status: 'active',
    sbcHosts: [`sbc-${id.slice(-6)}.customers.example.net`],
    mailDomains: ['acme.example'],
    country: 'US',
    areaCode: '202',
    timeZone: 'America/New_York',
    unknownCaller: 'reject',
    carriers: [],
    noAnswerSeconds: 20,
    ...change,
  };
}

export function samplePerson(account: Account, change: Partial<Person> = {}): Person {
  return {
    id: asPersonId(freshId()),
    accountId: account.id,
    displayName: 'Dana Diaz',
    upn: `dana-${freshId().slice(-6)}@acme.example`,
    numbers: [],
    active: true,
    teamsToggle: true,
    platformLicence: true,
    ...change,
  };
}

export function sampleCarrier(change: Partial<CarrierInput> = {}): CarrierInput {
  const id = asCarrierId(freshId());
  return {
    id,
    name: `Rehearsal ${id.slice(-6)}`,
    targets: [{ host: '127.0.0.1', port: 5080, protocol: 'UDP', priority: 1, weight: 1 }],
    sources: [{ address: '127.0.0.1', port: 5080 }],
    probeWithOptions: true,
    numberFormat: 'e164',
    emergency: true,
    ...change,
  };
}

export const e164 = (text: string): E164 => text as E164;

export function sampleRecord(change: Partial<CallRecord> = {}): CallRecord {
  return {
    version: 1,
    callId: asCallId(freshId()),
    direction: 'to-teams',
    emergency: false,
    from: '+12025550199',
    fromAsReceived: '+12025550199',
    to: '+12025550142',
    toAsDialled: '+12025550142',
    legs: [
      { side: 'a', role: 'carrier', sipCallId: 'a84b4c76e66710', peer: 'UDP 127.0.0.1:5080' },
      { side: 'b', role: 'teams', sipCallId: '7f3c1c2e', peer: 'TLS 127.0.0.1:16111' },
    ],
    attempts: [{ target: 'hub sip.pstnhub.microsoft.com:5061', atMs: 4, result: '200' }],
    invitedAt: 1_790_000_000_000,
    setupMs: 4,
    ringingMs: 180,
    answeredMs: 2400,
    endedAt: 1_790_000_062_000,
    talkMs: 59_600,
    result: 'answered',
    status: 200,
    endedBy: 'caller',
    closedBy: 'normal',
    why: ['carrier Rehearsal sent the call', '+12025550142 belongs to Dana Diaz of Acme', 'hub 1 answered'],
    ...change,
  };
}
