import type {
  RoutingDomainBoard,
  RoutingDomainOutcome,
  RoutingDomainRefusal,
} from '@tandem/adapters/http/routing-domain-board.ts';
import { type Scope, seesAccount } from '@tandem/adapters/http/scope.ts';
import { compact } from '@tandem/adapters/http/views/shape.ts';
import type { RoutingDomainStep, RoutingDomainView } from '@tandem/contract';
import { hostFault, type RoutingDomain } from '@tandem/engine/routing-domain/routing-domain.ts';
import { routingScript } from '@tandem/engine/routing-domain/routing-script.ts';
import { carryOut, needsPreview, previewOf, writesOf } from './domain-steps.ts';
import type { DomainGround } from './ground.ts';
import { callingNameFor, callingOf, labelOf, namesFor } from './names.ts';
import { openReport, readBack, readReport, reportedDomain } from './read-back.ts';
import { viewOf } from './view.ts';
import { saidOf, stepsOf } from './words.ts';

/** A page that is looked at shows what is at most this old. */
const freshMs = 3_000;

/** What admins do with routing domains: every step that writes elsewhere is previewed, and all of them are in the audit. */
export function createDomainBoard(ground: DomainGround): RoutingDomainBoard {
  const { parts, kept, meansOf, look, note } = ground;
  const { clock } = parts;
  const shown = (domain: RoutingDomain): RoutingDomainView =>
    viewOf(domain, meansOf(domain), parts.voicemailOf(domain.accountId));
  const find = (scope: Scope, id: string): RoutingDomain | undefined => {
    const domain = kept.of(id);
    return domain && scope.kind !== 'person' && seesAccount(scope, domain.accountId) ? domain : undefined;
  };
  const done = (id: string): RoutingDomainOutcome => {
    const domain = kept.of(id);
    return domain ? { kind: 'done', domain: shown(domain) } : { kind: 'unknown' };
  };

  const board: RoutingDomainBoard = {
    list: (scope) =>
      scope.kind === 'person'
        ? []
        : kept
            .all()
            .filter(({ accountId }) => seesAccount(scope, accountId))
            .map(shown),
    async read(scope, id) {
      const domain = find(scope, id);
      if (!domain) return undefined;
      if (clock.wall() - (domain.checkedWallMs ?? 0) > freshMs) await look(id);
      return shown(kept.of(id) ?? domain);
    },
    async create(wanted, by) {
      const { accountId, connectionId } = wanted;
      const account = parts.accountOf(accountId);
      if (!account) return { kind: 'unknown' };
      if (!parts.connections.all(accountId).some((one) => one.connectionId === connectionId))
        return { kind: 'invalid', field: 'connection', say: 'the account has no such connection' };
      const host = (wanted.host ?? `${labelOf(account.name)}.${parts.baseDomain}`).toLowerCase();
      const fault = hostFault(host, parts.baseDomain);
      if (fault !== undefined) return { kind: 'invalid', field: 'host', say: fault };
      const domain: RoutingDomain = {
        id: parts.newId(),
        accountId,
        connectionId,
        host,
        state: 'WANTED',
        sinceWallMs: clock.wall(),
        routing: wanted.routing ?? namesFor(account.name),
      };
      const made = await parts.stores.routingDomains.create(domain);
      if (!made.ok) return made.refusal.kind === 'taken' ? { kind: 'host-taken' } : { kind: 'unknown' };
      kept.add(domain);
      await parts.refresh();
      await note('routing-domain.create', by, domain, { after: { host, ...domain.routing } });
      await look(domain.id);
      return done(domain.id);
    },
    preview(scope, id, step) {
      const domain = find(scope, id);
      if (!domain) return { kind: 'unknown' };
      if (!stepsOf(domain, meansOf(domain)).includes(step)) return notNow(domain, step);
      const [writes, undo] = writesOf(domain, meansOf(domain), step);
      return { kind: 'preview', preview: previewOf(domain, meansOf(domain), step), writes, undo };
    },
    async step(scope, id, step, preview, by) {
      const domain = find(scope, id);
      if (!domain) return { kind: 'unknown' };
      if (!stepsOf(domain, meansOf(domain)).includes(step)) return notNow(domain, step);
      if (needsPreview.has(step) && preview !== previewOf(domain, meansOf(domain), step))
        return { kind: 'preview-outdated' };
      const refusal = await carryOut(ground, domain, step);
      const [writes] = writesOf(domain, meansOf(domain), step);
      await note(`routing-domain.${step}`, by, domain, {
        after: { writes, ...(refusal && 'say' in refusal ? { refused: refusal.say } : {}) },
      });
      return refusal ?? done(id);
    },
    async chooseCalling(scope, id, holdMusic, by) {
      const domain = find(scope, id);
      if (!domain) return { kind: 'unknown' };
      const { calling, ...routing } = domain.routing;
      const wanted = holdMusic && { policy: calling?.policy ?? callingNameFor(routing.policy), holdMusic };
      await kept.put({ ...domain, routing: wanted ? { ...routing, calling: wanted } : routing });
      await note('routing-domain.calling', by, domain, {
        before: { calling: calling ?? null },
        after: { calling: wanted ?? null },
      });
      return done(id);
    },
    async script(scope, id, by) {
      const domain = find(scope, id);
      const account = domain && parts.accountOf(domain.accountId);
      if (!domain || !account) return { kind: 'unknown' };
      const connection = parts.connections
        .all(domain.accountId)
        .find((one) => one.connectionId === domain.connectionId);
      if (!connection)
        return { kind: 'wrong-state', say: 'The connection with this tenant is not there any more.' };
      const report = await openReport(ground, domain);
      await note('routing-domain.script', by, domain);
      return {
        kind: 'script',
        script: routingScript({
          accountName: account.name,
          tenantId: connection.tenantId,
          hosts: [domain.host],
          routing: domain.routing,
          ...compact({ calling: callingOf(parts, domain) }),
          ...(report && { report: { url: report.url, token: report.token } }),
        }),
        fileName: `voice-routing-${domain.host.split('.')[0]}.ps1`,
        ...(report && { reportsTo: report.url, endsAtWallMs: report.endsAtWallMs }),
      };
    },
    async paste(scope, id, text, by) {
      const domain = find(scope, id);
      if (!domain) return { kind: 'unknown' };
      const report = readReport(text);
      if (typeof report === 'string') return { kind: 'invalid', field: 'report', say: report };
      await readBack(ground, id, report, 'paste');
      await note('routing-domain.read-back', by, domain);
      return done(id);
    },
    async report(body) {
      const id = await reportedDomain(ground, body.token ?? '');
      const domain = id === undefined ? undefined : await readBack(ground, id, body, 'script');
      if (!domain) return undefined;
      await note('routing-domain.read-back', { kind: 'system', name: 'routing script' }, domain);
      return saidOf(domain, meansOf(domain)).sentence;
    },
    async startOver(scope, id, host, by) {
      const domain = find(scope, id);
      if (!domain) return { kind: 'unknown' };
      if (host.toLowerCase() === domain.host)
        return { kind: 'invalid', field: 'host', say: 'must be another name than the one that is stuck' };
      const fault = hostFault(host.toLowerCase(), parts.baseDomain);
      if (fault !== undefined) return { kind: 'invalid', field: 'host', say: fault };
      // The seat that was lent to the old name is the one that the new name needs.
      if (domain.activation?.licensed && meansOf(domain).setup) {
        const refusal = await carryOut(ground, domain, 'clean-up');
        if (refusal) return refusal;
      }
      const made = await board.create({ ...domain, host, routing: domain.routing }, by);
      if (made.kind === 'done') await board.remove(scope, id, by);
      return made;
    },
    async remove(scope, id, by) {
      const domain = find(scope, id);
      if (!domain || !(await parts.stores.routingDomains.remove(domain.accountId, id))) return false;
      kept.drop(domain);
      await parts.refresh();
      await note('routing-domain.delete', by, domain, { before: { host: domain.host } });
      return true;
    },
  };
  return board;
}

const notNow = (domain: RoutingDomain, step: RoutingDomainStep): RoutingDomainRefusal => ({
  kind: 'wrong-state',
  say: `${domain.host} is ${domain.state}: the step ${step} cannot be taken now.`,
});
