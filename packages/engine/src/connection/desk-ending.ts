import type { ConnectionId } from '@tandem/domain';
import type { StoredConnection } from '../ports/connection-store.ts';
import { type DeskAsker, type DeskOutcome, type DeskParts, done, refuse } from './desk-parts.ts';
import type { ConnectionFeature } from './features.ts';

/** What stops when a connection ends, said before, and its end. */
export class ConnectionEnd {
  readonly #parts: DeskParts;

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  stops(id: ConnectionId): DeskOutcome<{
    readonly preview: string;
    readonly people: number;
    readonly stops: string[];
    readonly goesOn: string[];
  }> {
    const connection = this.#parts.keeper.find(id);
    if (!connection) return refuse('not-found');
    const people = this.#parts.peopleOf(connection);
    const has = (feature: ConnectionFeature): boolean => connection.features.includes(feature);
    const stops = [
      'Changes of groups, licences and numbers at Microsoft are not seen any more.',
      'Nobody new gets a number or a routing policy, and nothing is taken back.',
      ...(has('presence') ? ['Presence of Teams is not shown.'] : []),
      ...(has('presence-write') ? ['Teams does not show that somebody talks at a phone.'] : []),
      ...(has('calendar') ? ['Meetings of calendars are not told from calls any more.'] : []),
      ...(has('webhooks') ? ['Changes in groups are not told at once.'] : []),
      ...(has('call-records') ? ["Microsoft's call records are not fetched."] : []),
      ...(has('mail') ? ['Reports are not sent from your mailbox.'] : []),
      ...(connection.kind === 'own-app' ? ['The secret or certificate is forgotten here.'] : []),
    ];
    const goesOn = [
      `Calls of ${people === 1 ? 'one person who is' : `${people} people who are`} set up go on as they are.`,
      'What was chosen stays for a later connection: groups, features, numbers.',
      'At Microsoft nothing is changed: to end our right to look, delete the enterprise application in Entra.',
    ];
    const preview = this.#parts.digest(
      JSON.stringify([connection.id, connection.life.state, connection.features, stops, people]),
    );
    return done({ preview, people, stops, goesOn });
  }

  async disconnect(
    id: ConnectionId,
    ask: { readonly preview: string; readonly reason?: string | undefined },
    by: DeskAsker,
  ): Promise<DeskOutcome<StoredConnection>> {
    const { keeper, saveSecret } = this.#parts;
    const previewed = this.stops(id);
    if (!previewed.ok) return previewed;
    const known = keeper.find(id);
    // Its credential may be there still, when the store went away in the middle of the end.
    const whole = !known?.presence && !known?.credential && !known?.nextCredential && !known?.signedIn;
    if (known?.life.state === 'DISCONNECTED' && whole)
      return refuse('wrong-state', 'The connection has ended already.');
    if (previewed.value.preview !== ask.preview) return refuse('preview-outdated');
    await keeper.hear(id, { is: 'disconnected' }, by);
    const forgotten = (connection: StoredConnection): StoredConnection => {
      const { credential: _, nextCredential: __, signedIn: ___, presence: ____, ...rest } = connection;
      return { ...rest, roles: [] };
    };
    await keeper.change(id, forgotten, (connection) => saveSecret(connection, 'present', null));
    await keeper.change(
      id,
      (connection) => connection,
      (connection) => saveSecret(connection, 'presence', null),
    );
    const ended = await keeper.change(
      id,
      (connection) => connection,
      (connection) => saveSecret(connection, 'next', null),
    );
    return ended ? done(ended) : refuse('not-found');
  }
}
