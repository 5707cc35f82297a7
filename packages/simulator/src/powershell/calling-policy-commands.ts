import type { CallingPolicySwitches } from '../directory/voice.ts';
import { type Arguments, CommandError, type CommandRow } from './interpreter.ts';
import type { TeamsSession } from './teams-session.ts';
import { objectOf, textOf, type Value } from './values.ts';

/** `Cs…TeamsCallingPolicy`, with the two switches that decide about voicemail and hold music (teams-direct-routing 8.7). */

const switches = {
  AllowVoicemail: ['AlwaysEnabled', 'AlwaysDisabled', 'UserOverride'],
  MusicOnHoldEnabledType: ['Enabled', 'Disabled', 'UserOverride'],
} as const;

const defaults = { allowVoicemail: 'UserOverride', musicOnHold: 'Enabled' } as const;
const bare = (identity: string): string => identity.replace(/^tag:/i, '');

const show = ({ identity, allowVoicemail, musicOnHold }: CallingPolicySwitches): ReadonlyMap<string, Value> =>
  objectOf({
    Identity: identity.toLowerCase() === 'global' ? 'Global' : `Tag:${identity}`,
    AllowVoicemail: allowVoicemail,
    MusicOnHoldEnabledType: musicOnHold,
  });

export function callingPolicyCommands(session: TeamsSession): readonly CommandRow[] {
  const all = (): readonly CallingPolicySwitches[] => {
    const { callingPolicies, otherPolicies } = session.tenant.voice;
    const names = ['Global', ...(otherPolicies.get('TeamsCallingPolicy') ?? [])];
    return names.map((identity) => callingPolicies.get(identity.toLowerCase()) ?? { identity, ...defaults });
  };
  const known = (identity: string) =>
    all().find((one) => one.identity.toLowerCase() === bare(identity).toLowerCase());
  const chosen = (args: Arguments, name: keyof typeof switches, before: string): string => {
    const value = args(name);
    if (value === undefined) return before;
    const found = switches[name].find((one) => one.toLowerCase() === textOf(value).toLowerCase());
    if (!found)
      throw new CommandError(
        `Cannot validate argument on parameter '${name}'. The argument "${textOf(value)}" does not belong to the set "${switches[name].join(',')}".`,
      );
    return found;
  };
  return [
    {
      name: 'Get-CsTeamsCallingPolicy',
      parameters: { Identity: 'value' },
      positional: ['Identity'],
      run: (args) => {
        const identity = args('Identity');
        if (identity === undefined) return all().map(show);
        const found = known(textOf(identity));
        if (!found) throw new CommandError(`Cannot find specified TeamsCallingPolicy "${textOf(identity)}".`);
        return [show(found)];
      },
    },
    ...(['New', 'Set'] as const).map(
      (verb): CommandRow => ({
        name: `${verb}-CsTeamsCallingPolicy`,
        parameters: { Identity: 'value', AllowVoicemail: 'value', MusicOnHoldEnabledType: 'value' },
        positional: ['Identity'],
        run: (args, { note }) => {
          const { tenant } = session;
          const given = args('Identity');
          if (given === undefined || textOf(given) === '')
            throw new CommandError(
              'Cannot process command because of one or more missing mandatory parameters: Identity.',
            );
          const identity = bare(textOf(given));
          const before = known(identity);
          if (verb === 'New' && before) throw new CommandError(`The item "${identity}" already exists.`);
          if (verb === 'Set' && !before)
            throw new CommandError(`Cannot find specified TeamsCallingPolicy "${identity}".`);
          const policy = {
            identity: before?.identity ?? identity,
            allowVoicemail: chosen(args, 'AllowVoicemail', before?.allowVoicemail ?? defaults.allowVoicemail),
            musicOnHold: chosen(args, 'MusicOnHoldEnabledType', before?.musicOnHold ?? defaults.musicOnHold),
          };
          const { callingPolicies, otherPolicies } = tenant.voice;
          callingPolicies.set(policy.identity.toLowerCase(), policy);
          const names = otherPolicies.get('TeamsCallingPolicy') ?? [];
          if (!before) otherPolicies.set('TeamsCallingPolicy', [...names, policy.identity]);
          if (JSON.stringify(before) !== JSON.stringify(policy))
            note(before ? 'changed' : 'created', `TeamsCallingPolicy ${policy.identity}`);
          session.directory.touch();
          return verb === 'New' ? [show(policy)] : [];
        },
      }),
    ),
  ];
}
