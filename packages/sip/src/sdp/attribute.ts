/** a= lines: `name` or `name:value` (RFC 8866 §5.13). */
import type { SdpLine } from './sdp.ts';

/** The first value: '' for a flag, undefined when it is not there. */
export function attribute(lines: readonly SdpLine[], name: string): string | undefined {
  for (const line of lines) {
    const value = attributeValue(line, name);
    if (value !== undefined) return value;
  }
  return undefined;
}

export function attributes(lines: readonly SdpLine[], name: string): string[] {
  const values: string[] = [];
  for (const line of lines) {
    const value = attributeValue(line, name);
    if (value !== undefined) values.push(value);
  }
  return values;
}

export function hasAttribute(lines: readonly SdpLine[], name: string): boolean {
  for (const { type, value } of lines) {
    if (type !== 'a' || !value.startsWith(name)) continue;
    if (value.length === name.length || value.charCodeAt(name.length) === 58) return true;
  }
  return false;
}

export function withoutAttributes(lines: readonly SdpLine[], ...names: string[]): SdpLine[] {
  return lines.filter((line) => !names.some((name) => attributeValue(line, name) !== undefined));
}

/** An attribute line of ours. No value: a flag. */
export function attributeLine(name: string, value?: string | number): SdpLine {
  return { type: 'a', value: value === undefined ? name : `${name}:${value}` };
}

function attributeValue({ type, value }: SdpLine, name: string): string | undefined {
  if (type !== 'a' || !value.startsWith(name)) return undefined;
  if (value.length === name.length) return '';
  return value.charCodeAt(name.length) === 58 ? value.slice(name.length + 1) : undefined;
}
