import { callingPolicies, callingPolicy, freshCallingPolicy } from '../directory/calling-policy.ts';
import type { CallingPolicySwitches } from '../directory/voice.ts';
import { type Arguments, CommandError, type CommandRow } from './interpreter.ts';
import type { TeamsSession } from './teams-session.ts';
import { objectOf, textOf, type Value } from './values.ts';

/** `Cs…TeamsCallingPolicy`, with the switches that decide about calling, voicemail and hold music (teams-direct-routing 8.7). */

const switches = {
  AllowVoicemail: ['AlwaysEnabled', 'AlwaysDisabled', 'UserOverride'],
  MusicOnHoldEnabledType: ['Enabled', 'Disabled', 'UserOverride'],
} as const;

const show = (policy: CallingPolicySwitches): ReadonlyMap<string, Value> => {
  const { identity, allowPrivateCalling, allowVoicemail, musicOnHold } = policy;
  return objectOf({
    Identity: identity.toLowerCase() === 'global' ? 'Global' : `Tag:${identity}`,
    AllowPrivateCalling: allowPrivateCalling,
    AllowVoicemail: allowVoicemail,
    MusicOnHoldEnabledType: musicOnHold,
  });
};

const notSwitch = (value: Value): CommandError =>
  new CommandError(
    `Cannot process argument transformation on parameter 'AllowPrivateCalling'. Cannot convert value "${textOf(value)}" to type "System.Boolean".`,
  );

export function callingPolicyCommands(session: TeamsSession): readonly CommandRow[] {
  const known = (identity: string) => callingPolicy(session.tenant, identity);
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
        if (identity === undefined) return callingPolicies(session.tenant).map(show);
        const found = known(textOf(identity));
        if (!found) throw new CommandError(`Cannot find specified TeamsCallingPolicy "${textOf(identity)}".`);
        return [show(found)];
      },
    },
    ...(['New', 'Set'] as const).map(
      (verb): CommandRow => ({
        name: `${verb}-CsTeamsCallingPolicy`,
        parameters: {
          Identity: 'value',
          AllowPrivateCalling: 'value',
          AllowVoicemail: 'value',
          MusicOnHoldEnabledType: 'value',
        },
        positional: ['Identity'],
        run: (args, { note }) => {
          const { tenant } = session;
          const given = args('Identity');
          if (given === undefined || textOf(given) === '')
            throw new CommandError(
              'Cannot process command because of one or more missing mandatory parameters: Identity.',
            );
          const before = known(textOf(given));
          const fresh = freshCallingPolicy(textOf(given));
          const { identity } = fresh;
          if (verb === 'New' && before) throw new CommandError(`The item "${identity}" already exists.`);
          if (verb === 'Set' && !before)
            throw new CommandError(`Cannot find specified TeamsCallingPolicy "${identity}".`);
          const { allowPrivateCalling, ...was } = before ?? fresh;
          const calling = args('AllowPrivateCalling');
          if (calling !== undefined && typeof calling !== 'boolean') throw notSwitch(calling);
          const policy: CallingPolicySwitches = {
            identity: was.identity,
            allowPrivateCalling: calling ?? allowPrivateCalling,
            allowVoicemail: chosen(args, 'AllowVoicemail', was.allowVoicemail),
            musicOnHold: chosen(args, 'MusicOnHoldEnabledType', was.musicOnHold),
          };
          const { callingPolicies: made, otherPolicies } = tenant.voice;
          made.set(policy.identity.toLowerCase(), policy);
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
