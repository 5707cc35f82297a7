/** What a person reads on standard error of a line that a child wrote: errors and warnings, in words. Else nothing. */
export const noticeOf = (line: string): string | undefined => {
  if (/^warn(?:ing)?:/i.test(line)) return line;
  const level = /"level":(\d+)/.exec(line);
  if (level === null || Number(level[1]) < 50) return undefined;
  try {
    const { msg, detail } = JSON.parse(line) as { msg?: unknown; detail?: unknown };
    if (typeof msg !== 'string') return undefined;
    return typeof detail === 'string' ? `${msg}: ${detail}` : msg;
  } catch {
    return undefined;
  }
};
