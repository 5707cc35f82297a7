import { z } from 'zod';
import { id, text } from '../common.ts';
import { defineRoutes } from '../route.ts';
import {
  directoryGroups,
  directoryPeople,
  directoryStates,
  heldDecision,
  managerProposal,
  membership,
  mismatches,
} from '../tenant-directory.ts';

const ofAccount = z.object({ id });
const search = {
  search: text(128).optional().describe('Parts of name, address or number, in any order'),
  limit: z.coerce.number().int().min(1).max(200).default(25),
};

/** What was read of a connected tenant's directory. */
export const directoryRoutes = defineRoutes({
  'directory.state': {
    method: 'GET',
    path: '/api/v1/accounts/{id}/directory',
    summary:
      'How fresh the reading of the account’s Microsoft 365 tenants is, and which mass changes are held',
    permission: 'sync:read',
    account: 'resource',
    params: ofAccount,
    response: directoryStates,
    problems: [],
  },
  'directory.refresh': {
    method: 'POST',
    path: '/api/v1/accounts/{id}/directory/refresh',
    summary: 'Read the changes now, unless that happened within the last seconds',
    permission: 'sync:run',
    account: 'resource',
    params: ofAccount,
    response: directoryStates,
    problems: [],
  },
  'directory.people': {
    method: 'GET',
    path: '/api/v1/accounts/{id}/directory/people',
    summary: 'People of the tenant by name, address or number',
    permission: 'directory:search',
    account: 'resource',
    params: ofAccount,
    query: z.object(search),
    response: directoryPeople,
    problems: [],
  },
  'directory.groups': {
    method: 'GET',
    path: '/api/v1/accounts/{id}/directory/groups',
    summary: 'Groups of the tenant to choose from',
    permission: 'provisioning:read',
    account: 'resource',
    params: ofAccount,
    query: z.object(search),
    response: directoryGroups,
    problems: [],
  },
  'directory.mismatches': {
    method: 'GET',
    path: '/api/v1/accounts/{id}/directory/mismatches',
    summary: 'Who is missing or disabled on one of both sides, with who may have been meant',
    permission: 'provisioning:read',
    account: 'resource',
    params: ofAccount,
    response: mismatches,
    problems: [],
  },
  'directory.decide': {
    method: 'POST',
    path: '/api/v1/accounts/{id}/directory/held',
    summary: 'Confirm or reject a mass change that is held',
    permission: 'provisioning:write',
    account: 'resource',
    params: ofAccount,
    body: heldDecision,
    response: directoryStates,
    problems: [],
  },
  'people.membership': {
    method: 'GET',
    path: '/api/v1/people/{id}/membership',
    summary: 'Whether and through which groups a person is in the enable group',
    permission: 'provisioning:read',
    account: 'resource',
    params: ofAccount,
    response: membership,
    problems: [],
  },
  'people.manager': {
    method: 'GET',
    path: '/api/v1/people/{id}/manager',
    summary: 'Whom Microsoft names as the person’s manager: proposed for the leaver rule. Asks Microsoft',
    permission: 'provisioning:read',
    account: 'resource',
    params: ofAccount,
    response: managerProposal,
    problems: [],
  },
});
