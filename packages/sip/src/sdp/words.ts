/** The words of an SDP value, however many blanks stand between and around them; [] when there is none. */
export function words(value: string): string[] {
  const text = value.trim();
  const found: string[] = [];
  for (let at = 0; at < text.length; ) {
    const blank = text.indexOf(' ', at);
    const end = blank < 0 ? text.length : blank;
    if (end > at) found.push(text.slice(at, end));
    at = end + 1;
  }
  return found;
}
