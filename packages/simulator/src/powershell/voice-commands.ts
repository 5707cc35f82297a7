import { domainOf } from '../directory/directory.ts';
import { makeUser, type Tenant } from '../directory/tenant.ts';
import type { DialPlan, PolicyType, VoiceRoute, VoiceRoutingPolicy } from '../directory/voice.ts';
import type { TwinRandom } from '../random.ts';
import { changedList } from './basic-commands.ts';
import { type Arguments, CommandError, type CommandRow } from './interpreter.ts';
import type { TeamsSession } from './teams-session.ts';
import { enumerated, isObject, memberOf, objectOf, textOf, type Value } from './values.ts';

/** The voice commands of the module MicrosoftTeams as far as a customer needs them (graph 5.6, teams-direct-routing 8). */

const named = (args: Arguments, name: string): string => {
  const value = args(name);
  if (value === undefined || textOf(value) === '')
    throw new CommandError(
      `Cannot process command because of one or more missing mandatory parameters: ${name}.`,
    );
  return textOf(value);
};
const textAt = (args: Arguments, name: string, fallback: string): string => {
  const value = args(name);
  return value === undefined ? fallback : textOf(value);
};

/** Policies and dial plans of a tenant are shown as `Tag:name` and found with or without. */
const bare = (identity: string): string => identity.replace(/^tag:/i, '');
const tagged = (identity: string): string =>
  identity.toLowerCase() === 'global' ? 'Global' : `Tag:${identity}`;

function checkUsages(tenant: Tenant, usages: readonly string[]): void {
  const known = tenant.voice.usages.map((one) => one.toLowerCase());
  const strange = usages.find((one) => !known.includes(one.toLowerCase()));
  if (strange !== undefined) throw new CommandError(`Cannot find specified OnlinePstnUsage "${strange}".`);
}

/** One command for reading, by identity or all, as objects. */
function reader<T>(options: {
  readonly name: string;
  readonly what: string;
  readonly all: () => Iterable<T>;
  readonly identity: (item: T) => string;
  readonly show: (item: T) => ReadonlyMap<string, Value>;
}): CommandRow {
  return {
    name: options.name,
    parameters: { Identity: 'value', Filter: 'value' },
    positional: ['Identity'],
    run: (args) => {
      const items = [...options.all()];
      const [identity, filter] = [args('Identity'), args('Filter')];
      if (filter !== undefined) {
        const pattern = new RegExp(
          `^(tag:)?${textOf(filter)
            .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
            .replace(/\*/g, '.*')}$`,
          'i',
        );
        return items.filter((item) => pattern.test(options.identity(item))).map(options.show);
      }
      if (identity === undefined) return items.map(options.show);
      const wanted = bare(textOf(identity)).toLowerCase();
      const found = items.find((item) => options.identity(item).toLowerCase() === wanted);
      if (!found) throw new CommandError(`Cannot find specified ${options.what} "${textOf(identity)}".`);
      return [options.show(found)];
    },
  };
}

const showRoute = (route: VoiceRoute): ReadonlyMap<string, Value> =>
  objectOf({
    Identity: route.identity,
    Name: route.identity,
    Priority: route.priority,
    Description: route.description,
    NumberPattern: route.numberPattern,
    OnlinePstnUsages: route.usages,
    OnlinePstnGatewayList: route.gateways,
    BridgeSourcePhoneNumber: null,
  });
const showPolicy = (policy: VoiceRoutingPolicy): ReadonlyMap<string, Value> =>
  objectOf({
    Identity: tagged(policy.identity),
    OnlinePstnUsages: policy.usages,
    Description: policy.description,
    RouteType: 'BYOT',
  });
const showPlan = (plan: DialPlan): ReadonlyMap<string, Value> =>
  objectOf({
    Identity: tagged(plan.identity),
    SimpleName: plan.simpleName,
    Description: plan.description,
    NormalizationRules: plan.rules.map((rule) =>
      objectOf({ Name: rule.name, Pattern: rule.pattern, Translation: rule.translation }),
    ),
  });

const routeParameters = {
  Identity: 'value',
  NumberPattern: 'value',
  OnlinePstnGatewayList: 'value',
  OnlinePstnUsages: 'value',
  Priority: 'value',
  Description: 'value',
} as const;

export function voiceCommands(
  session: TeamsSession,
  random: Pick<TwinRandom, 'uuid'>,
): readonly CommandRow[] {
  const { directory } = session;
  const voice = () => session.tenant.voice;

  /** A gateway is a trunk of the tenant, or a name below a carrier's trunk whose domain is verified here and active. */
  const checkGateways = (names: readonly string[]): void => {
    for (const name of names) {
      const { tenant } = session;
      const host = name.toLowerCase();
      if (tenant.trunks.has(host)) continue;
      if (directory.ownerOf(host) !== tenant || !tenant.domains.get(host)?.activated)
        throw new CommandError(`Can not use the "${name}" domain as it was not configured for this tenant.`);
      if (!directory.findTrunk(tenant, host))
        throw new CommandError(`Cannot find specified Gateway "${name}".`);
    }
  };
  const pattern = (text: string): string => {
    try {
      return new RegExp(text) && text;
    } catch {
      throw new CommandError(`The NumberPattern "${text}" is no regular expression.`);
    }
  };
  const routeOf = (identity: string): VoiceRoute => {
    const found = voice().routes.get(identity.toLowerCase());
    if (!found) throw new CommandError(`Cannot find specified OnlineVoiceRoute "${identity}".`);
    return found;
  };
  /** What is named and given; nothing is written if one of them is wrong. */
  const routeValues = (args: Arguments, before: Omit<VoiceRoute, 'identity'>) => {
    const [gateways, usages] = [args('OnlinePstnGatewayList'), args('OnlinePstnUsages')];
    const next = {
      numberPattern: pattern(textAt(args, 'NumberPattern', before.numberPattern)),
      gateways: gateways === undefined ? before.gateways : changedList(before.gateways, gateways),
      usages: usages === undefined ? before.usages : changedList(before.usages, usages),
      description: textAt(args, 'Description', before.description),
      priority: args('Priority') === undefined ? before.priority : Number(args('Priority')),
    };
    if (!Number.isInteger(next.priority) || next.priority < 0)
      throw new CommandError('Priority is a whole number.');
    checkUsages(session.tenant, next.usages);
    checkGateways(next.gateways);
    return next;
  };
  const changed = (): readonly Value[] => {
    directory.touch();
    return [];
  };

  const assigned = (type: PolicyType, name: string): boolean => {
    const { tenant } = session;
    const same = (one: string | undefined): boolean => one?.toLowerCase() === name.toLowerCase();
    return (
      tenant.voice.groupGrants.some((grant) => grant.type === type && same(grant.name)) ||
      [...tenant.users.values()].some(({ policies }) => same(policies[type]))
    );
  };

  const grant = (
    name: string,
    type: PolicyType,
    known: (name: string) => string | undefined,
  ): CommandRow => ({
    name,
    parameters: {
      Identity: 'value',
      PolicyName: 'value',
      Group: 'value',
      Rank: 'value',
      Global: 'switch',
      PassThru: 'switch',
    },
    positional: ['Identity', 'PolicyName'],
    run: (args, { note }) => {
      const { tenant } = session;
      const given = args('PolicyName');
      if (given === undefined) throw new CommandError('PolicyName is missing.');
      const wanted = given === null ? undefined : bare(textOf(given));
      const policy = wanted === undefined ? undefined : known(wanted);
      if (wanted !== undefined && policy === undefined)
        throw new CommandError(`The policy "${wanted}" is not a user policy. Specify an existing policy.`);
      const group = args('Group');
      if (group !== undefined) {
        const id = textOf(group).toLowerCase();
        if (!tenant.groups.has(id)) throw new CommandError(`The group ${id} was not found.`);
        const others = tenant.voice.groupGrants.filter((one) => one.type !== type || one.groupId !== id);
        if (policy !== undefined && others.filter((one) => one.type === type).length >= 64)
          throw new CommandError('A policy type can be assigned to 64 groups at most.');
        const rank = Number(args('Rank') ?? others.filter((one) => one.type === type).length + 1);
        tenant.voice.groupGrants =
          policy === undefined
            ? others
            : [...others, { type, groupId: id, name: policy, rank, since: directory.stamps.next() }];
        note('granted', `${policy ?? 'nothing'} to the group ${id}`);
        return changed();
      }
      const user = directory.userById(tenant, named(args, 'Identity'));
      if (!user) throw new CommandError(`User ${textOf(args('Identity') ?? null)} was not found.`);
      const { [type]: _had, ...rest } = user.policies;
      directory.change(user, { policies: policy === undefined ? rest : { ...rest, [type]: policy } });
      note('granted', `${policy ?? 'nothing'} to ${user.upn}`);
      return [];
    },
  });

  return [
    {
      name: 'Get-CsOnlinePstnUsage',
      parameters: { Identity: 'value' },
      positional: ['Identity'],
      run: () => [objectOf({ Identity: 'Global', Usage: voice().usages })],
    },
    {
      name: 'Set-CsOnlinePstnUsage',
      parameters: { Identity: 'value', Usage: 'value', Force: 'switch' },
      positional: ['Identity'],
      run: (args, { note }) => {
        const identity = textAt(args, 'Identity', 'Global');
        if (identity.toLowerCase() !== 'global') throw new CommandError('There is one list, "Global".');
        const usage = args('Usage');
        if (usage === undefined) throw new CommandError('Usage is missing.');
        const before = voice().usages;
        const next = changedList(before, usage);
        const used = [...voice().routes.values(), ...voice().policies.values()].flatMap(
          ({ usages }) => usages,
        );
        const lost = before.find((one) => !next.includes(one) && used.includes(one));
        if (lost !== undefined) throw new CommandError(`The usage "${lost}" is used by a route or a policy.`);
        voice().usages = next;
        if (next.join('\n') !== before.join('\n')) note('changed', 'OnlinePstnUsage Global');
        return changed();
      },
    },
    reader({
      name: 'Get-CsOnlineVoiceRoute',
      what: 'OnlineVoiceRoute',
      all: () => [...voice().routes.values()].toSorted((a, b) => a.priority - b.priority),
      identity: ({ identity }) => identity,
      show: showRoute,
    }),
    {
      name: 'New-CsOnlineVoiceRoute',
      parameters: routeParameters,
      positional: ['Identity'],
      run: (args, { note }) => {
        const identity = named(args, 'Identity');
        const { routes } = voice();
        if (routes.has(identity.toLowerCase()))
          throw new CommandError(`The item "${identity}" already exists.`);
        const free = Math.max(0, ...[...routes.values()].map(({ priority }) => priority)) + 1;
        const values = routeValues(args, {
          numberPattern: '[0-9]{10}',
          gateways: [],
          usages: [],
          description: '',
          priority: free,
        });
        // A priority that is taken moves the others back.
        for (const other of routes.values())
          if (args('Priority') !== undefined && other.priority >= values.priority) other.priority++;
        const route = { identity, ...values };
        routes.set(identity.toLowerCase(), route);
        note('created', `OnlineVoiceRoute ${identity}`);
        changed();
        return [showRoute(route)];
      },
    },
    {
      name: 'Set-CsOnlineVoiceRoute',
      parameters: routeParameters,
      positional: ['Identity'],
      run: (args, { note }) => {
        const route = routeOf(named(args, 'Identity'));
        const before = JSON.stringify(route);
        Object.assign(route, routeValues(args, route));
        if (JSON.stringify(route) !== before) note('changed', `OnlineVoiceRoute ${route.identity}`);
        return changed();
      },
    },
    {
      name: 'Remove-CsOnlineVoiceRoute',
      parameters: { Identity: 'value', Force: 'switch', Confirm: 'switch' },
      positional: ['Identity'],
      run: (args, { note }) => {
        const route = routeOf(named(args, 'Identity'));
        voice().routes.delete(route.identity.toLowerCase());
        note('removed', `OnlineVoiceRoute ${route.identity}`);
        return changed();
      },
    },
    reader({
      name: 'Get-CsOnlineVoiceRoutingPolicy',
      what: 'OnlineVoiceRoutingPolicy',
      all: () => voice().policies.values(),
      identity: ({ identity }) => identity,
      show: showPolicy,
    }),
    ...(['New', 'Set'] as const).map(
      (verb): CommandRow => ({
        name: `${verb}-CsOnlineVoiceRoutingPolicy`,
        parameters: {
          Identity: 'value',
          OnlinePstnUsages: 'value',
          Description: 'value',
          RouteType: 'value',
        },
        positional: ['Identity'],
        run: (args, { note }) => {
          const identity = bare(named(args, 'Identity'));
          const { policies } = voice();
          const known = policies.get(identity.toLowerCase());
          if (verb === 'New' && known) throw new CommandError(`The item "${identity}" already exists.`);
          if (verb === 'Set' && !known)
            throw new CommandError(`Cannot find specified OnlineVoiceRoutingPolicy "${identity}".`);
          const given = args('OnlinePstnUsages');
          const usages =
            given === undefined ? (known?.usages ?? []) : changedList(known?.usages ?? [], given);
          checkUsages(session.tenant, usages);
          const policy = {
            identity: known?.identity ?? identity,
            usages,
            description: textAt(args, 'Description', known?.description ?? ''),
          };
          policies.set(identity.toLowerCase(), policy);
          if (JSON.stringify(known) !== JSON.stringify(policy))
            note(known ? 'changed' : 'created', `OnlineVoiceRoutingPolicy ${policy.identity}`);
          changed();
          return verb === 'New' ? [showPolicy(policy)] : [];
        },
      }),
    ),
    {
      name: 'Remove-CsOnlineVoiceRoutingPolicy',
      parameters: { Identity: 'value', Force: 'switch', Confirm: 'switch' },
      positional: ['Identity'],
      run: (args, { note }) => {
        const identity = bare(named(args, 'Identity'));
        const { policies } = voice();
        const known = policies.get(identity.toLowerCase());
        if (!known) throw new CommandError(`Cannot find specified OnlineVoiceRoutingPolicy "${identity}".`);
        if (identity.toLowerCase() === 'global') known.usages = [];
        else if (assigned('OnlineVoiceRoutingPolicy', identity))
          throw new CommandError(
            `The policy "${identity}" is currently assigned to one or more users or groups.`,
          );
        else policies.delete(identity.toLowerCase());
        note('removed', `OnlineVoiceRoutingPolicy ${identity}`);
        return changed();
      },
    },
    grant('Grant-CsOnlineVoiceRoutingPolicy', 'OnlineVoiceRoutingPolicy', (name) =>
      name.toLowerCase() === 'global' ? undefined : voice().policies.get(name.toLowerCase())?.identity,
    ),
    reader({
      name: 'Get-CsTenantDialPlan',
      what: 'TenantDialPlan',
      all: () => voice().dialPlans.values(),
      identity: ({ identity }) => identity,
      show: showPlan,
    }),
    ...(['New', 'Set'] as const).map(
      (verb): CommandRow => ({
        name: `${verb}-CsTenantDialPlan`,
        parameters: {
          Identity: 'value',
          SimpleName: 'value',
          Description: 'value',
          NormalizationRules: 'value',
        },
        positional: ['Identity'],
        run: (args, { note }) => {
          const identity = bare(named(args, 'Identity'));
          const { dialPlans } = voice();
          const known = dialPlans.get(identity.toLowerCase());
          if (verb === 'New' && known) throw new CommandError(`The item "${identity}" already exists.`);
          if (verb === 'Set' && !known)
            throw new CommandError(`Cannot find specified TenantDialPlan "${identity}".`);
          if (!/^[A-Za-z0-9.-]{1,49}$/.test(identity))
            throw new CommandError('A dial plan is named by 1 to 49 letters, digits, hyphens and dots.');
          const plan = {
            identity: known?.identity ?? identity,
            simpleName: textAt(args, 'SimpleName', known?.simpleName ?? identity),
            description: textAt(args, 'Description', known?.description ?? ''),
            rules: rulesOf(args('NormalizationRules'), known?.rules ?? []),
          };
          dialPlans.set(identity.toLowerCase(), plan);
          note(known ? 'changed' : 'created', `TenantDialPlan ${plan.identity}`);
          changed();
          return verb === 'New' ? [showPlan(plan)] : [];
        },
      }),
    ),
    {
      name: 'New-CsVoiceNormalizationRule',
      parameters: {
        Parent: 'value',
        Name: 'value',
        Pattern: 'value',
        Translation: 'value',
        Description: 'value',
        IsInternalExtension: 'value',
        InMemory: 'switch',
      },
      positional: [],
      run: (args) => {
        if (args('InMemory') !== true)
          throw new CommandError('A rule of a tenant dial plan is made with -InMemory.');
        return [
          objectOf({
            Name: named(args, 'Name'),
            Pattern: pattern(textAt(args, 'Pattern', '^(\\d{11})$')),
            Translation: textAt(args, 'Translation', '+$1'),
          }),
        ];
      },
    },
    grant('Grant-CsTenantDialPlan', 'TenantDialPlan', (name) =>
      name.toLowerCase() === 'global' ? undefined : voice().dialPlans.get(name.toLowerCase())?.identity,
    ),
    {
      name: 'New-CsOnlineApplicationInstance',
      parameters: { UserPrincipalName: 'value', DisplayName: 'value', ApplicationId: 'value' },
      positional: [],
      run: (args, { note }) => {
        const { tenant } = session;
        const upn = named(args, 'UserPrincipalName');
        const application = applications[named(args, 'ApplicationId').toLowerCase()];
        if (!application)
          throw new CommandError('The application id is neither a call queue nor an auto attendant.');
        const domain = domainOf(upn);
        if (!tenant.domains.has(domain) && domain !== tenant.initialDomain)
          throw new CommandError(`The domain ${domain} is not verified in this tenant.`);
        if (tenant.users.has(upn.toLowerCase())) throw new CommandError(`${upn} already exists.`);
        const user = makeUser({
          upn,
          objectId: random.uuid(),
          tenantId: tenant.id,
          displayName: textAt(args, 'DisplayName', upn),
          accountEnabled: false,
          accountType: 'resource-account',
          usageLocation: null,
          createdAt: directory.wall(),
        });
        directory.add(tenant, user);
        note('created', `${application} ${upn}`);
        return [objectOf({ ObjectId: user.objectId, UserPrincipalName: upn, DisplayName: user.displayName })];
      },
    },
  ];
}

/** 8.10. */
const applications: Readonly<Record<string, string>> = {
  'ce933385-9390-45d1-9512-c8d228074e07': 'auto attendant',
  '11cd3e2e-fccb-42ad-ad00-878b93575e07': 'call queue',
};

function rulesOf(given: Value | undefined, before: DialPlan['rules']): DialPlan['rules'] {
  if (given === undefined) return before;
  const table = isObject(given) && (memberOf(given, 'Add') ?? memberOf(given, 'Replace')) !== null;
  const items = enumerated(table ? (memberOf(given, 'Add') ?? memberOf(given, 'Replace')) : given);
  const rules = items.map((item) => {
    if (!isObject(item))
      throw new CommandError('A normalization rule is made by New-CsVoiceNormalizationRule.');
    const part = (name: string): string => textOf(memberOf(item, name));
    return { name: part('Name'), pattern: part('Pattern'), translation: part('Translation') };
  });
  const all = table && memberOf(given, 'Add') !== null ? [...before, ...rules] : rules;
  if (all.length > 50) throw new CommandError('A dial plan takes 50 rules at most.');
  return all;
}
