/** Of what a program of PostgreSQL said before it failed: what went wrong, not the steps that went well. All, if nothing looks wrong. */
export const lastWords = (said: readonly string[]): string => {
  const wrong = said.filter((line) => /FATAL|PANIC|error:|could not|No space/.test(line));
  return (wrong.length > 0 ? wrong : said).map((line) => line.trim()).join(' ');
};
