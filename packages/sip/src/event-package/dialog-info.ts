/** application/dialog-info+xml (RFC 4235 §4): who rings and who talks, always as the full state. */
import type { EventPackage } from '../subscription/subscribe.ts';
import { xmlText } from './xml.ts';

export const dialogInfoType = 'application/dialog-info+xml';

/** RFC 4235 §3.2 to §3.5. */
export const dialogPackage: EventPackage = { name: 'dialog', types: [dialogInfoType], usualSeconds: 3600 };

export interface DialogParty {
  readonly uri: string;
  readonly displayName?: string | undefined;
}

export interface WatchedDialog {
  /** Unique among the dialogs of the entity, and the same for as long as it lives. */
  readonly id: string;
  readonly state: 'trying' | 'early' | 'confirmed' | 'terminated';
  readonly direction?: 'initiator' | 'recipient' | undefined;
  readonly local?: DialogParty | undefined;
  readonly remote?: DialogParty | undefined;
}

export function printDialogInfo(entity: string, version: number, dialogs: readonly WatchedDialog[]): string {
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="${version}" state="full" entity="${xmlText(entity)}">`,
  ];
  for (const { id, state, direction, local, remote } of dialogs) {
    const way = direction === undefined ? '' : ` direction="${direction}"`;
    lines.push(`<dialog id="${xmlText(id)}"${way}>`, `<state>${state}</state>`);
    if (local) lines.push(...partyLines('local', local));
    if (remote) lines.push(...partyLines('remote', remote));
    lines.push('</dialog>');
  }
  lines.push('</dialog-info>', '');
  return lines.join('\r\n');
}

function partyLines(side: 'local' | 'remote', { uri, displayName }: DialogParty): readonly string[] {
  const display = displayName === undefined ? '' : ` display="${xmlText(displayName)}"`;
  return [
    `<${side}>`,
    `<identity${display}>${xmlText(uri)}</identity>`,
    `<target uri="${xmlText(uri)}"/>`,
    `</${side}>`,
  ];
}
