/** Where Microsoft is. */
export interface MicrosoftEndpoints {
  /** The login host, without a path: `https://login.microsoftonline.com`. */
  readonly login: string;
  /** Graph's host, without a version: `https://graph.microsoft.com`. */
  readonly graph: string;
}

/** The audience of our tokens, on the twin as well. */
export const graphResource = 'https://graph.microsoft.com';

export const globalCloud: MicrosoftEndpoints = {
  login: 'https://login.microsoftonline.com',
  graph: graphResource,
};

/**
 * Refuses any other host than Microsoft's unless twin mode is on, and anything but https always: our tokens and our
 * credential proof go there (microsoft-graph 1.9). Returns what is wrong, or undefined.
 */
export function endpointFault(endpoints: MicrosoftEndpoints, twinMode: boolean): string | undefined {
  for (const key of ['login', 'graph'] as const) {
    const url = URL.parse(endpoints[key]);
    if (url?.protocol !== 'https:') return `${key}: ${endpoints[key]} is not an https address`;
    if (url.pathname !== '/' || url.search !== '') return `${key}: ${endpoints[key]} must have no path`;
    if (!twinMode && url.origin !== new URL(globalCloud[key]).origin)
      return `${key}: ${url.origin} is not Microsoft's; other hosts are for the twin only`;
  }
  return undefined;
}
