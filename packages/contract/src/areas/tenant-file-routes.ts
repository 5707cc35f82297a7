import { z } from 'zod';
import { id } from '../common.ts';
import { defineRoutes } from '../route.ts';
import { applyTenantFile, tenantFileBody, tenantFilePlan, tenantFileResult } from '../tenant-file.ts';

/** A whole account as one declarative file. */
export const tenantFileRoutes = defineRoutes({
  'tenantFile.read': {
    method: 'GET',
    path: '/api/v1/accounts/{id}/file',
    summary: 'The account as a file (YAML) that makes it again',
    permission: 'tenant-file:read',
    account: 'resource',
    params: z.object({ id }),
    produces: 'text/yaml',
    problems: [],
  },
  'tenantFile.plan': {
    method: 'POST',
    path: '/api/v1/tenant-file/plan',
    summary: 'What applying the file would change. Changes nothing',
    permission: 'tenant-file:write',
    account: 'resource',
    body: tenantFileBody,
    bodyLimit: 4_500_000,
    response: tenantFilePlan,
    problems: [],
  },
  'tenantFile.apply': {
    method: 'POST',
    path: '/api/v1/tenant-file/apply',
    summary: 'Make the account as the file says, as planned; a second time changes nothing',
    permission: 'tenant-file:write',
    account: 'resource',
    body: applyTenantFile,
    bodyLimit: 4_500_000,
    response: tenantFileResult,
    problems: ['preview-outdated'],
  },
});
