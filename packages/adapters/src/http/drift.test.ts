import assert from 'node:assert/strict';
import { test } from 'node:test';
import type * as api from '@tandem/contract';
import * as contract from '@tandem/contract';
import type {
  Account,
  CallRecord,
  CarrierTarget,
  LegMedia,
  LinkState,
  Person,
  PresenceLabel,
  ReadinessOwner,
  ReadinessStatus,
  ReadinessVerdict,
} from '@tandem/domain';
import type { Trouble, Turn } from '@tandem/engine/connection/trouble.ts';
import type { LadderEntry } from '@tandem/engine/ports/call-log.ts';
import type { RoutingDomainState } from '@tandem/engine/routing-domain/routing-domain.ts';
import * as world from './testing/sample-world.ts';
import { toCall } from './views/call-view.ts';

/**
 * The contract may not import the domain, so nothing else holds their words together. A drift does not compile here.
 */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
type Plain<T> = T extends string ? `${T}` : T;
const same = <_Proof extends true>(): void => undefined;

same<Same<api.CallSummary['direction'], CallRecord['direction']>>();
same<Same<NonNullable<api.CallSummary['result']>, NonNullable<CallRecord['result']>>>();
same<Same<NonNullable<api.Call['endedBy']>, NonNullable<CallRecord['endedBy']>>>();
same<Same<NonNullable<api.Call['closedBy']>, NonNullable<CallRecord['closedBy']>>>();
same<Same<api.Call['legs'][number]['role'], CallRecord['legs'][number]['role']>>();
same<Same<keyof NonNullable<api.Call['legs'][number]['media']>, keyof LegMedia>>();
same<Same<keyof api.Account, keyof Account>>();
same<Same<api.Account['status'], Account['status']>>();
same<Same<api.Account['unknownCaller'], Account['unknownCaller']>>();
same<Same<Exclude<keyof api.Person, 'readiness' | 'presence'>, keyof Person>>();
same<Same<api.ReadinessSummary['verdict'], ReadinessVerdict>>();
same<Same<NonNullable<api.ReadinessSummary['state']>, LinkState>>();
same<Same<api.ReadinessCheck['status'], ReadinessStatus>>();
same<Same<api.ConnectionReason, Trouble>>();
same<Same<api.Connection['turn'], Turn>>();
same<Same<api.RoutingDomainView['state'], RoutingDomainState>>();
same<Same<api.ReadinessCheck['owner'], ReadinessOwner>>();
same<Same<api.Presence['label'], PresenceLabel>>();
same<Same<api.Carrier['targets'][number]['protocol'], CarrierTarget['protocol']>>();
same<Same<keyof api.LadderEntry, keyof LadderEntry>>();
same<Same<Plain<api.LadderEntry['direction']>, LadderEntry['direction']>>();
// A record's fields all reach the API, under the same names but for the id and the version of the stored form.
same<
  Same<Exclude<keyof api.Call, 'id' | 'state' | 'phase'>, Exclude<keyof CallRecord, 'callId' | 'version'>>
>();

test('a full record passes the schema of the API with nothing lost', () => {
  const record = world.record(1, 1_700_000_000_000, { code: 'x', microsoftCorrelationId: 'c' });
  const view = contract.call.parse(toCall(record));
  const lost = Object.keys(record).filter((key) => !['version', 'callId'].includes(key) && !(key in view));
  assert.deepEqual(lost, []);
});
