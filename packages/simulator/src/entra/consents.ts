import type { TwinRandom } from '../random.ts';
import { type AppRegistration, newServicePrincipal, type ServicePrincipal } from './app-registration.ts';
import { defaultEntraSettings, type EntraSettings } from './entra-settings.ts';
import { type PermissionSet, union } from './permissions.ts';

/** What tenants and people agreed to, and when it shows (graph 1.3, check A15). */

/** May people agree for themselves to what needs no administrator (feature G26)? */
export type UserConsentPolicy = 'allowed' | 'administrators-only';

export class Consents {
  readonly settings: EntraSettings = { ...defaultEntraSettings };
  /** By tenant; who is not in it allows. */
  readonly userConsent = new Map<string, UserConsentPolicy>();
  readonly #now: () => number;
  readonly #random: TwinRandom;
  #pending: { at: number; app: AppRegistration; tenantId: string; happen: () => void }[] = [];
  /** Told after a change that must outlive a restart. */
  onChange: () => void = () => undefined;

  /** `now` in wall ms of Microsoft's clock. */
  constructor(now: () => number, random: TwinRandom) {
    this.#now = now;
    this.#random = random;
  }

  /** What is due by now happens. To be called before anybody looks. */
  settle(): void {
    const now = this.#now();
    for (const { at, happen } of this.#pending.toSorted((a, b) => a.at - b.at)) if (at <= now) happen();
    const before = this.#pending.length;
    this.#pending = this.#pending.filter(({ at }) => at > now);
    if (this.#pending.length !== before) this.onChange();
  }

  policy(tenantId: string): UserConsentPolicy {
    return this.userConsent.get(tenantId) ?? 'allowed';
  }

  principal(app: AppRegistration, tenantId: string): ServicePrincipal | undefined {
    this.settle();
    return app.servicePrincipals.get(tenantId);
  }

  /** For the whole tenant: what it had stays, what is new is added. */
  grant(app: AppRegistration, tenantId: string, wanted: PermissionSet): void {
    this.#soon(app, tenantId, (principal) => {
      principal.roles = union(principal.roles, wanted.application);
      principal.scopes = union(principal.scopes, wanted.delegated);
    });
  }

  /** These application permissions and no others, at once. */
  setRoles(app: AppRegistration, tenantId: string, roles: readonly string[]): void {
    this.settle();
    const known = app.servicePrincipals.get(tenantId) ?? newServicePrincipal(this.#random.uuid());
    known.roles = roles;
    app.servicePrincipals.set(tenantId, known);
    this.onChange();
  }

  /** For one person only: nothing that the app does on its own, nothing for anybody else (feature B46). */
  grantTo(app: AppRegistration, tenantId: string, objectId: string, scopes: readonly string[]): void {
    this.#soon(app, tenantId, ({ userScopes }) => {
      userScopes.set(objectId, union(userScopes.get(objectId) ?? [], scopes));
    });
  }

  /** An administrator removes single permissions: new tokens lack them at once. */
  withdraw(
    app: AppRegistration,
    tenantId: string,
    gone: PermissionSet & { readonly users?: readonly string[] },
  ): boolean {
    const principal = this.principal(app, tenantId);
    if (!principal) return false;
    principal.roles = principal.roles.filter((role) => !gone.application.includes(role));
    principal.scopes = principal.scopes.filter((scope) => !gone.delegated.includes(scope));
    for (const objectId of gone.users ?? []) principal.userScopes.delete(objectId);
    this.onChange();
    return true;
  }

  /** An administrator deletes the enterprise application: everything that was granted goes with it. */
  forget(app: AppRegistration, tenantId: string): boolean {
    this.#pending = this.#pending.filter((one) => one.app !== app || one.tenantId !== tenantId);
    const gone = app.servicePrincipals.delete(tenantId);
    this.onChange();
    return gone;
  }

  setEnabled(app: AppRegistration, tenantId: string, enabled: boolean): boolean {
    const principal = this.principal(app, tenantId);
    if (!principal) return false;
    principal.enabled = enabled;
    this.onChange();
    return true;
  }

  /** Delegated permissions that somebody's token may carry. */
  scopesOf(principal: ServicePrincipal | undefined, objectId: string): string[] {
    return union(principal?.scopes ?? [], principal?.userScopes.get(objectId) ?? []);
  }

  #soon(app: AppRegistration, tenantId: string, happen: (principal: ServicePrincipal) => void): void {
    this.settle();
    const { principalDelayMs, grantDelayMs } = this.settings;
    const shows = this.#now() + (app.servicePrincipals.has(tenantId) ? 0 : principalDelayMs);
    const create = (): ServicePrincipal => {
      const known = app.servicePrincipals.get(tenantId);
      if (known) return known;
      const made = newServicePrincipal(this.#random.uuid());
      app.servicePrincipals.set(tenantId, made);
      return made;
    };
    this.#pending.push(
      { at: shows, app, tenantId, happen: () => void create() },
      { at: shows + grantDelayMs, app, tenantId, happen: () => happen(create()) },
    );
    this.settle();
  }
}
