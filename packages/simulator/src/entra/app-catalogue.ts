import type { TwinRandom } from '../random.ts';
import {
  type AppCertificate,
  type AppRegistration,
  type AppSecret,
  appCertificate,
  newServicePrincipal,
  type RedirectUri,
} from './app-registration.ts';
import type { PermissionSet } from './permissions.ts';

export interface NewApp {
  readonly displayName: string;
  readonly homeTenantId: string;
  readonly multiTenant: boolean;
  readonly redirectUris: readonly RedirectUri[];
  readonly permissions: PermissionSet;
  readonly rolesInIdToken?: boolean;
  /** Made up when absent. */
  readonly clientId?: string;
}

/** Every app registration of every tenant, as "App registrations" of the admin centre manages them. */
export class AppCatalogue {
  readonly #apps = new Map<string, AppRegistration>();
  readonly #random: TwinRandom;
  /** Told after a change that must outlive a restart. */
  onChange: () => void = () => undefined;

  constructor(random: TwinRandom) {
    this.#random = random;
  }

  find(clientId: string): AppRegistration | undefined {
    return this.#apps.get(clientId.toLowerCase());
  }

  all(): AppRegistration[] {
    return [...this.#apps.values()];
  }

  /** The home tenant has the enterprise application at once, with nothing granted; all others by consent. */
  register(wanted: NewApp): AppRegistration {
    const app: AppRegistration = {
      rolesInIdToken: false,
      ...wanted,
      clientId: (wanted.clientId ?? this.#random.uuid()).toLowerCase(),
      certificates: [],
      secrets: [],
      servicePrincipals: new Map([[wanted.homeTenantId, newServicePrincipal(this.#random.uuid())]]),
    };
    this.#apps.set(app.clientId, app);
    this.onChange();
    return app;
  }

  /** Puts back what a state file held. */
  restore(app: AppRegistration): void {
    this.#apps.set(app.clientId, app);
  }

  remove(clientId: string): boolean {
    const gone = this.#apps.delete(clientId.toLowerCase());
    if (gone) this.onChange();
    return gone;
  }

  /** `expiresAt` in wall ms. The value is shown once. */
  addSecret(app: AppRegistration, name: string, expiresAt: number): AppSecret {
    const value = `${this.#random.bytes(3).toString('base64url').slice(0, 3)}8Q~${this.#random.bytes(24).toString('base64url')}`;
    const secret: AppSecret = { id: this.#random.uuid(), name, value, expiresAt };
    app.secrets.push(secret);
    this.onChange();
    return secret;
  }

  removeSecret(app: AppRegistration, id: string): boolean {
    return this.#removeFrom(app.secrets, (secret) => secret.id === id);
  }

  /** Throws on what is no certificate. */
  addCertificate(app: AppRegistration, pem: string): AppCertificate {
    const certificate = appCertificate(pem);
    this.removeCertificate(app, certificate.thumbprintSha256);
    app.certificates.push(certificate);
    this.onChange();
    return certificate;
  }

  removeCertificate(app: AppRegistration, thumbprintSha256: string): boolean {
    return this.#removeFrom(
      app.certificates,
      (certificate) => certificate.thumbprintSha256 === thumbprintSha256.toUpperCase(),
    );
  }

  #removeFrom<T>(list: T[], is: (one: T) => boolean): boolean {
    const at = list.findIndex(is);
    if (at < 0) return false;
    list.splice(at, 1);
    this.onChange();
    return true;
  }
}
