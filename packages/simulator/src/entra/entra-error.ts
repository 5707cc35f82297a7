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
  50011: {
    error: 'invalid_request',
    status: 400,
    text: 'The redirect URI specified in the request does not match the redirect URIs configured for the application.',
  },
  50012: {
    error: 'invalid_client',
    status: 401,
    text: 'Authentication failed: the client assertion is not valid.',
  },
  50020: {
    error: 'invalid_grant',
    status: 400,
    text: 'The user account does not exist in the tenant and cannot access the application in that tenant.',
  },
  50034: {
    error: 'invalid_grant',
    status: 400,
    text: 'The user account does not exist in the directory.',
  },
  50057: {
    error: 'invalid_grant',
    status: 400,
    text: 'The user account is disabled.',
  },
  50058: {
    error: 'login_required',
    status: 400,
    text: 'A silent sign-in request was sent but no user is signed in.',
  },
  50076: {
    error: 'interaction_required',
    status: 400,
    text: 'Due to a configuration change made by your administrator, you must use multi-factor authentication.',
  },
  50173: {
    error: 'invalid_grant',
    status: 400,
    text: 'The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or reset their password.',
  },
  50194: {
    error: 'invalid_request',
    status: 400,
    text: 'Application is not configured as a multi-tenant application. Usage of the /common endpoint is not supported for such applications.',
  },
  53003: {
    error: 'access_denied',
    status: 400,
    text: 'Access has been blocked by Conditional Access policies.',
  },
  54005: {
    error: 'invalid_grant',
    status: 400,
    text: 'OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.',
  },
  65001: {
    error: 'invalid_grant',
    status: 400,
    text: 'The user or administrator has not consented to use the application. Send an interactive authorization request for this user and resource.',
  },
  65004: {
    error: 'access_denied',
    status: 400,
    text: 'User declined to consent to access the app.',
  },
  70000: {
    error: 'invalid_grant',
    status: 400,
    text: 'Provided grant is invalid or malformed.',
  },
  70003: {
    error: 'unsupported_grant_type',
    status: 400,
    text: 'The app requested an unsupported grant type.',
  },
  70008: {
    error: 'invalid_grant',
    status: 400,
    text: 'The provided authorization code or refresh token has expired due to inactivity. Send a new interactive authorization request for this user and resource.',
  },
  70011: {
    error: 'invalid_scope',
    status: 400,
    text: 'The provided value for the input parameter scope is not valid.',
  },
  90002: { error: 'invalid_request', status: 400, text: 'Tenant not found.' },
  90014: {
    error: 'invalid_request',
    status: 400,
    text: 'The required field is missing from the request.',
  },
  90023: {
    error: 'invalid_request',
    status: 400,
    text: 'A parameter of the request is not valid.',
  },
  90033: {
    error: 'temporarily_unavailable',
    status: 503,
    text: 'A transient error has occurred. Please try again.',
  },
  90038: { error: 'invalid_request', status: 400, text: 'The tenant lives in another national cloud.' },
  90055: { error: 'temporarily_unavailable', status: 429, text: 'The server is throttling this tenant.' },
  90094: {
    error: 'consent_required',
    status: 400,
    text: 'Admin consent is required for the permissions requested by this application.',
  },
  90124: {
    error: 'invalid_request',
    status: 400,
    text: 'The resource is not supported over the /common or /consumers endpoints. Please use the /organizations or a tenant-specific endpoint.',
  },
  500011: {
    error: 'invalid_resource',
    status: 400,
    text: 'The resource principal was not found in the tenant.',
  },
  500112: {
    error: 'invalid_client',
    status: 400,
    text: 'The reply address does not match the reply address provided when requesting Authorization code.',
  },
  501481: {
    error: 'invalid_grant',
    status: 400,
    text: 'The Code_Verifier does not match the code_challenge supplied in the authorization request.',
  },
  501491: {
    error: 'invalid_request',
    status: 400,
    text: 'Invalid size of Code_Challenge parameter.',
  },
  650053: {
    error: 'invalid_client',
    status: 400,
    text: 'The application asked for a scope that does not exist on the resource.',
  },
  700005: {
    error: 'invalid_grant',
    status: 400,
    text: 'The provided authorization code or refresh token is intended to be used against another tenant.',
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
  700025: {
    error: 'invalid_client',
    status: 401,
    text: "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
  },
  700027: {
    error: 'invalid_client',
    status: 401,
    text: 'The certificate with identifier used to sign the client assertion is not registered on application, or the signature is invalid.',
  },
  700054: {
    error: 'unsupported_response_type',
    status: 400,
    text: 'The response_type is not enabled for the application.',
  },
  700082: {
    error: 'invalid_grant',
    status: 400,
    text: 'The refresh token has expired due to inactivity.',
  },
  700084: {
    error: 'invalid_grant',
    status: 400,
    text: 'The refresh token was issued to a single page app, and therefore has a fixed, limited lifetime, which cannot be extended.',
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
  9002325: {
    error: 'invalid_request',
    status: 400,
    text: 'Proof Key for Code Exchange is required for cross-origin authorization code redemption.',
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
