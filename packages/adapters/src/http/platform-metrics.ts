import type { CallRecord } from '@tandem/domain';
import { Counter, Gauge, type Registry } from 'prom-client';
import { Tally, type TallySlot } from './tally.ts';

/** What the signalling process knows of itself, read when somebody asks for `/metrics`. */
export interface PlatformReadings {
  readonly transactions: number;
  readonly dialogs: number;
  readonly mediaSessions: number;
  readonly streamConnections: number;
  /** Phones that are registered now. */
  readonly registrations: number;
  /** Wall ms at which the certificate in use ends. */
  readonly certificateEndsAt: number;
  readonly journal: { readonly bytes: number; readonly queued: number; readonly lastSyncMs: number };
  readonly databaseInUse: number;
}

/** Counted as it happens; label values from closed sets only (T31). */
export interface PlatformCounters {
  sipMessage(direction: 'in' | 'out', message: CountedMessage, side: string): void;
  parseError(side: string): void;
  shed(reason: string): void;
  registerFailed(reason: string): void;
  callClosed(record: CallRecord): void;
}

export interface CountedMessage {
  readonly kind: string;
  readonly method?: string;
  readonly status?: number;
}

/** What a message is counted as, in the order of `placeOf`: a stranger's method makes no new time series. */
const whats = [
  'other',
  '1xx',
  '2xx',
  '3xx',
  '4xx',
  '5xx',
  '6xx',
  'INVITE',
  'ACK',
  'BYE',
  'CANCEL',
  'OPTIONS',
  'REGISTER',
  'UPDATE',
  'INFO',
  'REFER',
  'NOTIFY',
  'PRACK',
  'SUBSCRIBE',
  'MESSAGE',
] as const;
const firstMethod = whats.indexOf('INVITE');

function placeOf({ kind, method = '', status = 0 }: CountedMessage): number {
  if (kind === 'response') return Math.floor(status / 100);
  return Math.max(0, whats.indexOf(method as (typeof whats)[number], firstMethod));
}

export function registerPlatformMetrics(
  registry: Registry,
  read: (() => PlatformReadings) | undefined,
  wall: () => number,
): PlatformCounters {
  const registers = [registry];
  const gauge = (name: string, help: string, value: (now: PlatformReadings) => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        const now = read?.();
        if (now) this.set(value(now));
      },
    });
  };
  gauge('sbc_sip_transactions', 'SIP transactions alive', (now) => now.transactions);
  gauge(
    'sbc_dialogs',
    'SIP dialogs alive: two for a call in progress, one for each lamp that a phone watches',
    (now) => now.dialogs,
  );
  gauge('sbc_media_sessions', 'Calls that hold media ports', (now) => now.mediaSessions);
  gauge('sbc_tls_connections', 'TLS and TCP connections open, both ways', (now) => now.streamConnections);
  gauge('sbc_registrations', 'Phones that are registered', (now) => now.registrations);
  gauge(
    'sbc_certificate_expiry_seconds',
    'Until the certificate in use ends',
    (now) => (now.certificateEndsAt - wall()) / 1000,
  );
  gauge('journal_bytes', 'Written to the journal since the start', (now) => now.journal.bytes);
  gauge('journal_queued', 'Entries that wait for the disk', (now) => now.journal.queued);
  gauge('journal_sync_seconds', 'The last write to the journal', (now) => now.journal.lastSyncMs / 1000);
  gauge('db_pool_in_use', 'Database connections in use', (now) => now.databaseInUse);

  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Counter({ name, help, labelNames, registers });
  const messages = new Tally(
    'sbc_sip_messages_total',
    'SIP messages of calls, probes and refusals',
    ['direction', 'what', 'side'],
    registers,
  );
  const slotsIn = new Map<string, readonly TallySlot[]>();
  const slotsOut = new Map<string, readonly TallySlot[]>();
  const parseErrors = counter('sbc_sip_parse_errors_total', 'What was dropped or refused on the wire', [
    'side',
  ]);
  const rejected = counter('sbc_admission_rejected_total', 'Calls refused by a limit or while draining', [
    'reason',
  ]);
  const registerFailed = counter(
    'sbc_register_failed_total',
    'Registrations and calls of phones that were refused, and what strangers said that was not answered',
    ['reason'],
  );
  const cutoffs = counter('sbc_call_cutoffs_total', 'Answered calls that neither party ended', ['reason']);
  const packets = new Tally(
    'sbc_media_packets_total',
    'RTP packets of ended calls',
    ['leg', 'direction'],
    registers,
  );
  const lost = new Tally(
    'sbc_media_lost_total',
    'RTP packets of ended calls that never came',
    ['leg'],
    registers,
  );
  const refusedMedia = new Tally(
    'sbc_media_rejected_total',
    'Media packets of ended calls that were not let through',
    ['reason'],
    registers,
  );

  return {
    sipMessage(direction, message, side) {
      const slots = direction === 'in' ? slotsIn : slotsOut;
      let ofSide = slots.get(side);
      if (!ofSide) {
        ofSide = whats.map((what) => messages.slot({ direction, what, side }));
        slots.set(side, ofSide);
      }
      ofSide[placeOf(message)]!.count += 1;
    },
    parseError: (side) => parseErrors.inc({ side }),
    shed: (reason) => rejected.inc({ reason }),
    registerFailed: (reason) => registerFailed.inc({ reason }),
    callClosed(record) {
      if (record.talkMs !== undefined && record.endedBy !== 'caller' && record.endedBy !== 'callee')
        cutoffs.inc({ reason: record.code ?? 'unknown' });
      for (const { role, media } of record.legs) {
        if (!media) continue;
        packets.add(`${role} in`, media.packetsIn, () => ({ leg: role, direction: 'in' }));
        packets.add(`${role} out`, media.packetsOut, () => ({ leg: role, direction: 'out' }));
        lost.add(role, Math.max(0, media.lostIn), () => ({ leg: role }));
        for (const reason in media.rejected)
          refusedMedia.add(reason, media.rejected[reason] ?? 0, () => ({ reason }));
      }
    },
  };
}
