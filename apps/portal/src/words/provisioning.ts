import type {
  DirectoryGroup,
  HeldDirectoryChange,
  ProvisioningSettings,
  TenantWrite,
} from '@tandem/contract';

type Mode = ProvisioningSettings['mode'];
export const modeWords: Record<Mode, { readonly word: string; readonly hint: string }> = {
  automatic: { word: 'Automatic', hint: 'The members of the groups call from Teams. Nobody else does.' },
  manual: { word: 'Manual', hint: 'The switch of each person decides. Groups are not looked at.' },
  mixed: { word: 'Mixed', hint: 'The groups propose, an administrator approves each person.' },
};

export const policyWords: Record<keyof ProvisioningSettings['policies'], string> = {
  voiceRouting: 'Voice routing policy',
  calling: 'Calling policy',
  dialPlan: 'Dial plan',
};

export const policyKindWords: Record<ProvisioningSettings['policies']['calling']['kind'], string> = {
  'by-hand': 'By hand: nobody looks',
  'by-group': 'Bound to a group in Teams: only checked',
  assign: 'Assigned to each person',
};

export const driftFieldWords: Record<keyof ProvisioningSettings['drift'], string> = {
  number: 'Number',
  voice: 'Enterprise voice',
  ...policyWords,
};

export const driftPolicyWords: Record<ProvisioningSettings['drift']['number'], string> = {
  repair: 'Repair it',
  accept: 'Accept it',
  ask: 'Ask somebody',
};

export const heldReasonWords: Record<HeldDirectoryChange['people'][number]['reason'], string> = {
  'left-group': 'left the group',
  'group-deleted': 'the group was deleted',
  'user-gone': 'the user is gone',
};

export const groupKindWords: Record<DirectoryGroup['kind'], string> = {
  assigned: 'Security group',
  dynamic: 'Dynamic group: a rule decides who is in',
  microsoft365: 'Microsoft 365 group',
};

export const writtenWords: Record<TenantWrite['what'], string> = {
  number: 'Number',
  ...policyWords,
  app: 'Enterprise application',
  domain: 'Domain',
  'activation-account': 'User',
  usage: 'PSTN usage',
  route: 'Voice route',
  policy: 'Voice routing policy of the tenant',
  'dial-plan': 'Dial plan of the tenant',
  'calling-policy': 'Calling policy of the tenant',
};

/** Whose hands it needs, where that is not one press here. */
export const undoByWords: Record<TenantWrite['undoBy'], string | undefined> = {
  tandem: undefined,
  'under-way': undefined,
  powershell: 'In Teams PowerShell',
  'admin-centre': 'By an administrator of Microsoft 365',
};
