import type { TeamsUser } from './tenant.ts';

/**
 * Membership rules of dynamic groups, as far as they are used on what we know of users: `user.PROPERTY -OPERATOR LITERAL`
 * with `-eq`, `-ne`, `-startsWith`, `-notStartsWith`, `-contains`, `-notContains`, `-in`, joined by `and`, `or`, `not` and
 * parentheses. Text compares without case.
 */

type Predicate = (user: TeamsUser) => boolean;

const properties: Readonly<Record<string, (user: TeamsUser) => unknown>> = {
  accountenabled: (user) => user.accountEnabled,
  department: (user) => user.department,
  displayname: (user) => user.displayName,
  mail: (user) => user.mail,
  objectid: (user) => user.objectId,
  usagelocation: (user) => user.usageLocation,
  userprincipalname: (user) => user.upn,
  usertype: (user) => (user.accountType === 'guest' ? 'Guest' : 'Member'),
};

const fold = (value: unknown): unknown => (typeof value === 'string' ? value.toLowerCase() : value);
const has = (value: unknown, part: unknown, where: 'startsWith' | 'includes'): boolean =>
  typeof value === 'string' && typeof part === 'string' && value[where](part);

const operators: Readonly<Record<string, (value: unknown, literal: unknown) => boolean>> = {
  '-eq': (value, literal) => value === literal,
  '-ne': (value, literal) => value !== literal,
  '-startswith': (value, literal) => has(value, literal, 'startsWith'),
  '-notstartswith': (value, literal) => !has(value, literal, 'startsWith'),
  '-contains': (value, literal) => has(value, literal, 'includes'),
  '-notcontains': (value, literal) => !has(value, literal, 'includes'),
  '-in': (value, literal) => Array.isArray(literal) && literal.includes(value),
};

/** Undefined: the rule is not understood. */
export function parseMembershipRule(text: string): Predicate | undefined {
  const tokens = text.match(/"[^"]*"|'[^']*'|[()[\],]|[^\s()[\],]+/g) ?? [];
  let next = 0;
  const take = (token: string): boolean => {
    if (tokens[next]?.toLowerCase().replace(/^-(and|or|not)$/, '$1') !== token) return false;
    next++;
    return true;
  };
  const literal = (): unknown => {
    if (take('[')) {
      const items: unknown[] = [];
      do items.push(literal());
      while (take(','));
      return take(']') ? items : undefined;
    }
    const token = tokens[next++] ?? '';
    if (/^["']/.test(token)) return token.slice(1, -1).toLowerCase();
    return { true: true, false: false, null: null, $null: null }[token.toLowerCase()];
  };
  const one = (): Predicate | undefined => {
    if (take('not')) {
      const inner = one();
      return inner && ((user) => !inner(user));
    }
    if (take('(')) {
      const inner = or();
      return take(')') ? inner : undefined;
    }
    const read = properties[/^user\.(\w+)$/i.exec(tokens[next++] ?? '')?.[1]?.toLowerCase() ?? ''];
    const compare = operators[tokens[next++]?.toLowerCase() ?? ''];
    const wanted = literal();
    return read && compare && wanted !== undefined ? (user) => compare(fold(read(user)), wanted) : undefined;
  };
  const joined = (word: 'and' | 'or', part: () => Predicate | undefined) => (): Predicate | undefined => {
    let left = part();
    while (left && take(word)) {
      const [a, b] = [left, part()];
      left = b && (word === 'and' ? (user) => a(user) && b(user) : (user) => a(user) || b(user));
    }
    return left;
  };
  const or = joined('or', joined('and', one));
  const rule = or();
  return next === tokens.length ? rule : undefined;
}
