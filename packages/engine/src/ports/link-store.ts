import type { AccountId, Link, PersonId } from '@tandem/domain';
import type { OwnPerson } from '../provisioning/facts.ts';

/** What was seen of a person's Teams clients (product-behaviour 1.7). */
export interface ClientEvidence {
  readonly clientSeen?: NonNullable<OwnPerson['clientSeen']>;
  /** The person said that they have Teams in a browser only: calls that it answers prove nothing about a desktop client. */
  readonly onlyWebClient: boolean;
}

export interface StoredLink {
  readonly accountId: AccountId;
  readonly personId: PersonId;
  /** Absent: only evidence is known. */
  readonly link?: Link;
  readonly evidence: ClientEvidence;
}

/** Where links are kept. A write to Microsoft starts only after its link was saved. Rejects while the store is away. */
export interface LinkKeeper {
  save(link: Link): Promise<void>;
  noteClient(accountId: AccountId, personId: PersonId, evidence: ClientEvidence): Promise<void>;
  remove(accountId: AccountId, personId: PersonId): Promise<void>;
}
