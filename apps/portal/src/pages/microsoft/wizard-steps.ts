import type { Connection, Provisioning, RoutingDomainView } from '@tandem/contract';
import type { Turn } from '../../words/connection.ts';

/** Steps of "Connect Microsoft Teams" (product-behaviour 5.1), as far as each is more than words. */
export const wizardSteps = [
  { key: 'connect', title: 'Connect' },
  { key: 'tenant', title: 'Check the tenant' },
  { key: 'routing', title: 'Routing domain' },
  { key: 'voice', title: 'Voice routing' },
  { key: 'group', title: 'Who calls' },
  { key: 'numbers', title: 'Numbers' },
  { key: 'pilot', title: 'Pilot' },
  { key: 'live', title: 'Go live' },
] as const;
export type WizardStepKey = (typeof wizardSteps)[number]['key'];

export interface WizardFacts {
  readonly connection: Connection | undefined;
  readonly domain: RoutingDomainView | undefined;
  readonly provisioning: Provisioning | undefined;
  /** Numbers in the stock of the account; undefined: not read. */
  readonly numbers: number | undefined;
  readonly people: number | undefined;
}

export interface WizardStep {
  readonly key: WizardStepKey;
  readonly title: string;
  readonly state: 'done' | 'open' | 'waiting';
  /** Can be opened now. */
  readonly reachable: boolean;
  readonly turn?: Turn;
}

/** What was done is read off the API's state, so that anybody can go on anywhere, at any time, in any browser. */
export function judgeSteps({ connection, domain, provisioning, numbers, people }: WizardFacts): WizardStep[] {
  const works = connection?.works === true;
  const byHand = domain?.state === 'BY_HAND' || provisioning?.settings.routingByHand === true;
  const routingDone = byHand || domain?.state === 'ACTIVE';
  // Microsoft activates when it likes; the script may be run meanwhile, and its success proves that it did.
  const activating = domain?.state === 'VERIFIED' && domain.turn === 'microsoft';
  const objects = domain?.objects.filter(({ kind }) => kind !== 'dial-plan') ?? [];
  const voiceDone = byHand || (objects.length > 0 && objects.every(({ state }) => state === 'present'));
  const settings = provisioning?.settings;
  const groupDone =
    settings !== undefined && (settings.mode === 'manual' || settings.enableGroups.length > 0);
  const ready = provisioning?.status.states.READY ?? 0;
  const inScope = provisioning?.status.funnel.inScope ?? 0;
  const step = (
    key: WizardStepKey,
    done: boolean,
    more: { waiting?: boolean; turn?: Turn | undefined } = {},
  ): WizardStep => ({
    key,
    title: wizardSteps.find((one) => one.key === key)?.title ?? key,
    state: done ? 'done' : more.waiting ? 'waiting' : 'open',
    reachable: key === 'connect' || works,
    ...(more.turn !== undefined && !done && { turn: more.turn }),
  });
  return [
    step('connect', works, {
      waiting: connection?.turn === 'microsoft',
      turn: connection?.turn ?? 'account-admin',
    }),
    // Looked at once; whoever has chosen a name has gone on.
    step('tenant', domain !== undefined || byHand),
    step('routing', routingDone, { waiting: activating, turn: domain?.turn }),
    step('voice', voiceDone, {
      turn: domain === undefined || !(routingDone || activating) ? undefined : 'entra-admin',
    }),
    step('group', groupDone),
    step('numbers', (numbers ?? 0) > 0),
    step('pilot', ready > 0, { waiting: (people ?? 0) > 0 }),
    step('live', ready > 0 && ready >= inScope),
  ];
}

/** Where to go on: the first step that is open; what waits for Microsoft does not hold up the ones after it. */
export function currentStep(steps: readonly WizardStep[]): WizardStepKey {
  const next =
    steps.find(({ state, reachable }) => reachable && state === 'open') ??
    steps.find(({ state }) => state !== 'done');
  return next?.key ?? 'live';
}
