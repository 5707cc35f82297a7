import {
  fixOf,
  type LinkState,
  type PolicyField,
  policyFields,
  type ReadinessCheck,
  type ReadinessCheckId,
  type ReadinessCode,
  type ReadinessOwner,
  type ReadinessParams,
  type ReadinessReport,
  type ReadinessStatus,
  readinessChecks,
  readinessCodes,
  reportOf,
  sentenceOf,
} from '@tandem/domain';
import { keepsFromCalling } from '../routing-domain/calling-policy.ts';
import type { MicrosoftFacts, NumberFacts, OwnFacts } from './facts.ts';
import { fixLinkOf } from './fix-links.ts';
import { policiesMissing } from './policies.ts';

/** Two full rounds of the reconciler (product-behaviour 1.2: every 15 min). Older facts are not facts. */
export const factsAgeLimitMs = 30 * 60_000;
const dayMs = 86_400_000;

type Judgement = Omit<ReadinessCheck, 'id' | 'name'>;

const good = (sentence: string): Judgement => ({ status: 'green', sentence, owner: 'nobody', fix: '' });
const unknown = (sentence: string): Judgement => ({
  status: 'unknown',
  sentence,
  owner: 'microsoft',
  fix: 'Wait for the next reading; if it stays, look at the connection to Microsoft 365.',
});
/** Not there to be looked at because of a check above: whoever settles that one settles this. */
const follows = (sentence: string): Judgement => ({ status: 'unknown', sentence, owner: 'nobody', fix: '' });
const waiting = (sentence: string, owner: ReadinessOwner, fix: string): Judgement => ({
  status: 'amber',
  sentence,
  owner,
  fix,
});

function finding(
  status: ReadinessStatus,
  code: ReadinessCode,
  params: ReadinessParams = {},
  sinceWallMs?: number,
): Judgement {
  const row: (typeof readinessCodes)[ReadinessCode] = readinessCodes[code];
  return {
    status,
    code,
    sentence: sentenceOf(code, params),
    owner: row.owners[0],
    fix: fixOf(code, params),
    ...(sinceWallMs !== undefined && { sinceWallMs }),
    ...('usualSeconds' in row && row.usualSeconds !== undefined && { usualSeconds: row.usualSeconds }),
    ...('worstSeconds' in row && row.worstSeconds !== undefined && { worstSeconds: row.worstSeconds }),
  };
}
const red = (code: ReadinessCode, params?: ReadinessParams, sinceWallMs?: number): Judgement =>
  finding('red', code, params, sinceWallMs);
const amber = (code: ReadinessCode, params?: ReadinessParams, sinceWallMs?: number): Judgement =>
  finding('amber', code, params, sinceWallMs);

/**
 * All thirteen prerequisites in their order (product-behaviour 1.1), each with a sentence. `microsoft` is undefined when
 * Graph was not asked. What is not read, or was read too long ago, is unknown: a false "ready" is a defect, a late one
 * is not.
 */
export function evaluateReadiness(
  own: OwnFacts,
  microsoft: MicrosoftFacts | undefined,
  nowWallMs: number,
): ReadinessReport {
  const fresh = microsoft && nowWallMs - microsoft.readAtWallMs <= factsAgeLimitMs ? microsoft : undefined;
  const why =
    microsoft === undefined
      ? 'Microsoft has not been read yet.'
      : `Microsoft was last read ${Math.floor((nowWallMs - microsoft.readAtWallMs) / 60_000)} min ago.`;
  const judgements: readonly Judgement[] = [
    accountCheck(own),
    tenantCheck(own, nowWallMs),
    personCheck(own),
    fresh ? userCheck(own, fresh) : unknown(why),
    identityCheck(own, fresh, why),
    fresh ? groupCheck(own, fresh) : unknown(why),
    numberCheck(own, fresh),
    own.person?.teamsToggle === false
      ? red('PRV-303')
      : own.person
        ? good('Teams calling is on.')
        : noPerson(),
    fresh ? licenceCheck(fresh, own) : unknown(why),
    platformLicenceCheck(own),
    fresh ? microsoftNumberCheck(own, fresh, nowWallMs) : unknown(why),
    fresh ? policyCheck(own, fresh) : unknown(why),
    clientCheck(own, nowWallMs),
  ];
  const user = microsoft?.user;
  const place = {
    ...(own.account.enableGroupId !== undefined && { groupId: own.account.enableGroupId }),
    ...(own.person?.id !== undefined && { personId: own.person.id }),
    ...(user && user !== 'unread' && { objectId: user.objectId }),
  };
  const holder = microsoft && microsoft.number !== 'unread' ? objectIdIn(microsoft.number.holder) : {};
  return reportOf(
    judgements.map((judgement, id) => {
      // The line value of somebody else is cleared at theirs.
      const link = fixLinkOf(judgement.code, judgement.code === 'PRV-306' ? { ...place, ...holder } : place);
      return {
        id: id as ReadinessCheckId,
        name: readinessChecks[id as ReadinessCheckId],
        ...judgement,
        ...(link !== undefined && { link }),
      };
    }),
  );
}

const objectIdIn = (holder: NumberFacts['holder']): { readonly objectId?: string } =>
  holder.is === 'other' && holder.objectId !== undefined ? { objectId: holder.objectId } : {};

const noPerson = (): Judgement => follows('There is no platform user to look at.');

function accountCheck(own: OwnFacts): Judgement {
  if (own.account.suspended) return red('PRV-004', { state: 'suspended' });
  if (!own.account.teamsEnabled) return red('PRV-004', { state: 'not enabled for Teams by the operator' });
  return good('The account may use Teams.');
}

function tenantCheck(own: OwnFacts, nowWallMs: number): Judgement {
  const { connection, domain, routing, edgeSilent } = own.tenant;
  switch (connection.is) {
    case 'never':
      return red('PRV-001');
    case 'lost':
      return red('PRV-001', {}, connection.sinceWallMs);
    case 'missing-scope':
      return red('PRV-002', { scope: connection.scope });
    case 'credential-expired':
      return red('PRV-003', { date: connection.date });
    case 'connected':
  }
  if (domain !== 'unread' && domain.is === 'unverified') return red('PRV-010', { value: domain.txt });
  if (domain !== 'unread' && domain.is === 'verified') {
    return nowWallMs - domain.sinceWallMs > dayMs
      ? red('PRV-012', {}, domain.sinceWallMs)
      : red('PRV-011', { domain: domain.name }, domain.sinceWallMs);
  }
  if (routing !== 'unread' && routing.is === 'missing') return red('PRV-013', { object: routing.object });
  if (domain === 'unread' || routing === 'unread')
    return unknown('The routing domain has not been read yet.');
  if (own.tenant.trouble?.is === 'unavailable') return silent(own.tenant.trouble.sinceWallMs);
  if (own.tenant.trouble?.is === 'clock-differs') return amber('PRV-005', {}, own.tenant.trouble.sinceWallMs);
  if (own.tenant.trouble?.is === 'throttled')
    return amber('PRV-503', { time: clockTime(own.tenant.trouble.untilWallMs) });
  if (edgeSilent) return amber('PRV-014', { fqdn: edgeSilent.fqdn, n: edgeSilent.minutes });
  return good(
    domain.is === 'by-hand' || routing.is === 'by-hand'
      ? 'Microsoft 365 is connected; domain and routing are kept by hand.'
      : 'Microsoft 365 is connected, domain and routing stand.',
  );
}

/** Graph does not answer: nothing is lost by it, and nothing is verified. */
const silent = (sinceWallMs: number): Judgement => ({
  ...unknown(`Microsoft does not answer; not verified since ${clockTime(sinceWallMs)}.`),
  fix: 'Wait; calls go on meanwhile.',
  sinceWallMs,
});

const clockTime = (wallMs: number): string => `${new Date(wallMs).toISOString().slice(0, 19)}Z`;

function personCheck(own: OwnFacts): Judgement {
  if (!own.person) return red('PRV-101');
  return own.person.active ? good(`${own.person.displayName} is active.`) : red('PRV-102');
}

function userCheck(own: OwnFacts, microsoft: MicrosoftFacts): Judgement {
  const { user } = microsoft;
  if (user === 'unread') return unknown('The Microsoft user has not been read yet.');
  if (user === null) {
    const found = red('PRV-201', own.person?.mail === undefined ? {} : { mail: own.person.mail });
    const near = microsoft.nearest ?? [];
    return near.length === 0
      ? found
      : { ...found, sentence: `${found.sentence} Nearest: ${near.slice(0, 3).join(', ')}.` };
  }
  if (user.deletedOn !== undefined) return red('PRV-207', { date: user.deletedOn });
  if (user.guest) return red('PRV-203');
  // Resource accounts are disabled users at Microsoft (microsoft-graph 4.1): the more telling finding goes first.
  if (user.kind === 'resource') return red('PRV-204');
  // Teams calls everybody ineligible who has no licence for it: then the licence is what is missing, and row 8 says so.
  const unlicensed = microsoft.licence !== 'unread' && microsoft.licence.phone === 'missing';
  if (user.kind === 'ineligible' && !unlicensed) return red('PRV-204');
  if (!user.enabled) return red('PRV-202');
  if (user.kind === 'on-premises') return red('PRV-208');
  return good(`Matches ${user.upn} at Microsoft.`);
}

function identityCheck(own: OwnFacts, microsoft: MicrosoftFacts | undefined, why: string): Judgement {
  const [other] = own.person?.sharesIdentityWith ?? [];
  if (own.person && other !== undefined) {
    const mail = own.person.mail === undefined ? {} : { mail: own.person.mail };
    return red('PRV-111', { a: own.person.displayName, b: other, ...mail });
  }
  const [match] = microsoft?.alsoMatches ?? [];
  if (microsoft && match !== undefined) {
    const first = microsoft.user !== 'unread' && microsoft.user !== null ? { upn1: microsoft.user.upn } : {};
    return red('PRV-112', { ...first, upn2: match });
  }
  if (!microsoft || microsoft.user === 'unread') return unknown(why);
  return good('The identity belongs to one person.');
}

function groupCheck(own: OwnFacts, microsoft: MicrosoftFacts): Judgement {
  const { enableGroup, mode } = own.account;
  const group = enableGroup === undefined ? {} : { group: `the group ${enableGroup}` };
  if (microsoft.claimedBy !== undefined) return red('PRV-206', { x: microsoft.claimedBy });
  if (mode === 'manual') return good('Each person is switched on by hand; no group is needed.');
  if (microsoft.inEnableGroup === 'unread') return unknown('The enable group has not been read yet.');
  if (!microsoft.inEnableGroup) return red('PRV-205', group);
  if (mode === 'mixed' && own.link.approved !== true) return red('PRV-209', group);
  const via = microsoft.via ?? [];
  const path = via.length === 0 ? '' : ` via ${via.join(', ')}`;
  return good(`Is in ${group.group ?? 'the enable group'}${path}.`);
}

function numberCheck(own: OwnFacts, microsoft: MicrosoftFacts | undefined): Judgement {
  const { person } = own;
  if (!person) return noPerson();
  if (person.invalidNumber) {
    const { text, suggestion } = person.invalidNumber;
    return red('PRV-302', { n: text, ...(suggestion !== undefined && { suggestion }) });
  }
  if (person.heldNumber)
    return red('PRV-307', { date: person.heldNumber.until, reason: person.heldNumber.reason });
  if (person.number === undefined) return red('PRV-301');
  const user = microsoft?.user;
  const country = user && user !== 'unread' ? user.country?.toUpperCase() : undefined;
  if (country !== undefined && person.numberCountry !== undefined && country !== person.numberCountry)
    return amber('PRV-308', { x: country, y: person.numberCountry });
  return good(`Has ${person.number}.`);
}

function licenceCheck(microsoft: MicrosoftFacts, own: OwnFacts): Judgement {
  const { licence, number } = microsoft;
  if (licence === 'unread') return unknown('The Microsoft licence has not been read yet.');
  if (licence.phone === 'missing') {
    const assigned =
      own.link.code === 'PRV-405' ||
      (own.link.state === 'REMOVE_FAILED' && number !== 'unread' && number.holder.is === 'this-person');
    if (assigned) return red('PRV-405');
    // Without a look at the tenant's stock nothing is said about it.
    return red('PRV-401', licence.spare ? { k: licence.spare.count, sku: licence.spare.sku } : {});
  }
  if (licence.callingPlan) return red('PRV-404');
  if (licence.phone === 'pending' || licence.seenByTeams === false) return red('PRV-403');
  if (licence.seenByTeams === 'unread')
    return unknown('Teams has not been asked whether it sees the licence.');
  if (licence.phone === 'warning')
    return waiting(
      'The Microsoft licence is in its grace period: Teams Phone will stop when it ends.',
      'entra-admin',
      'Renew the licence.',
    );
  return good('Has Teams and Teams Phone at Microsoft.');
}

function platformLicenceCheck(own: OwnFacts): Judgement {
  const { person } = own;
  if (!person) return noPerson();
  if (person.platformLicence) return good('Has a Teams licence of the platform.');
  const counts = person.licences ? { used: person.licences.used, n: person.licences.total } : {};
  return red('PRV-402', counts);
}

function microsoftNumberCheck(own: OwnFacts, microsoft: MicrosoftFacts, nowWallMs: number): Judgement {
  const { number: seen, user } = microsoft;
  const number = own.person?.number;
  if (number === undefined) return follows('There is no number to look for at Microsoft.');
  if (user === 'unread' || user === null) return follows('There is no Microsoft user to look at.');
  if (seen === 'unread') return unknown("Microsoft's number inventory has not been read yet.");
  // At somebody else: that is whose line value is to be cleared.
  if (seen.onPremises)
    return red('PRV-306', seen.holder.is === 'other' ? { whose: ` of ${seen.holder.upn}` } : { whose: '' });
  if (seen.holder.is === 'other')
    return red('PRV-304', { n: number, upn: seen.holder.upn, state: seen.holder.state });
  if (seen.type !== null && seen.type !== 'directRouting') {
    const type = seen.type === 'callingPlan' ? 'Calling Plan' : 'Operator Connect';
    return red('PRV-305', { n: number, type });
  }
  const { link } = own;
  if (link.state === 'FAILED')
    return red(
      link.code ?? 'PRV-501',
      link.reason === undefined ? {} : { reason: link.reason },
      link.sinceWallMs,
    );
  if (seen.holder.is === 'this-person' && !seen.pending) {
    if (seen.voiceEnabled === 'unread') return unknown('Enterprise voice has not been read yet.');
    if (!seen.voiceEnabled)
      return link.state === 'READY' || link.state === 'DRIFTED'
        ? red('PRV-505', {}, link.sinceWallMs)
        : waiting('Microsoft has the number; voice is not on yet.', 'microsoft', 'Wait.');
    return good(`${number} is assigned at Microsoft, voice is on.`);
  }
  if (link.state === 'STANDBY')
    return waiting(
      `${number} is kept in reserve: calls in Teams are with another provider.`,
      'platform-admin',
      'Nothing, until you want to switch over: then end the standby under Microsoft Teams > People.',
    );
  if (link.throttledUntilWallMs !== undefined && link.throttledUntilWallMs > nowWallMs)
    return amber('PRV-503', { time: clockTime(link.throttledUntilWallMs) });
  if (link.state === 'READY' || link.state === 'DRIFTED') {
    const now = seen.otherNumber ?? 'none';
    // Offered all the same, but Microsoft does not find the person under this number any more: no call gets through.
    return red('PRV-506', { field: 'number', old: number, new: now }, link.sinceWallMs);
  }
  if (link.state === 'PROPAGATING') {
    const minutes = Math.floor((nowWallMs - link.sinceWallMs) / 60_000);
    return amber('PRV-504', { t: minutes < 1 ? 'a moment' : `${minutes} min` }, link.sinceWallMs);
  }
  const assigning = link.state === 'ASSIGNING' || seen.pending;
  return {
    ...waiting(
      assigning ? `Microsoft is assigning ${number}.` : `${number} is not assigned at Microsoft yet.`,
      assigning ? 'microsoft' : 'vendor',
      'Wait; Tandem assigns it once everything above is in order.',
    ),
    sinceWallMs: link.sinceWallMs,
    ...(assigning && { usualSeconds: 10, worstSeconds: 1_800 }),
  };
}

const policyWords: Readonly<Record<PolicyField, string>> = {
  voiceRouting: 'voice routing policy',
  calling: 'calling policy',
  dialPlan: 'dial plan',
};

function policyCheck(own: OwnFacts, microsoft: MicrosoftFacts): Judgement {
  if (microsoft.policies !== 'unread') {
    // Whoever keeps the policies: with this one Teams refuses every call of the person.
    const { name } = microsoft.policies.calling;
    if (keepsFromCalling(name, own.tenant.withoutCalling))
      return red('PRV-507', { policy: name ?? 'Global' });
  }
  const { wanted, link } = own;
  const managed = policyFields.filter((field) => wanted?.[field]);
  if (managed.length === 0) return good('The voice routing policy is kept by hand.');
  if (microsoft.policies === 'unread') return unknown('The policies have not been read yet.');
  const [missing] = policiesMissing(wanted, microsoft.policies);
  if (!missing)
    return good(
      `Has ${managed.map((field) => `the ${policyWords[field]} ${wanted?.[field]?.name ?? 'of the tenant'}`).join(', ')}.`,
    );
  if (link.code === 'PRV-502')
    return red('PRV-502', link.reason === undefined ? {} : { reason: link.reason });
  const { field, name, assign } = missing;
  const now = microsoft.policies[field].name;
  const what = `${policyWords[field]} ${name ?? 'of the tenant'}`;
  const wrote = link.policies?.[field];
  if (wrote?.seen && wrote.name === name)
    return amber('PRV-506', { field: policyWords[field], old: name ?? 'none', new: now ?? 'none' });
  if (wrote && wrote.name === name)
    return {
      ...waiting(`Microsoft took the ${what} and does not show it yet.`, 'microsoft', 'Wait.'),
      sinceWallMs: wrote.wroteWallMs,
      usualSeconds: 600,
      worstSeconds: 86_400,
    };
  return assign
    ? {
        ...waiting(`The ${what} is not assigned yet.`, 'vendor', 'Wait; Tandem assigns it.'),
        usualSeconds: 30,
        worstSeconds: 86_400,
      }
    : {
        ...waiting(
          `The ${what} is not in effect; a group of the tenant shall give it.`,
          'teams-admin',
          'See that the policy is granted to a group of which the person is a direct member; Microsoft takes up to 24 h.',
        ),
        usualSeconds: 3_600,
        worstSeconds: 86_400,
      };
}

/** Microsoft has accepted the number, and it has not been taken back. */
const assignedStates: ReadonlySet<LinkState> = new Set([
  'PROPAGATING',
  'AWAITING_RELAUNCH',
  'READY',
  'DRIFTED',
  'DEGRADED',
]);

/** Never red: calls are offered anyway (product-behaviour 1.7). */
function clientCheck(own: OwnFacts, nowWallMs: number): Judgement {
  const { person, link } = own;
  if (!person) return noPerson();
  // Without a number at Microsoft nobody's client works, whatever was seen of it before: no call is offered then.
  if (!assignedStates.has(link.state)) {
    return follows(
      link.state === 'REMOVING' || link.state === 'REMOVE_FAILED'
        ? 'The number is being taken back at Microsoft; a client cannot have it.'
        : link.state === 'ASSIGNING'
          ? 'Microsoft is still assigning the number; a client has it afterwards.'
          : 'The number has not been assigned yet; a client cannot have it.',
    );
  }
  const accepted = link.acceptedWallMs;
  const seen = person.clientSeen;
  // The person said so last. A call that the browser answered proves nothing about the desktop client.
  if (person.onlyWebClient && accepted !== undefined && seen?.by !== 'override')
    return amber('PRV-601', {}, accepted);
  if (person.teamsAnswered404)
    return amber('PRV-701', person.number === undefined ? {} : { n: person.number });
  if (person.edgeRefused !== undefined) return amber('PRV-702', { reason: person.edgeRefused });
  if (seen && (seen.by === 'override' || accepted === undefined || seen.wallMs >= accepted))
    return accepted === undefined && seen.by !== 'override'
      ? follows('The number has not been assigned yet; a client cannot have it.')
      : good('Teams has been seen to work for this person.');
  if (accepted === undefined)
    return follows('The number has not been assigned yet; a client cannot have it.');
  if (nowWallMs - accepted > dayMs) return amber('PRV-603', {}, accepted);
  return amber('PRV-602', {}, accepted);
}
