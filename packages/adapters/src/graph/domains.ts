import { randomBytes } from 'node:crypto';
import type { DomainSeen } from '@tandem/engine/routing-domain/routing-domain.ts';
import type { GraphClient } from './graph-client.ts';
import { GraphError } from './graph-error.ts';
import { teamsPlans } from './licence-plans.ts';

/** What came of a write: done, or what Microsoft said against it. */
export type DomainWrite =
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly say: string }
  | { readonly kind: 'later'; readonly say: string };

const outcomeOf = (error: unknown): Exclude<DomainWrite, { kind: 'done' }> => {
  if (!(error instanceof GraphError)) throw error;
  const refused =
    error.code === 'graph-refused' ||
    error.code === 'graph-not-found' ||
    error.code === 'graph-missing-scope';
  return { kind: refused ? 'refused' : 'later', say: error.message };
};

/** The name as the tenant has it (microsoft-graph 4.6), with the text that DNS must show while it is unverified. */
export async function readDomain(graph: GraphClient, host: string): Promise<DomainSeen | GraphError> {
  try {
    const { body } = await graph.call('domain', { params: { 'domain-id': host } });
    if ((body as { isVerified?: unknown }).isVerified === true) return { is: 'verified' };
    const records = await graph.call('domainVerificationRecords', { params: { 'domain-id': host } });
    const { value } = (records.body ?? {}) as { value?: unknown };
    const txt = (Array.isArray(value) ? (value as { recordType?: unknown; text?: unknown }[]) : []).find(
      (one) => typeof one.text === 'string',
    )?.text;
    return { is: 'unverified', ...(typeof txt === 'string' && { txt }) };
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    return error.code === 'graph-not-found' ? { is: 'absent' } : error;
  }
}

/** The same when it is there already. */
export async function addDomain(graph: GraphClient, host: string): Promise<DomainWrite> {
  const seen = await readDomain(graph, host);
  if (!(seen instanceof GraphError) && seen.is !== 'absent') return { kind: 'done' };
  try {
    await graph.call('addDomain', { body: { id: host } });
    return { kind: 'done' };
  } catch (error) {
    return outcomeOf(error);
  }
}

export async function verifyDomain(graph: GraphClient, host: string): Promise<DomainWrite> {
  try {
    await graph.call('verifyDomain', { params: { 'domain-id': host } });
    return { kind: 'done' };
  } catch (error) {
    return outcomeOf(error);
  }
}

export interface ActivationAccount {
  readonly userId: string;
  readonly upn: string;
  readonly licensed: boolean;
}

export const activationUpn = (host: string): string => `activate@${host}`;

/**
 * A licensed account with a name in the domain, which is what makes Microsoft activate it (teams-direct-routing 3.3). It
 * cannot sign in: it is disabled and nobody knows its password. Found again by its name, so that it is never made twice.
 */
export async function makeActivationAccount(
  graph: GraphClient,
  host: string,
  country: string,
): Promise<
  { readonly kind: 'made'; readonly account: ActivationAccount } | Exclude<DomainWrite, { kind: 'done' }>
> {
  const upn = activationUpn(host);
  try {
    const sku = await freeTeamsSku(graph);
    if (sku === undefined)
      return {
        kind: 'refused',
        say: 'no free licence with Teams in the tenant: one seat is needed for some hours, any Teams licence will do',
      };
    const userId = (await findUser(graph, upn)) ?? (await createUser(graph, upn, country));
    await graph.call('assignLicense', {
      params: { 'user-id': userId },
      body: { addLicenses: [{ skuId: sku, disabledPlans: [] }], removeLicenses: [] },
    });
    return { kind: 'made', account: { userId, upn, licensed: true } };
  } catch (error) {
    return outcomeOf(error);
  }
}

/** Gives the seat back once the domain is active. The account stays, disabled: whether it may go is not documented. */
export async function releaseActivationLicence(
  graph: GraphClient,
  account: ActivationAccount,
): Promise<DomainWrite> {
  try {
    const { body } = await graph.call('user', {
      params: { 'user-id': account.userId },
      query: { $select: 'id,assignedLicenses' },
    });
    const assigned = (body as { assignedLicenses?: { skuId?: unknown }[] }).assignedLicenses ?? [];
    const skus = assigned.flatMap(({ skuId }) => (typeof skuId === 'string' ? [skuId] : []));
    if (skus.length > 0)
      await graph.call('assignLicense', {
        params: { 'user-id': account.userId },
        body: { addLicenses: [], removeLicenses: skus },
      });
    return { kind: 'done' };
  } catch (error) {
    if (error instanceof GraphError && error.code === 'graph-not-found') return { kind: 'done' };
    return outcomeOf(error);
  }
}

async function findUser(graph: GraphClient, upn: string): Promise<string | undefined> {
  try {
    const { body } = await graph.call('user', { params: { 'user-id': upn }, query: { $select: 'id' } });
    const { id } = body as { id?: unknown };
    return typeof id === 'string' ? id : undefined;
  } catch (error) {
    if (error instanceof GraphError && error.code === 'graph-not-found') return undefined;
    throw error;
  }
}

async function createUser(graph: GraphClient, upn: string, country: string): Promise<string> {
  const { body } = await graph.call('createUser', {
    body: {
      accountEnabled: false,
      displayName: 'Routing domain activation (may not sign in)',
      mailNickname: `activate-${upn.slice(upn.indexOf('@') + 1).split('.')[0]}`,
      userPrincipalName: upn,
      usageLocation: country,
      passwordProfile: {
        // Upper, lower, digit and sign, whatever the draw.
        password: `${randomBytes(24).toString('base64url')}aA1!`,
        forceChangePasswordNextSignIn: true,
      },
    },
  });
  const { id } = (body ?? {}) as { id?: unknown };
  if (typeof id !== 'string')
    throw new GraphError('graph-unexpected-answer', 'a user was made without an id', {
      operation: 'createUser',
    });
  return id;
}

/** A seat that is free and holds Teams: cheapest first is not known, so the one with the most free seats. */
async function freeTeamsSku(graph: GraphClient): Promise<string | undefined> {
  const { body } = await graph.call('subscribedSkus');
  const { value } = (body ?? {}) as { value?: unknown };
  const skus = Array.isArray(value) ? (value as Sku[]) : [];
  return skus
    .filter(
      (sku) =>
        sku.appliesTo !== 'Company' &&
        sku.capabilityStatus === 'Enabled' &&
        free(sku) > 0 &&
        sku.servicePlans?.some((plan) => teamsPlans.has(plan.servicePlanId?.toLowerCase() ?? '')),
    )
    .sort((a, b) => free(b) - free(a))[0]?.skuId;
}

interface Sku {
  readonly skuId?: string;
  readonly appliesTo?: string;
  readonly capabilityStatus?: string;
  readonly consumedUnits?: number;
  readonly prepaidUnits?: { readonly enabled?: number; readonly warning?: number };
  readonly servicePlans?: readonly { readonly servicePlanId?: string }[];
}

/** microsoft-graph 4.5. */
const free = ({ prepaidUnits, consumedUnits }: Sku): number =>
  (prepaidUnits?.enabled ?? 0) + (prepaidUnits?.warning ?? 0) - (consumedUnits ?? 0);
