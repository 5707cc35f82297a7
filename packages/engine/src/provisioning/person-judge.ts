import type { Account, Person } from '@tandem/domain';
import { type CallOutcome, callOutcome, duringChange } from './call-outcome.ts';
import type { AccountPolicy } from './decide-events.ts';
import { type Entry, numberToAsk } from './entry.ts';
import { evaluateReadiness } from './evaluate-readiness.ts';
import type { MicrosoftFacts, OwnFacts, TenantFacts } from './facts.ts';
import { LicencePool } from './licence-pool.ts';
import { ownFactsOf } from './own-facts.ts';
import type { Judged, ProvisionerDeps } from './provisioner-deps.ts';
import { linkFactsOf, reconcileLink } from './reconcile-link.ts';
import { type ProvisioningSettings, wantedPolicies } from './settings.ts';
import { sinceOf } from './since.ts';

/** What is known of one account and its tenant, and what follows from it for one person. Nothing here waits. */
export class PersonJudge {
  readonly pool = new LicencePool();
  readonly #deps: Pick<ProvisionerDeps, 'clock' | 'claimedElsewhere' | 'routing' | 'heldNumber'>;
  #account: Account;
  #settings: ProvisioningSettings;
  #tenant: TenantFacts;

  constructor(
    account: Account,
    settings: ProvisioningSettings,
    deps: Pick<ProvisionerDeps, 'clock' | 'claimedElsewhere' | 'routing' | 'heldNumber'>,
  ) {
    this.#account = account;
    this.#settings = settings;
    this.#deps = deps;
    this.#tenant = { connection: { is: 'connected' }, ...this.#routing() };
  }

  get settings(): ProvisioningSettings {
    return this.#settings;
  }
  get tenant(): TenantFacts {
    return this.#tenant;
  }

  /** Our own rules, as they are now. True: they are others than before. */
  rules(account: Account, settings: ProvisioningSettings): boolean {
    const other = JSON.stringify([this.#account, this.#settings]) !== JSON.stringify([account, settings]);
    this.#account = account;
    this.#settings = settings;
    this.routingChanged();
    return other;
  }

  routingChanged(): void {
    this.#tenant = { ...this.#tenant, ...this.#routing() };
  }

  /** What a reading said of the whole tenant. `missing`: an object of the voice route that Microsoft does not have. */
  tenantSays({ connection, trouble }: Pick<TenantFacts, 'connection' | 'trouble'>, missing?: string): void {
    const { routing, ...rest } = this.#routing();
    this.#tenant = {
      connection,
      ...rest,
      routing: missing === undefined ? routing : { is: 'missing', object: missing },
      ...(trouble && { trouble }),
    };
  }

  /** `room`: there is a place for one more write at Microsoft. */
  policy(room: boolean): AccountPolicy {
    const { graceSeconds, mode, drift, standby = false } = this.#settings;
    return { graceSeconds, mode, standby, drift, room };
  }

  wantedFor(entry: Readonly<Entry>): ReturnType<typeof wantedPolicies> {
    const { facts, link } = entry;
    const user = facts?.user;
    return wantedPolicies(this.#settings, user && user !== 'unread' ? user : undefined, link.accepted);
  }

  /** With the person as the caller has it, which may be newer than ours. */
  judge(entry: Readonly<Entry>, person: Person, account: Account = this.#account): Judged {
    const own = this.ownFacts({ ...entry, person }, account);
    const report = evaluateReadiness(own, this.factsFor(entry), this.#deps.clock.wall());
    const { facts, link } = entry;
    return {
      report: sinceOf(report, entry.since),
      state: link.state,
      ...(facts && { checkedAtWallMs: facts.readAtWallMs }),
    };
  }

  /** What calls get, and since when each check is as it is. */
  outcomeOf(entry: Entry, room: boolean): CallOutcome {
    const now = this.#deps.clock.wall();
    const own = this.ownFacts(entry);
    const facts = this.factsFor(entry);
    const report = evaluateReadiness(own, facts, now);
    for (const { id, status, code } of report.checks) {
      const as = `${status} ${code ?? ''}`;
      if (entry.since.get(id)?.as !== as) entry.since.set(id, { as, sinceWallMs: now });
    }
    // Calls follow where the link is going, also while a step before that is still being stored or written.
    const ahead = entry.busy
      ? reconcileLink(entry.link, own, facts, this.policy(room), now).link
      : entry.link;
    const wanted = entry.person?.numbers[0];
    return duringChange(callOutcome(ahead, report, wanted), entry.link, wanted);
  }

  ownFacts(
    entry: Pick<Entry, 'person' | 'shares' | 'sharesUser' | 'evidence' | 'link' | 'signs' | 'facts'>,
    account: Account = this.#account,
  ): OwnFacts {
    const { clientSeen, onlyWebClient } = entry.evidence;
    const { answered404WallMs, edgeRefused } = entry.signs;
    const now = this.#deps.clock.wall();
    const lately = (wallMs: number | undefined): boolean =>
      wallMs !== undefined && now - wallMs < 24 * 3_600_000;
    const [group] = this.#settings.enableGroups;
    const names = this.#settings.enableGroups.map(({ name }) => name).join(' or ');
    const own = ownFactsOf({
      account,
      person: entry.person,
      tenant: this.#tenant,
      ...(group && { enableGroup: names, enableGroupId: group.id }),
      mode: this.#settings.mode,
      wanted: this.wantedFor(entry as Entry),
      licences: this.pool.counts,
      sharesIdentityWith: [...entry.shares, ...entry.sharesUser],
      clientSeen,
      onlyWebClient,
      teamsAnswered404: lately(answered404WallMs),
      edgeRefused: lately(edgeRefused?.wallMs) ? edgeRefused?.reason : undefined,
      nowWallMs: now,
    });
    const number = own.person?.number;
    const stands = number !== undefined && entry.link.assignedNumber === number;
    const heldNumber = stands || !entry.person ? undefined : this.#deps.heldNumber?.(entry.person);
    return {
      ...own,
      ...(own.person && heldNumber && { person: { ...own.person, heldNumber } }),
      link: linkFactsOf(entry.link),
    };
  }

  /** A reading about another number says nothing about the one that counts now, and leaving counts after a while only. */
  factsFor(
    entry: Pick<Entry, 'facts' | 'factsNumber' | 'link' | 'person' | 'leftWallMs'>,
  ): MicrosoftFacts | undefined {
    const { facts, leftWallMs, link } = entry;
    if (!facts) return undefined;
    const { user } = facts;
    const claimedBy =
      user && user !== 'unread' && facts.inEnableGroup === true
        ? this.#deps.claimedElsewhere?.(user.objectId)
        : undefined;
    const settling =
      facts.inEnableGroup === false &&
      link.assignedNumber !== undefined &&
      leftWallMs !== undefined &&
      this.#deps.clock.wall() - leftWallMs < this.#settings.settleSeconds * 1_000;
    const otherNumber = entry.factsNumber !== numberToAsk(entry);
    if (claimedBy === undefined && !settling && !otherNumber) return facts;
    return {
      ...facts,
      ...(otherNumber && { number: 'unread' as const }),
      ...(settling && { inEnableGroup: true }),
      ...(claimedBy !== undefined && { claimedBy }),
    };
  }

  #routing(): Pick<TenantFacts, 'domain' | 'routing' | 'edgeSilent' | 'withoutCalling'> {
    const seen = this.#deps.routing?.() ?? {};
    if (!this.#settings.routingByHand) return { domain: 'unread', routing: 'unread', ...seen };
    const { withoutCalling } = seen;
    // Who keeps domain and route by hand may run the script all the same: what it says of calling policies counts.
    return {
      domain: { is: 'by-hand' },
      routing: { is: 'by-hand' },
      ...(withoutCalling && { withoutCalling }),
    };
  }
}
