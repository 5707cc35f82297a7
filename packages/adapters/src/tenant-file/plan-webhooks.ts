import { differing, type Facts } from './differing.ts';
import type { FileWebhook } from './file-shape.ts';
import type { Planned } from './plan-file.ts';
import type { StoredWebhook, TenantState } from './state.ts';

/** By name; several of one name are told apart by being equal. */
export function planWebhooks(wanted: readonly FileWebhook[], state: TenantState, prune: boolean): Planned[] {
  const left = new Map(state.webhooks.map((hook) => [hook.id, hook]));
  const factsOf = ({ name, url, events, active }: StoredWebhook): Facts => ({ name, url, events, active });
  const take = (fits: (hook: StoredWebhook) => boolean): StoredWebhook | undefined => {
    const found = [...left.values()].find(fits);
    if (found) left.delete(found.id);
    return found;
  };
  const open = wanted.filter((hook) => !take((one) => differing(factsOf(one), hook) === undefined));
  const planned = open.map((hook): Planned => {
    const found = take(({ name }) => name === hook.name);
    if (!found) {
      const made = { ...hook, active: hook.active ?? true };
      return {
        change: { kind: 'webhook', what: hook.name, action: 'create', after: made },
        step: { do: 'create-webhook', wanted: made },
      };
    }
    const change = differing(factsOf(found), hook);
    return {
      change: { kind: 'webhook', what: hook.name, action: 'change', ...change },
      step: { do: 'change-webhook', id: found.id, change: change?.after ?? {} },
    };
  });
  if (prune)
    for (const hook of left.values())
      planned.push({
        change: { kind: 'webhook', what: hook.name, action: 'remove', before: factsOf(hook) },
        step: { do: 'remove-webhook', id: hook.id },
      });
  return planned;
}
