import type { VoicemailOwner } from '@tandem/domain';
import type { RoutingObject } from './routing-domain.ts';

/** Who plays music to somebody whom a Teams user put on hold: Teams, or nobody. */
export const holdMusics = ['teams', 'none'] as const;
export type HoldMusic = (typeof holdMusics)[number];

/** A calling policy that the account lets the script write. Who takes messages is chosen with voicemail, not here. */
export interface CallingChoice {
  readonly policy: string;
  readonly holdMusic: HoldMusic;
}

/** The switches of the policy, as Set-CsTeamsCallingPolicy has them (teams-direct-routing 8.7). */
export interface CallingPolicy {
  readonly name: string;
  /** `UserOverride`: Teams takes messages where the person lets it. */
  readonly allowVoicemail: 'UserOverride' | 'AlwaysDisabled';
  readonly musicOnHold: 'Enabled' | 'Disabled';
}

export const callingPolicyOf = (
  { policy, holdMusic }: CallingChoice,
  voicemail: VoicemailOwner,
): CallingPolicy => ({
  name: policy,
  allowVoicemail: voicemail === 'platform' ? 'AlwaysDisabled' : 'UserOverride',
  musicOnHold: holdMusic === 'teams' ? 'Enabled' : 'Disabled',
});

/** What a tenant said of one of its calling policies. */
export interface CallingPolicySeen {
  readonly identity: string;
  readonly voicemail: string;
  readonly music: string;
}

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

export function judgeCallingPolicy(
  wanted: CallingPolicy,
  seen: readonly CallingPolicySeen[] | undefined,
): RoutingObject {
  const object = { kind: 'calling-policy', name: wanted.name } as const;
  if (!seen) return { ...object, state: 'unread' };
  const found = seen.find(({ identity }) => same(identity.replace(/^tag:/i, ''), wanted.name));
  return found ? judged(wanted, `${found.voicemail} ${found.music}`) : { ...object, state: 'missing' };
}

/** Read back some time ago, judged by what is wanted now: who takes messages may have been chosen anew since. */
export function rejudged(object: RoutingObject, wanted: CallingPolicy | undefined): RoutingObject {
  if (object.kind !== 'calling-policy' || !wanted || object.holds === undefined) return object;
  return judged(wanted, object.holds);
}

function judged(wanted: CallingPolicy, holds: string): RoutingObject {
  const object = { kind: 'calling-policy', name: wanted.name, holds } as const;
  const [voicemail = '', music = ''] = holds.split(' ');
  const words = [
    ...(same(voicemail, wanted.allowVoicemail)
      ? []
      : [`has AllowVoicemail ${voicemail || 'empty'}, wanted ${wanted.allowVoicemail}`]),
    ...(same(music, wanted.musicOnHold)
      ? []
      : [`has MusicOnHoldEnabledType ${music || 'empty'}, wanted ${wanted.musicOnHold}`]),
  ];
  return words.length === 0
    ? { ...object, state: 'present' }
    : { ...object, state: 'different', words: `${words.join('; ')}: run the script again` };
}
