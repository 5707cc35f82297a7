import type { HttpsAnswer } from '../https/https-server.ts';
import type { AppRegistration } from './app-registration.ts';
import { type EntraFailure, entraErrors } from './entra-error.ts';
import type { Person } from './people.ts';
import type { PermissionSet } from './permissions.ts';

/** The pages that people see: plain forms with labels, no script, nothing from elsewhere. */

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => escapes[char] ?? char);

const style = `body{font:15px/1.5 system-ui,sans-serif;background:#f2f2f2;color:#1b1b1b;margin:0}
main{max-width:32rem;margin:3rem auto;background:#fff;padding:2rem 2.5rem;box-shadow:0 2px 6px #0003}
h1{font-size:1.4rem;margin:0 0 1rem}button{font:inherit;padding:.5rem 1.2rem;margin:.2rem .3rem .2rem 0;border:1px solid #8a8a8a;background:#fff;cursor:pointer}
button.main{background:#0067b8;color:#fff;border-color:#0067b8}button.person{display:block;width:100%;text-align:left}
button:focus-visible,input:focus-visible{outline:3px solid #1b1b1b;outline-offset:2px}
input[type=email]{font:inherit;padding:.4rem;width:60%}small{color:#5e5e5e;display:block}.fault{color:#a4262c}.twin{color:#5e5e5e;font-size:.85rem;margin-top:2rem}`;

export function htmlPage(
  title: string,
  body: string,
  options: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
): HttpsAnswer {
  return {
    status: options.status ?? 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      // No form-action: browsers would hold it against the redirect to the app that follows a form.
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      ...options.headers,
    },
    body: `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title><style>${style}</style></head>
<body><main>${body}
<p class="twin">Microsoft's sign-in, as the rehearsal plays it: nobody has a password.</p></main></body></html>`,
  };
}

/** One step of a sign-in: a form that goes to `/{segment}/signin`. */
export interface Step {
  readonly action: string;
  /** Names the sign-in that is under way. */
  readonly flow: string;
}

const form = ({ action, flow }: Step, inner: string): string =>
  `<form method="post" action="${escapeHtml(action)}"><input type="hidden" name="flow" value="${escapeHtml(flow)}">${inner}</form>`;

const fault = (text: string | undefined): string =>
  text === undefined ? '' : `<p class="fault" role="alert">${escapeHtml(text)}</p>`;

/** More than this many are not listed: the address can be typed. */
const listed = 40;

export function pickPage(
  step: Step,
  app: AppRegistration,
  tenants: readonly { readonly name: string; readonly people: readonly Person[] }[],
  hint: string | undefined,
  trouble: string | undefined,
): HttpsAnswer {
  const people = tenants.map(
    ({ name, people: all }) =>
      `<h2>${escapeHtml(name)}</h2>${all.slice(0, listed).map(personButton).join('')}${
        all.length > listed ? `<small>and ${all.length - listed} more: type the address</small>` : ''
      }`,
  );
  return htmlPage(
    'Sign in to your account',
    `<h1>Pick an account</h1><p>to continue to ${escapeHtml(app.displayName)}</p>${fault(trouble)}
${form(step, people.join(''))}
${form(step, `<h2>Use another account</h2><label for="account">Email</label> <input type="email" id="account" name="account" autocomplete="username" value="${escapeHtml(hint ?? '')}" required> <button>Next</button>`)}`,
    trouble === undefined ? {} : { status: 400 },
  );
}

const personButton = ({ upn, displayName, roles }: Person): string =>
  `<button class="person" name="account" value="${escapeHtml(upn)}">${escapeHtml(displayName)} <small>${escapeHtml(upn)}${
    roles.length > 0 ? ` · ${escapeHtml(roles.join(', '))}` : ''
  }</small></button>`;

/** Somebody whom the request or the browser's session names already. */
export function confirmPage(step: Step, person: Person): HttpsAnswer {
  return htmlPage(
    'Sign in to your account',
    `<h1>Sign in as ${escapeHtml(person.upn)}</h1>${form(
      step,
      `<button class="main" name="account" value="${escapeHtml(person.upn)}">Sign in</button> <button name="action" value="another">Use another account</button>`,
    )}`,
  );
}

export function secondFactorPage(step: Step, person: Person): HttpsAnswer {
  return htmlPage(
    'Approve sign in request',
    `<h1>Approve sign in request</h1><p>Open your Authenticator app and approve the request to sign in ${escapeHtml(person.upn)}.</p>${form(
      step,
      '<button class="main" name="action" value="approve">Approve</button> <button name="action" value="cancel">Cancel</button>',
    )}`,
  );
}

export function consentPage(
  step: Step,
  asked: {
    readonly app: AppRegistration;
    readonly person: Person;
    readonly tenantName: string;
    readonly wanted: PermissionSet;
    /** `tenant`: it is for everybody. `choice`: an administrator may make it so. `person`: for this person only. */
    readonly reach: 'tenant' | 'choice' | 'person';
  },
): HttpsAnswer {
  const { app, person, tenantName, wanted, reach } = asked;
  const items = (names: readonly string[], kind: string): string =>
    names.map((name) => `<li><code>${escapeHtml(name)}</code> <small>${kind}</small></li>`).join('');
  const choice =
    reach === 'choice'
      ? `<p><label><input type="checkbox" name="organization" value="yes"> Consent on behalf of your organization</label>
<small>If you check this box, this app gets access for all users of ${escapeHtml(tenantName)}. No one else is prompted to review these permissions.</small></p>`
      : '';
  return htmlPage(
    'Permissions requested',
    `<h1>Permissions requested${reach === 'tenant' ? ': review for your organization' : ''}</h1>
<p><strong>${escapeHtml(app.displayName)}</strong> <small>unverified</small></p><p>Signed in as ${escapeHtml(person.upn)}</p>
<p>This app would like to:</p><ul aria-label="Permissions">${items(wanted.delegated, 'for whoever is signed in')}${
      reach === 'person' ? '' : items(wanted.application, 'on its own, for the whole organization')
    }</ul>
${form(
  step,
  `${choice}<button class="main" name="action" value="accept">Accept</button> <button name="action" value="cancel">Cancel</button>`,
)}`,
  );
}

/** 90094: who can consent, and the ways on (check A16). */
export function approvalPage(
  step: Step,
  app: AppRegistration,
  tenantName: string,
  ids: PageIds,
): HttpsAnswer {
  return htmlPage(
    'Need admin approval',
    `<h1>Need admin approval</h1><p><strong>${escapeHtml(app.displayName)}</strong> needs permission to access resources in
${escapeHtml(tenantName)} that only an admin can grant. Please ask an admin to grant permission to this app before you can use it.</p>
${form(
  step,
  '<button name="action" value="another">Have an admin account? Sign in with that account</button> <button name="action" value="cancel">Return to the application without granting consent</button>',
)}${troubleshooting({ code: 90094 }, ids)}`,
    { status: 400 },
  );
}

export interface PageIds {
  readonly trace: string;
  readonly correlation: string;
  /** Wall ms. */
  readonly wall: number;
}

/** What is wrong with the request itself: the way back to the app is not known, or must not be gone. */
export function faultPage(failure: EntraFailure, ids: PageIds): HttpsAnswer {
  return htmlPage(
    'Sign in to your account',
    `<h1>Sorry, but we’re having trouble signing you in.</h1>${troubleshooting(failure, ids)}`,
    { status: 400 },
  );
}

const troubleshooting = ({ code, detail }: EntraFailure, { trace, correlation, wall }: PageIds): string =>
  `<p role="alert">AADSTS${code}: ${escapeHtml(entraErrors[code].text)}${detail ? ` ${escapeHtml(detail)}` : ''}</p>
<details><summary>Troubleshooting details</summary><p>Trace ID: ${escapeHtml(trace)}<br>Correlation ID: ${escapeHtml(correlation)}<br>Timestamp: ${new Date(wall).toISOString()}</p></details>`;

export const expiredPage = (): HttpsAnswer =>
  htmlPage(
    'Sign in to your account',
    '<h1>This page is no longer valid</h1><p role="alert">The sign-in was finished or took too long. Go back to the application and begin again.</p>',
    { status: 400 },
  );

export const signedOutPage = (headers: Readonly<Record<string, string>>): HttpsAnswer =>
  htmlPage('Sign out', '<h1>You signed out of your account</h1>', { headers });
