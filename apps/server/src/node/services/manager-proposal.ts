import type { GraphClient } from '@tandem/adapters/graph/graph-client.ts';
import { GraphError } from '@tandem/adapters/graph/graph-error.ts';
import { readManager } from '@tandem/adapters/graph/read-manager.ts';
import type { ManagerProposal } from '@tandem/contract';
import type { AccountId, Person } from '@tandem/domain';

const otherwise = 'Choose who is rung, or leave it to the rule of the account.';

/**
 * Whom Microsoft names as a person's manager, and whether that is somebody who can be rung here (product-behaviour 1.4, leaver
 * rule). Asked when somebody looks; nothing is set by itself, and nothing is kept.
 */
export async function managerOf(
  person: Person,
  graph: Pick<GraphClient, 'call'> | undefined,
  objectId: string | undefined,
  /** People of the account by their object id. */
  peopleOf: (accountId: AccountId) => ReadonlyMap<string, Person>,
): Promise<ManagerProposal> {
  const { id: personId, accountId, displayName } = person;
  const said = (
    status: ManagerProposal['status'],
    sentence: string,
    more: Partial<ManagerProposal> = {},
  ): ManagerProposal => ({ personId, status, sentence, ...more });
  if (!graph)
    return said('not-connected', `Microsoft 365 is not connected, so it names no manager. ${otherwise}`);
  if (objectId === undefined)
    return said('not-matched', `No Microsoft user matches ${displayName}. ${otherwise}`);
  try {
    const found = await readManager(graph as GraphClient, objectId);
    if (!found) return said('none', `Microsoft names no manager of ${displayName}. ${otherwise}`);
    const manager = { displayName: found.displayName, upn: found.upn };
    const here = peopleOf(accountId).get(found.objectId);
    if (!here?.active || here.id === personId)
      return said(
        'not-here',
        `At Microsoft the manager of ${displayName} is ${found.displayName}, who is no active person of this account. ${otherwise}`,
        { manager },
      );
    return said('found', `At Microsoft the manager of ${displayName} is ${found.displayName}.`, {
      manager,
      leaver: { kind: 'person', personId: here.id },
    });
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    return error.code === 'graph-missing-scope'
      ? said(
          'not-permitted',
          `The permission User.Read.All is missing, so the manager cannot be read. ${otherwise}`,
        )
      : said('unavailable', `Microsoft does not say now who the manager is. ${otherwise}`);
  }
}
