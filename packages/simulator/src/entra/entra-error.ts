/** What the token endpoint says instead of a token (graph 1.7). The number decides; texts may change any day. */

interface ErrorRow {
  readonly error: string;
  readonly status: number;
  readonly text: string;
}

export const entraErrors = {
  28002: {
    error: 'invalid_scope',
    status: 400,
    text: 'Provided value for the input parameter scope is not valid because it contains more than one resource.',
  },
  50012: {
    error: 'invalid_client',
    status: 401,
    text: 'Authentication failed: the client assertion is not valid.',
  },
  50076: {
    error: 'interaction_required',
    status: 400,
    text: 'Due to a configuration change made by your administrator, you must use multi-factor authentication.',
  },
  53003: {
    error: 'access_denied',
    status: 400,
    text: 'Access has been blocked by Conditional Access policies.',
  },
  70003: {
    error: 'unsupported_grant_type',
    status: 400,
    text: 'The app requested an unsupported grant type.',
  },
  70011: {
    error: 'invalid_scope',
    status: 400,
    text: 'The provided value for the input parameter scope is not valid.',
  },
  90002: { error: 'invalid_request', status: 400, text: 'Tenant not found.' },
  90033: {
    error: 'temporarily_unavailable',
    status: 503,
    text: 'A transient error has occurred. Please try again.',
  },
  90038: { error: 'invalid_request', status: 400, text: 'The tenant lives in another national cloud.' },
  90055: { error: 'temporarily_unavailable', status: 429, text: 'The server is throttling this tenant.' },
  500011: {
    error: 'invalid_resource',
    status: 400,
    text: 'The resource principal was not found in the tenant.',
  },
  700016: {
    error: 'unauthorized_client',
    status: 400,
    text: 'Application was not found in the directory. It has not been installed by the administrator of the tenant.',
  },
  700024: {
    error: 'invalid_client',
    status: 401,
    text: 'Client assertion is not within its valid time range.',
  },
  700027: {
    error: 'invalid_client',
    status: 401,
    text: 'The certificate with identifier used to sign the client assertion is not registered on application, or the signature is invalid.',
  },
  900144: {
    error: 'invalid_request',
    status: 400,
    text: 'The request body must contain a required parameter.',
  },
  1002012: {
    error: 'invalid_scope',
    status: 400,
    text: 'The provided value for scope is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).',
  },
  7000112: { error: 'unauthorized_client', status: 400, text: 'Application is disabled.' },
  7000215: {
    error: 'invalid_client',
    status: 401,
    text: 'Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID.',
  },
  7000218: {
    error: 'invalid_client',
    status: 401,
    text: "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
  },
  7000222: { error: 'invalid_client', status: 401, text: 'The provided client secret keys are expired.' },
  9001023: {
    error: 'invalid_request',
    status: 400,
    text: 'The grant type is not supported over the /common or /consumers endpoints. Please use a tenant-specific endpoint.',
  },
} as const satisfies Record<number, ErrorRow>;
export type EntraErrorCode = keyof typeof entraErrors;

export interface EntraFailure {
  readonly code: EntraErrorCode;
  readonly detail?: string;
  /** Members beside the usual ones: `suberror`, `claims`. */
  readonly more?: Readonly<Record<string, string>>;
}

export function entraErrorBody(
  { code, detail, more }: EntraFailure,
  ids: { readonly trace: string; readonly correlation: string },
  wall: number,
): Record<string, unknown> {
  const row: ErrorRow = entraErrors[code];
  const timestamp = `${new Date(wall).toISOString().slice(0, 19).replace('T', ' ')}Z`;
  return {
    error: row.error,
    error_description: `AADSTS${code}: ${row.text}${detail ? ` ${detail}` : ''} Trace ID: ${ids.trace} Correlation ID: ${ids.correlation} Timestamp: ${timestamp}`,
    error_codes: [code],
    timestamp,
    trace_id: ids.trace,
    correlation_id: ids.correlation,
    error_uri: `https://login.microsoftonline.com/error?code=${code}`,
    ...more,
  };
}
