/**
 * What Teams PowerShell makes in a tenant, once: usages, routes, voice routing policies, dial plans, and which policy
 * goes to which group (teams-direct-routing 8.3, 8.5; graph 5.3, 5.4). Plain state; what follows from it is in
 * `policies.ts` and `routing.ts`.
 */

/** Policy types that the twin knows, as Graph spells them. */
export const policyTypes = [
  'OnlineVoiceRoutingPolicy',
  'TenantDialPlan',
  'TeamsCallingPolicy',
  'CallingLineIdentity',
  'TeamsCallParkPolicy',
  'TeamsEmergencyCallRoutingPolicy',
  'TeamsEmergencyCallingPolicy',
  'TeamsVoicemailPolicy',
  'TeamsMeetingPolicy',
] as const;
export type PolicyType = (typeof policyTypes)[number];

export const isPolicyType = (text: string): text is PolicyType => policyTypes.some((type) => type === text);

export interface VoiceRoute {
  readonly identity: string;
  numberPattern: string;
  /** 1 is tried first. */
  priority: number;
  gateways: readonly string[];
  usages: readonly string[];
  description: string;
}

export interface VoiceRoutingPolicy {
  readonly identity: string;
  /** In the order in which they are looked at. */
  usages: readonly string[];
  description: string;
}

export interface NormalizationRule {
  readonly name: string;
  readonly pattern: string;
  readonly translation: string;
}

export interface DialPlan {
  readonly identity: string;
  simpleName: string;
  rules: readonly NormalizationRule[];
  description: string;
}

export interface CallingPolicySwitches {
  readonly identity: string;
  /** False: whoever has the policy makes and gets no calls. */
  readonly allowPrivateCalling: boolean;
  readonly allowVoicemail: string;
  readonly musicOnHold: string;
}

/** `Grant-Cs… -Group`: direct members only, and late. */
export interface GroupGrant {
  readonly type: PolicyType;
  readonly groupId: string;
  readonly name: string;
  readonly rank: number;
  /** Wall ms. */
  readonly since: number;
}

export interface TenantVoice {
  usages: readonly string[];
  /** By identity in lower case, as are the next two. */
  readonly routes: Map<string, VoiceRoute>;
  readonly policies: Map<string, VoiceRoutingPolicy>;
  readonly dialPlans: Map<string, DialPlan>;
  /** Names of policies of the other types, whose content does not matter to calls. */
  readonly otherPolicies: Map<PolicyType, readonly string[]>;
  /** Switches of calling policies that an admin made, by identity in lower case; what nobody made has Microsoft’s defaults. */
  readonly callingPolicies: Map<string, CallingPolicySwitches>;
  groupGrants: readonly GroupGrant[];
  /** Graph's policy assignment answers 4xx for voice routing policies and dial plans: PowerShell is needed (5.3). */
  refusesVoicePolicies: boolean;
}

export const emptyVoice = (): TenantVoice => ({
  usages: [],
  routes: new Map(),
  policies: new Map([['global', { identity: 'Global', usages: [], description: '' }]]),
  dialPlans: new Map([['global', { identity: 'Global', simpleName: 'Global', rules: [], description: '' }]]),
  otherPolicies: new Map([
    ['TeamsCallingPolicy', ['AllowCalling', 'DisallowCalling', 'AllowCallingPreventTollBypass']],
    ['TeamsMeetingPolicy', ['AllOn', 'AllOff', 'Kiosk']],
  ]),
  callingPolicies: new Map(),
  groupGrants: [],
  refusesVoicePolicies: false,
});

/** Everything in place: one usage, a route for every number over these gateways, a policy. */
export function readyVoice(policy: string, gateways: readonly string[]): TenantVoice {
  const voice = emptyVoice();
  voice.usages = ['U-Provider'];
  voice.routes.set('r-provider', {
    identity: 'R-Provider',
    numberPattern: '.*',
    priority: 1,
    gateways,
    usages: ['U-Provider'],
    description: '',
  });
  voice.policies.set(policy.toLowerCase(), { identity: policy, usages: ['U-Provider'], description: '' });
  return voice;
}

const firstRoute = ({ routes }: TenantVoice): VoiceRoute | undefined =>
  [...routes.values()].toSorted((a, b) => a.priority - b.priority)[0];

/** Gateways of the route that is tried first. */
export const firstGateways = (voice: TenantVoice): readonly string[] => firstRoute(voice)?.gateways ?? [];

/** Puts other gateways into the route that is tried first; false: there is no route. */
export function setFirstGateways(voice: TenantVoice, gateways: readonly string[]): boolean {
  const route = firstRoute(voice);
  if (route) route.gateways = gateways;
  return route !== undefined;
}
