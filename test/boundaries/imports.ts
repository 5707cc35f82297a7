import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = fileURLToPath(new URL('../../', import.meta.url));

/** A TypeScript file with its comments blanked out, so that a word in a sentence is no import and no call. */
export interface SourceFile {
  /** From the repository's root, with slashes. */
  readonly path: string;
  readonly code: string;
  readonly isTest: boolean;
}

/** Blanks comments and keeps line breaks; strings are passed over, so `'https://…'` stays. */
export const withoutComments = (source: string): string => {
  let out = '';
  let at = 0;
  while (at < source.length) {
    const two = source.slice(at, at + 2);
    const one = source[at]!;
    if (two === '//') {
      const end = source.indexOf('\n', at);
      at = end === -1 ? source.length : end;
    } else if (two === '/*') {
      const end = source.indexOf('*/', at + 2);
      const comment = source.slice(at, end === -1 ? source.length : end + 2);
      out += comment.replaceAll(/[^\n]/g, ' ');
      at += comment.length;
    } else if (one === "'" || one === '"') {
      let end = at + 1;
      while (end < source.length && source[end] !== one && source[end] !== '\n')
        end += source[end] === '\\' ? 2 : 1;
      out += source.slice(at, end + 1);
      at = end + 1;
    } else {
      out += one;
      at++;
    }
  }
  return out;
};

/** Files that only tests and benches load. */
const testFile =
  /\.(?:test|bench|testkit|fixture)\.tsx?$|\/test-[a-z-]+\.ts$|\/(?:testkit|testing|testdata)\//;

export const sourceFiles = (folder: string): readonly SourceFile[] =>
  globSync(`${folder}/**/*.{ts,tsx}`, { cwd: repository, exclude: (name) => name === 'node_modules' })
    .map((path) => path.split(sep).join('/'))
    .filter((path) => !path.includes('node_modules/'))
    .sort()
    .map((path) => ({
      path,
      code: withoutComments(readFileSync(join(repository, path), 'utf8')),
      isTest: testFile.test(path),
    }));

const importPattern =
  /(?:^|[\s;}])(?:import|export)\s+(?:type\s+)?(?:[\w*{][^'";]*?\sfrom\s*)?['"]([^'"\n]+)['"]|\bimport\(\s*['"]([^'"\n]+)['"]\s*\)/g;

/** What a file imports: `@tandem/x`, `node:x`, the name of an npm package, or a path from the repository's root. */
export const importsOf = (file: SourceFile): readonly string[] =>
  [...file.code.matchAll(importPattern)].map((match) => {
    const specifier = match[1] ?? match[2]!;
    if (specifier.startsWith('.')) {
      return relative(repository, join(repository, dirname(file.path), specifier))
        .split(sep)
        .join('/');
    }
    const parts = specifier.split('/');
    return specifier.startsWith('@')
      ? parts.slice(0, 2).join('/')
      : specifier.startsWith('node:')
        ? specifier
        : parts[0]!;
  });
