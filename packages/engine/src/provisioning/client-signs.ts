import type { PersonId } from '@tandem/domain';
import { type Entry, linkedStates } from './entry.ts';
import type { LinkMover } from './link-mover.ts';
import type { ProvisionerDeps } from './provisioner-deps.ts';

export interface ClientSignsParts {
  readonly entries: ReadonlyMap<PersonId, Entry>;
  readonly mover: LinkMover;
  readonly deps: Pick<ProvisionerDeps, 'clock' | 'keeper' | 'history' | 'onProblem'>;
  /** Microsoft is asked by ourselves. */
  readonly readSoon: () => void;
}

/** What calls and people show of a Teams client, which Microsoft tells nobody (product-behaviour 1.7). */
export class ClientSignsBook {
  readonly #parts: ClientSignsParts;

  constructor(parts: ClientSignsParts) {
    this.#parts = parts;
  }

  /** A call touched the person's Teams client (product-behaviour 1.7 a). Kept only where it proves something new. */
  noteCall(personId: PersonId, wallMs: number): void {
    const entry = this.#parts.entries.get(personId);
    if (!entry) return;
    if (entry.signs.answered404WallMs !== undefined || entry.signs.edgeRefused) {
      entry.signs = {};
      this.#parts.mover.rejudge(entry);
    }
    const accepted = entry.link.acceptedWallMs;
    if (accepted === undefined || wallMs < accepted) return;
    const { clientSeen } = entry.evidence;
    if (clientSeen && (clientSeen.by === 'override' || clientSeen.wallMs >= accepted)) return;
    this.#evidence(personId, entry, { by: 'call', wallMs });
  }

  /** Teams answered a call to the person with 404 (PRV-701), or our edge refused one of theirs (PRV-702). */
  noteTrouble(
    personId: PersonId,
    sign: { readonly is: 'answered-404' } | { readonly is: 'edge-refused'; readonly reason: string },
  ): void {
    const entry = this.#parts.entries.get(personId);
    if (!entry || !linkedStates.has(entry.link.state)) return;
    const wallMs = this.#parts.deps.clock.wall();
    entry.signs =
      sign.is === 'answered-404'
        ? { ...entry.signs, answered404WallMs: wallMs }
        : { ...entry.signs, edgeRefused: { reason: sign.reason, wallMs } };
    this.#parts.mover.rejudge(entry);
    // Microsoft is asked by ourselves whether it knows the number.
    if (sign.is === 'answered-404') this.#parts.readSoon();
  }

  /**
   * The person says that it works (1.7 b), or an admin does (1.7 d). `web`: the person has it in a browser only; nobody else
   * can know that, since calls and presence sessions look the same (1.7 c). False: there is nothing yet that could work.
   */
  confirm(
    personId: PersonId,
    by: 'person' | 'override',
    who: string,
    client: 'desktop' | 'web' = 'desktop',
  ): boolean {
    const entry = this.#parts.entries.get(personId);
    if (!entry || !linkedStates.has(entry.link.state) || entry.link.acceptedWallMs === undefined)
      return false;
    const wallMs = this.#parts.deps.clock.wall();
    this.#parts.deps.history?.(personId, {
      atWallMs: wallMs,
      trigger: 'manual',
      by: who,
      event: client === 'web' ? 'web-client-only' : `confirmed-by-${by}`,
    });
    entry.evidence = { ...entry.evidence, onlyWebClient: client === 'web' };
    this.#evidence(personId, entry, client === 'web' ? undefined : { by, wallMs });
    return true;
  }

  #evidence(personId: PersonId, entry: Entry, clientSeen: Entry['evidence']['clientSeen']): void {
    if (clientSeen) entry.evidence = { ...entry.evidence, clientSeen };
    this.#parts.deps.keeper
      .noteClient(entry.link.accountId, personId, entry.evidence)
      .catch((error: unknown) =>
        this.#parts.deps.onProblem(
          `what a call showed was not kept: ${error instanceof Error ? error.message : String(error)}`,
        ),
      );
    this.#parts.mover.reconcile(entry);
  }
}
