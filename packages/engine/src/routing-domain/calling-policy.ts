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
  /** `AllowPrivateCalling`; absent: a script of before did not ask. */
  readonly calling?: boolean | undefined;
}

/** Microsoft brings it with every tenant: nobody who has it makes or gets calls (teams-direct-routing 8.7). */
const broughtWithoutCalling = 'DisallowCalling';

const bare = (identity: string): string => identity.replace(/^tag:/i, '');

/** The names of the policies with which nobody calls, as far as the tenant said it of them. */
export function policiesWithoutCalling(seen: readonly CallingPolicySeen[] | undefined): readonly string[] {
  return (seen ?? []).filter(({ calling }) => calling === false).map(({ identity }) => bare(identity));
}

/** Whether a person with this calling policy makes and gets no calls. Null: none is assigned, so Global counts. */
export function keepsFromCalling(name: string | null, without: readonly string[] = []): boolean {
  return [broughtWithoutCalling, ...without].some((one) => same(one, name ?? 'Global'));
}

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

export function judgeCallingPolicy(
  wanted: CallingPolicy,
  seen: readonly CallingPolicySeen[] | undefined,
): RoutingObject {
  const object = { kind: 'calling-policy', name: wanted.name } as const;
  if (!seen) return { ...object, state: 'unread' };
  const found = seen.find(({ identity }) => same(bare(identity), wanted.name));
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
