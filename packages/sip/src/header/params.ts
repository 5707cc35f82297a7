/**
 * Parameters, `;name=value`, as headers and URIs carry them: in order, values raw (quotes and escapes kept), so
 * that what we do not understand goes out as it came in. Names compare without case (RFC 3261 §7.3.1).
 */
import { limits } from '../message/limits.ts';
import { closingQuote, isToken, quote, textToWire } from './text.ts';

/** `value` is undefined for a flag such as `;lr`. Raw: a quoted string keeps its quotes. */
export interface Param {
  readonly name: string;
  readonly value: string | undefined;
}
export type Params = readonly Param[];

export const noParams: Params = Object.freeze([]);

/**
 * Header parameters from `at`, where a `;` or only blanks must stand. Undefined when something else is there.
 * generic-param = token [ EQUAL gen-value ]; blanks around `;` and `=` are allowed (SEMI, EQUAL).
 */
export function parseParams(text: string, from: number): Params | undefined {
  let at = skipBlanks(text, from);
  if (at >= text.length) return noParams;
  const params: Param[] = [];
  const quoted = text.indexOf('"', at) >= 0;
  let nextEquals = -1;
  while (at < text.length) {
    if (text.charCodeAt(at) !== 59) return undefined;
    const start = at + 1;
    const end = quoted ? endOfParam(text, start) : indexOrEnd(text, ';', start);
    if (end < 0 || params.length >= limits.params) return undefined;
    // Searched again only once it has been passed: flags by the thousand stay linear.
    if (nextEquals < start) nextEquals = indexOrEnd(text, '=', start);
    const equals = nextEquals;
    if (equals >= end) {
      const name = text.slice(start, end).trim();
      // DEVIATION: a `;` at the very end is let through (phones send it); an empty piece elsewhere is not.
      if (name === '' && end < text.length) return undefined;
      if (name !== '') {
        if (!isToken(name)) return undefined;
        params.push({ name, value: undefined });
      }
    } else {
      const name = text.slice(start, equals).trim();
      if (!isToken(name)) return undefined;
      params.push({ name, value: text.slice(equals + 1, end).trim() });
    }
    at = end;
  }
  return params;
}

function indexOrEnd(text: string, char: string, start: number): number {
  const end = text.indexOf(char, start);
  return end < 0 ? text.length : end;
}

/** The next `;` outside of quotes; -1 when a quote never closes. */
function endOfParam(text: string, start: number): number {
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 59) return at;
    if (code === 34) {
      at = closingQuote(text, at);
      if (at < 0) return -1;
    }
  }
  return text.length;
}

export function printParams(params: Params): string {
  let text = '';
  for (const { name, value } of params) text += value === undefined ? `;${name}` : `;${name}=${value}`;
  return text;
}

/** The value of a parameter: '' for a flag, undefined when it is not there. */
export function paramOf(params: Params, name: string): string | undefined {
  const found = findParam(params, name);
  return found && (found.value ?? '');
}

export function hasParam(params: Params, name: string): boolean {
  return findParam(params, name) !== undefined;
}

/** With the parameter set: in its place if it was there, else last. Give no value for a flag. */
export function withParam(params: Params, name: string, value?: string): Params {
  const lower = name.toLowerCase();
  const entry: Param = { name, value };
  if (!hasParam(params, name)) return [...params, entry];
  return params.map((param) => (param.name.toLowerCase() === lower ? entry : param));
}

export function withoutParam(params: Params, name: string): Params {
  const lower = name.toLowerCase();
  return params.filter((param) => param.name.toLowerCase() !== lower);
}

/** A parameter value as a token when it can be one, else as a quoted string. `text` is for people (Unicode). */
export function paramValue(text: string): string {
  const wire = textToWire(text);
  return isToken(wire) ? wire : quote(wire);
}

function findParam(params: Params, name: string): Param | undefined {
  for (const param of params) if (param.name === name) return param;
  const lower = name.toLowerCase();
  for (const param of params) {
    if (param.name.length === lower.length && param.name.toLowerCase() === lower) return param;
  }
  return undefined;
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (at < text.length && (text.charCodeAt(at) === 32 || text.charCodeAt(at) === 9)) at++;
  return at;
}
