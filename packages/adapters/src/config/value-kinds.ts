/**
 * How a setting's text becomes a value, and what to say when it does not. Each kind reads text (environment, flags)
 * and JSON values (file) alike. `wanted` completes the sentence "wanted …".
 */
export interface ValueKind<T> {
  readonly wanted: string;
  /** Undefined: not a value of this kind. */
  read(raw: unknown): T | undefined;
  /** As it would be written in the environment. */
  print(value: T): string;
}

const text = (raw: unknown): string | undefined => (typeof raw === 'string' ? raw.trim() : undefined);

export const wholeNumber = (lowest: number, highest: number): ValueKind<number> => ({
  wanted: `a whole number from ${lowest} to ${highest}`,
  read(raw) {
    const number =
      typeof raw === 'number' ? raw : /^-?\d{1,12}$/.test(text(raw) ?? '') ? Number(raw) : Number.NaN;
    return Number.isInteger(number) && number >= lowest && number <= highest ? number : undefined;
  },
  print: String,
});

export const yesNo: ValueKind<boolean> = {
  wanted: 'true or false',
  read(raw) {
    if (typeof raw === 'boolean') return raw;
    const word = text(raw)?.toLowerCase();
    if (word === 'true' || word === 'yes' || word === '1' || word === 'on') return true;
    if (word === 'false' || word === 'no' || word === '0' || word === 'off') return false;
    return undefined;
  },
  print: String,
};

export const oneOf = <const W extends string>(...words: readonly W[]): ValueKind<W> => ({
  wanted: `one of ${words.join(', ')}`,
  read: (raw) => words.find((word) => word === text(raw)),
  print: String,
});

export const path: ValueKind<string> = {
  wanted: 'a path',
  read: (raw) => {
    const value = text(raw);
    return value !== undefined && value !== '' && !value.includes('\0') ? value : undefined;
  },
  print: String,
};

export const guid: ValueKind<string> = {
  wanted: 'a GUID',
  read: (raw) => {
    const value = text(raw)?.toLowerCase() ?? '';
    return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value) ? value : undefined;
  },
  print: String,
};

export const ipAddress: ValueKind<string> = {
  wanted: 'a numeric IPv4 or IPv6 address',
  read: (raw) => {
    const value = text(raw) ?? '';
    const v4 =
      /^(?:\d{1,3}\.){3}\d{1,3}$/.test(value) && value.split('.').every((part) => Number(part) <= 255);
    const v6 = /^[0-9a-fA-F:]{2,39}$/.test(value) && value.split(':').length >= 3;
    return v4 || v6 ? value : undefined;
  },
  print: String,
};

const hostNamePattern =
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+$/;

export const domainName: ValueKind<string> = {
  wanted: 'a domain name in lower case, such as customers.example.net',
  read: (raw) => {
    const value = text(raw) ?? '';
    return hostNamePattern.test(value) ? value : undefined;
  },
  print: String,
};

/** Without a slash at its end. */
export const webAddress: ValueKind<string> = {
  wanted:
    'an address that begins with https:// (http:// on this machine), such as https://portal.example.net',
  read: (raw) => {
    const url = URL.parse(text(raw) ?? '');
    if (url?.username !== '' || url.password !== '' || url.hash !== '') return undefined;
    const local = url.hostname === 'localhost' || url.hostname === '127.0.0.1' || url.hostname === '[::1]';
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && local)) return undefined;
    return url.href.replace(/\/$/, '');
  },
  print: String,
};

/** A machine's name or address; a name without a dot too. */
export const hostName: ValueKind<string> = {
  wanted: 'a host name or a numeric address',
  read: (raw) => {
    const value = text(raw)?.toLowerCase() ?? '';
    return hostNamePattern.test(value) ||
      /^[a-z0-9][a-z0-9-]{0,62}$/.test(value) ||
      ipAddress.read(value) !== undefined
      ? value
      : undefined;
  },
  print: String,
};

export const shortText: ValueKind<string> = {
  wanted: 'a text of 1 to 256 characters',
  read: (raw) => {
    const value = text(raw) ?? '';
    return value.length >= 1 && value.length <= 256 ? value : undefined;
  },
  print: String,
};

export const mailAddress: ValueKind<string> = {
  wanted: 'a mail address, such as tandem@example.net',
  read: (raw) => {
    const value = text(raw) ?? '';
    return /^[^\s@<>"]{1,64}@[^\s@<>"]{1,253}$/.test(value) ? value : undefined;
  },
  print: String,
};

/** A secret of any form. */
export const secretText: ValueKind<string> = {
  wanted: 'a text of 8 to 1024 characters',
  read: (raw) => {
    const value = text(raw) ?? '';
    return value.length >= 8 && value.length <= 1024 ? value : undefined;
  },
  print: String,
};

export interface HostPort {
  readonly name: string;
  readonly port: number;
}

const readHostPort = (raw: unknown): HostPort | undefined => {
  const match = /^([^:\s]+):(\d{1,5})$/.exec(text(raw) ?? '');
  if (match === null) return undefined;
  const port = Number(match[2]);
  return hostNamePattern.test(match[1]!) && port > 0 && port < 65_536 ? { name: match[1]!, port } : undefined;
};

/** A list in the file, or names with commas between them in the environment and in flags. At most eight. */
export const hostPorts: ValueKind<readonly HostPort[]> = {
  wanted: 'one to eight of name:port, with commas between them',
  read(raw) {
    const parts = Array.isArray(raw) ? raw : text(raw)?.split(',');
    if (parts === undefined || parts.length === 0 || parts.length > 8) return undefined;
    const read = parts.map(readHostPort);
    return read.every((part) => part !== undefined) ? (read as HostPort[]) : undefined;
  },
  print: (list) => list.map(({ name, port }) => `${name}:${port}`).join(','),
};

export const postgresUrl: ValueKind<string> = {
  wanted: 'a URL such as postgres://user:password@host:5432/database',
  read: (raw) => {
    const value = text(raw) ?? '';
    return /^postgres(?:ql)?:\/\/\S+$/.test(value) && URL.canParse(value) ? value : undefined;
  },
  print: String,
};
