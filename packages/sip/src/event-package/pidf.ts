/** application/pidf+xml (RFC 3863) with the person's activities (RFC 4479, RFC 4480). */
import type { EventPackage } from '../subscription/subscribe.ts';
import { xmlText } from './xml.ts';

export const pidfType = 'application/pidf+xml';

/** RFC 3856 §6. */
export const presencePackage: EventPackage = { name: 'presence', types: [pidfType], usualSeconds: 3600 };

/** Those of RFC 4480 §3.2 that we say. */
export type Activity = 'away' | 'busy' | 'meeting' | 'on-the-phone' | 'presentation' | 'unknown';

export interface WatchedPresence {
  /** `open`: can be reached (RFC 3863 §4.1.4). */
  readonly basic: 'open' | 'closed';
  readonly activities: readonly Activity[];
  /** For people. */
  readonly note?: string | undefined;
}

export function printPidf(entity: string, { basic, activities, note }: WatchedPresence): string {
  const said = note === undefined ? undefined : xmlText(note);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" entity="${xmlText(entity)}">`,
    '<tuple id="line">',
    `<status><basic>${basic}</basic></status>`,
    `<contact>${xmlText(entity)}</contact>`,
    ...(said === undefined ? [] : [`<note>${said}</note>`]),
    '</tuple>',
    '<dm:person id="person">',
    ...(activities.length === 0
      ? []
      : [`<rpid:activities>${activities.map((name) => `<rpid:${name}/>`).join('')}</rpid:activities>`]),
    ...(said === undefined ? [] : [`<dm:note>${said}</dm:note>`]),
    '</dm:person>',
    '</presence>',
    '',
  ].join('\r\n');
}
