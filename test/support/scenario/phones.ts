import { readFileSync } from 'node:fs';
import type { Platform } from './instance.ts';
import type { Twin, WatchedCall } from './twin.ts';

/** The rehearsal world's phones, as the twin plays them and as others may. */

export interface PhoneLogin {
  readonly name: string;
  readonly user: string;
  readonly password: string;
  readonly realm: string;
}

/** What a phone registers with, as the instance file tells it. */
export function loginOf(platform: Platform, name: string): PhoneLogin {
  const { phones } = JSON.parse(readFileSync(platform.ready.instance ?? '', 'utf8')) as {
    phones: readonly PhoneLogin[];
  };
  const login = phones.find((phone) => phone.name === name);
  if (!login) throw new Error(`the instance file has no phone ${name}`);
  return login;
}

export interface PhoneView {
  readonly registered: boolean;
  readonly transport: string;
  readonly calls: readonly { readonly sipCallId: string; readonly state: string }[];
  readonly history: readonly {
    readonly connected: boolean;
    readonly reason?: string;
    readonly status?: number;
  }[];
}

export const phone = (twin: Twin, name: string): Promise<PhoneView> => twin.ask('GET', `/phones/${name}`);
export const changePhone = (
  twin: Twin,
  name: string,
  change: Readonly<Record<string, unknown>>,
): Promise<PhoneView> => twin.ask('PATCH', `/phones/${name}`, change);
export const phoneDoes = (
  twin: Twin,
  name: string,
  action: string,
  body: Readonly<Record<string, unknown>> = {},
): Promise<{ readonly sipCallId: string; readonly state: string }> =>
  twin.ask('POST', `/phones/${name}/${action}`, body);
export const callOver = (
  twin: Twin,
  from: string,
  to: string,
  transport: 'udp' | 'tcp' | 'tls',
  seconds = 1.5,
): Promise<WatchedCall> => twin.ask('POST', '/calls', { from, to, seconds, transport });
