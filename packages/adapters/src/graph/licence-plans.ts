import type { LicenceFacts, Seen } from '@tandem/engine';
import type { GraphAssignedPlan, GraphUserConfiguration } from './graph-types.ts';

/** Plans, never a list of SKUs: new suites appear (microsoft-graph 4.5). */
export const teamsPlans: ReadonlySet<string> = new Set([
  '57ff2da0-773e-42df-b2af-ffb7a2317929',
  '304767db-7d23-49e8-a945-4a7eb65f9f28',
  '9953b155-8aef-4c56-92f3-72b0487fce41',
  'fd500458-c24c-478e-856c-a6067a8376cd',
]);
export const phonePlans: ReadonlySet<string> = new Set([
  '4828c8ec-dc2e-4779-b502-87ac9ce28ab7',
  'db23fce2-a974-42ef-9002-d78dd42a0f22',
  'ed777b71-af04-42ca-9798-84344c66f7c6',
]);
export const callingPlans: ReadonlySet<string> = new Set([
  '4ed3ff63-69d7-4fb7-b984-5aec7f605ca8',
  '54a152dc-90de-4996-93d2-bc47e670fc06',
]);

/**
 * Whether the person may have a phone in Teams. Some suites carry Teams Phone without Teams, so both plans are tested.
 * The same plan can stand there several times, with history: the best entry counts.
 */
export function licenceOf(
  plans: readonly GraphAssignedPlan[] | undefined,
  configuration: GraphUserConfiguration | null | undefined,
): Seen<LicenceFacts> {
  if (plans === undefined) return 'unread';
  const state = (wanted: ReadonlySet<string>): 'usable' | 'warning' | 'missing' => {
    const states = plans
      .filter((plan) => wanted.has((plan.servicePlanId ?? '').toLowerCase()))
      .map((plan) => plan.capabilityStatus);
    return states.includes('Enabled') ? 'usable' : states.includes('Warning') ? 'warning' : 'missing';
  };
  const both = [state(teamsPlans), state(phonePlans)];
  const seenByTeams: Seen<boolean> =
    configuration === undefined ? 'unread' : (configuration?.featureTypes ?? []).includes('PhoneSystem');
  const phone = both.includes('missing') ? 'missing' : both.includes('warning') ? 'warning' : 'usable';
  return { phone, callingPlan: state(callingPlans) !== 'missing', seenByTeams };
}
