import { createSecretBox } from '../../security/secret-box.ts';
import { createMicrosoftDoor, type MicrosoftDoor } from '../auth/microsoft-door.ts';
import type { SessionService } from '../auth/session-service.ts';
import type { ApiClock } from '../services.ts';
import type { MemoryUser } from './memory-access.ts';
import * as world from './sample-world.ts';

/** Whoever comes back with a code is Dana. */
export function memoryMicrosoftDoor(
  clock: ApiClock,
  sessions: SessionService,
  users: readonly MemoryUser[],
): MicrosoftDoor {
  const entraTenantId = '0b5f7e3a-6f3e-4a0e-9b1e-1f3f5a7c9d21';
  return createMicrosoftDoor({
    clock,
    box: createSecretBox(new Uint8Array(32)),
    signIn: {
      authorizeUrl: ({ state }) => `https://login.example/authorize?state=${state}`,
      redeem: async () => ({
        ok: true,
        person: { entraTenantId, objectId: 'd0d00000-0000-4000-8000-000000000001', name: 'Dana Fields' },
      }),
    },
    platformApp: {
      clientId: 'a1a1a1a1-0000-4000-8000-00000000a001',
      credential: async () => ({ kind: 'secret', secret: 'of the app' }),
    },
    redirectUris: () => ['https://portal.example.net/connect/callback'],
    sessions,
    peopleOf: () => [
      { accountId: world.acmeId, accountName: 'Acme', personId: world.danaId, name: 'Dana Fields' },
    ],
    signInsOf: async ({ personId }) => users.filter((user) => user.personId === personId),
    makeSignIn: async () => undefined,
    signedIn: async () => undefined,
    onProblem: () => undefined,
  });
}
