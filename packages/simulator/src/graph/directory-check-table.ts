import type { CheckRow } from '../sip-proxy/check-table.ts';

/** What Graph verifies of the directory and of Teams' policies: microsoft-graph 9.3, one row per check, each with its test. */
export const directoryCheckTable = {
  D1: {
    tag: 'D',
    on: 'delta',
    wants:
      'a token as it was given, for this tenant and kind; both reasons of @removed, members over several pages, empty pages, replays, latest, minimal',
    else: '400',
  },
  D2: {
    tag: 'D',
    on: 'delta',
    wants: 'a token of the last seven days, from after the last reset',
    else: '410 and Location',
  },
  D3: {
    tag: 'D',
    on: 'delta',
    wants: 'no $top, $orderby, $expand; a $filter of at most 50 times id eq',
    else: '400',
  },
  D4: {
    tag: 'D',
    on: 'groups/delta',
    wants: 'to hear of a deleted user only when the bin is emptied',
    else: 'no @removed before',
  },
  D5: {
    tag: 'D',
    on: 'members',
    wants: 'nested groups as groups, or transitiveMembers; at most 20 ids in checkMemberGroups',
    else: '400',
  },
  D6: {
    tag: 'I',
    on: 'members',
    wants: 'a permission to read users for more than id and type',
    else: '200, id and type',
  },
  L1: {
    tag: 'D',
    on: 'licences',
    wants:
      'plans, not SKUs; disabledPlans; the history in assignedPlans; patience until Teams shows it; no paging of subscribedSkus',
    else: '400',
  },
  L2: {
    tag: 'I',
    on: 'assignLicense',
    wants: 'a usageLocation, a free seat, no conflict, licences and plans that are there',
    else: '400',
  },
  O1: {
    tag: 'D',
    on: 'domains',
    wants: 'a name that nobody else proved, its TXT record in the DNS, no reference at its end',
    else: '400 or 409',
  },
  T5: {
    tag: 'D',
    on: 'policy assign, unassign, getPolicyId',
    wants: '1 to 20 users by object id, a known type, a policyId of this tenant',
    else: '400 or 404',
  },
  T6: {
    tag: 'D',
    on: 'userConfigurations, calls out',
    wants: 'a direct policy, or one of a group that names the user directly, some time after',
    else: 'no policy; calls out 403 / 510559',
  },
  T8: {
    tag: 'I',
    on: 'unassignNumber, policy unassign',
    wants: 'Teams Phone still there, or gone for less than strandedAfterMs',
    else: '400, or failed',
  },
  T7: { tag: 'D', on: '/admin/teams', wants: 'a tenant of the global cloud', else: '404' },
} as const satisfies Readonly<Record<string, CheckRow>>;
