import type { Directory } from '../directory/directory.ts';
import type { TeamsUser, Tenant } from '../directory/tenant.ts';
import type { DirectoryRole } from '../entra/directory-roles.ts';
import { CommandError, type CommandRow } from './interpreter.ts';
import { textOf } from './values.ts';

/** Roles that may change voice routing. */
const administrators: readonly DirectoryRole[] = [
  'Global Administrator',
  'Teams Administrator',
  'Teams Communications Administrator',
  'Teams Telephony Administrator',
];

/** Who is signed in to Teams PowerShell, and where. */
export class TeamsSession {
  readonly directory: Directory;
  /** Who sits at the keyboard. */
  readonly #upn: string;
  #tenant: Tenant | undefined;

  constructor(directory: Directory, upn: string) {
    this.directory = directory;
    this.#upn = upn;
  }

  /** The tenant that the commands work on. */
  get tenant(): Tenant {
    if (!this.#tenant)
      throw new CommandError(
        'You must call the Connect-MicrosoftTeams cmdlet before calling any other cmdlets.',
      );
    return this.#tenant;
  }

  connect(tenantId: string | undefined): TeamsUser {
    const found = this.directory.user(this.#upn);
    if (!found) throw new CommandError(`AADSTS50034: The user account ${this.#upn} does not exist.`);
    const { tenant, user } = found;
    const wanted = tenantId?.toLowerCase();
    if (
      wanted !== undefined &&
      wanted !== tenant.id &&
      wanted !== tenant.initialDomain &&
      !tenant.domains.has(wanted)
    )
      throw new CommandError(
        `AADSTS50020: User account '${user.upn}' does not exist in tenant '${tenantId}' and cannot access it.`,
      );
    if (!user.accountEnabled) throw new CommandError('AADSTS50057: The user account is disabled.');
    if (!user.directoryRoles.some((role) => administrators.includes(role)))
      throw new CommandError(
        `Access Denied. ${user.upn} has no role that administers Teams (Teams Administrator or Global Administrator).`,
      );
    this.#tenant = tenant;
    return user;
  }

  disconnect(): void {
    this.#tenant = undefined;
  }
}

export const sessionCommands = (session: TeamsSession): readonly CommandRow[] => [
  {
    name: 'Connect-MicrosoftTeams',
    parameters: { TenantId: 'value', AccountId: 'value', UseDeviceAuthentication: 'switch' },
    positional: [],
    run: (args) => {
      const tenantId = args('TenantId');
      const user = session.connect(tenantId === undefined ? undefined : textOf(tenantId));
      return [
        new Map([
          ['Account', user.upn],
          ['Environment', 'AzureCloud'],
          ['Tenant', session.tenant.id],
          ['TenantId', session.tenant.id],
        ]),
      ];
    },
  },
  {
    name: 'Disconnect-MicrosoftTeams',
    parameters: {},
    positional: [],
    run: () => {
      session.disconnect();
      return [];
    },
  },
];
