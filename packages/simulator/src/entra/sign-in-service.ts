import type { HttpsAnswer } from '../https/https-server.ts';
import type { AuthorizeRequest, Judged, ReturnAddress, SignInRequest } from './authorize-request.ts';
import { mayConsentForAll } from './directory-roles.ts';
import { type EntraFailure, entraErrors } from './entra-error.ts';
import type { EntraWorld, Refusal } from './entra-world.ts';
import {
  approvalPage,
  confirmPage,
  consentPage,
  escapeHtml,
  expiredPage,
  faultPage,
  htmlPage,
  type PageIds,
  pickPage,
  type Step,
  secondFactorPage,
  signedOutPage,
} from './pages.ts';
import type { Person } from './people.ts';
import { isOpenIdScope, needsAdministrator, union } from './permissions.ts';
import type { SignedIn } from './sign-ins.ts';

/**
 * What happens in the browser between the request of an app and the redirect back to it:
 *
 * ```
 * request ─► account ─► second factor ─► consent ─► code (authorize) or grant (admin consent)
 *    │          │ disabled, other tenant    │ may not: "Need admin approval" (90094)
 *    └ page     └ picker with the reason    └ declined: 65004
 * ```
 * Each step is a form; the sign-in under way is kept here under a name that only its own pages know.
 */

interface Flow {
  readonly request: SignInRequest;
  readonly segment: string;
  readonly startedAt: number;
  person?: Person;
  secondFactor: boolean;
  /** The consent was given on a page of this sign-in. */
  consented: boolean;
  /** The person wants to pick another account. */
  another: boolean;
}

export interface SignInAnswer {
  readonly answer: HttpsAnswer;
  /** For the audit. */
  readonly what: string;
  readonly check?: Refusal['check'];
}

export interface BrowserRequest {
  readonly segment: string;
  /** The browser's session cookie. */
  readonly session: string | undefined;
  readonly ids: PageIds;
}

const flowMs = 60 * 60_000;
const cookieName = 'ESTSAUTHPERSISTENT';

export const sessionOf = (cookie: string | undefined): string | undefined =>
  new RegExp(`(?:^|;\\s*)${cookieName}=([A-Za-z0-9_-]+)`).exec(cookie ?? '')?.[1];

export class SignInService {
  readonly #world: EntraWorld;
  readonly #flows = new Map<string, Flow>();

  constructor(world: EntraWorld) {
    this.#world = world;
  }

  begin(judged: Judged<SignInRequest>, browser: BrowserRequest): SignInAnswer {
    const { ids, segment } = browser;
    if (!judged.ok) {
      if ('to' in judged) return this.#back(judged.to, judged.failure, browser);
      const { failure, check } = judged.refusal;
      return { answer: faultPage(failure, ids), what: `AADSTS${failure.code}`, check };
    }
    const { request } = judged;
    const now = this.#world.now();
    for (const [name, { startedAt }] of this.#flows) if (startedAt + flowMs < now) this.#flows.delete(name);
    const flow: Flow = {
      request,
      segment,
      startedAt: now,
      secondFactor: false,
      consented: false,
      another: false,
    };
    const name = this.#world.random.bytes(32).toString('base64url');
    this.#flows.set(name, flow);

    const known = this.#accounts(browser.session, request);
    const prompt = request.kind === 'authorize' ? request.prompt : undefined;
    const hint = request.kind === 'authorize' ? request.loginHint?.toLowerCase() : undefined;
    const hinted =
      hint === undefined ? known : known.filter(({ person }) => person.upn.toLowerCase() === hint);
    const [only] = hinted;
    if (prompt === 'none') {
      this.#flows.delete(name);
      if (!only || hinted.length > 1) return this.#back(request, { code: 50058 }, browser);
      this.#enter(flow, only);
      return this.#silent(flow, browser);
    }
    // One account is signed in and nobody asked to choose: the browser goes on by itself.
    if (only && hinted.length === 1 && prompt !== 'login' && prompt !== 'select_account')
      this.#enter(flow, only);
    return this.#next(name, flow, browser);
  }

  /** A form of one of the pages. */
  step(form: URLSearchParams, browser: BrowserRequest): SignInAnswer {
    const name = form.get('flow') ?? '';
    const flow = this.#flows.get(name);
    if (!flow || flow.startedAt + flowMs < this.#world.now())
      return { answer: expiredPage(), what: 'no such sign-in' };
    const account = form.get('account');
    const action = form.get('action');
    if (account !== null) return this.#pick(name, flow, account, browser);
    if (action === 'another') {
      delete flow.person;
      flow.secondFactor = false;
      flow.another = true;
      return this.#next(name, flow, browser);
    }
    if (action === 'cancel') {
      this.#flows.delete(name);
      return this.#back(flow.request, { code: 65004 }, browser);
    }
    if (action === 'approve' && flow.person) flow.secondFactor = true;
    else if (action === 'accept' && flow.person && this.#factorShown(flow)) {
      const refused = this.#agree(flow, flow.person, form.get('organization') === 'yes');
      if (refused) return this.#approval(name, flow, flow.person, browser);
    }
    return this.#next(name, flow, browser);
  }

  signOut(query: URLSearchParams, browser: BrowserRequest): SignInAnswer {
    this.#world.signIns.leave(browser.session);
    const headers = { 'set-cookie': `${cookieName}=; Path=/; Secure; HttpOnly; SameSite=None; Max-Age=0` };
    const to = query.get('post_logout_redirect_uri');
    const registered = this.#world.apps
      .all()
      .some(({ redirectUris }) => redirectUris.some(({ uri }) => uri === to));
    return to !== null && registered
      ? { answer: { status: 302, headers: { ...headers, location: to } }, what: 'signed out' }
      : { answer: signedOutPage(headers), what: 'signed out' };
  }

  #pick(name: string, flow: Flow, upn: string, browser: BrowserRequest): SignInAnswer {
    const person = this.#world.people.byUpn(upn);
    const wrong = this.#judgePerson(flow.request, person, upn);
    if (wrong || !person) {
      const { failure, check } = wrong ?? { failure: { code: 50034 as const }, check: 'A3' as const };
      const text = `AADSTS${failure.code}: ${entraErrors[failure.code].text} ${failure.detail ?? ''}`.trim();
      return { answer: this.#picker(name, flow, text), what: `AADSTS${failure.code}`, check };
    }
    flow.person = person;
    flow.another = false;
    flow.secondFactor = false;
    flow.consented = false;
    return this.#next(name, flow, browser);
  }

  #judgePerson(request: SignInRequest, person: Person | undefined, upn: string): Refusal | undefined {
    if (!person) return { check: 'A3', failure: { code: 50034, detail: `'${upn}'.` } };
    if (!person.enabled) return { check: 'A3', failure: { code: 50057 } };
    const { tenantId, app } = request;
    if ((tenantId ?? person.tenantId) !== person.tenantId)
      return {
        check: 'A2',
        failure: {
          code: 50020,
          detail: `'${person.upn}', '${this.#world.people.tenantName(tenantId ?? '')}'.`,
        },
      };
    if (this.#world.elsewhere.has(person.tenantId)) return { check: 'A20', failure: { code: 90038 } };
    return !app.multiTenant && person.tenantId !== app.homeTenantId
      ? { check: 'A3', failure: { code: 700016 } }
      : undefined;
  }

  /** The next page that is needed, or the end. */
  #next(name: string, flow: Flow, browser: BrowserRequest): SignInAnswer {
    const { request, person } = flow;
    const step: Step = { action: `/${encodeURIComponent(flow.segment)}/signin`, flow: name };
    if (!person) {
      const hint = request.kind === 'authorize' ? request.loginHint : undefined;
      const hinted = hint === undefined || flow.another ? undefined : this.#world.people.byUpn(hint);
      const answer =
        hinted && !this.#judgePerson(request, hinted, hinted.upn)
          ? confirmPage(step, hinted)
          : this.#picker(name, flow, undefined);
      return { answer, what: 'picks an account' };
    }
    if (this.#world.signIns.blockedTenants.has(person.tenantId)) {
      this.#flows.delete(name);
      return { answer: faultPage({ code: 53003 }, browser.ids), what: 'AADSTS53003', check: 'A19' };
    }
    if (!this.#factorShown(flow))
      return { answer: secondFactorPage(step, person), what: 'shows a second factor', check: 'A19' };
    const principal = this.#world.consents.principal(request.app, person.tenantId);
    if (principal?.enabled === false) {
      this.#flows.delete(name);
      return { answer: faultPage({ code: 7000112 }, browser.ids), what: 'AADSTS7000112', check: 'A4' };
    }
    const tenantName = this.#world.people.tenantName(person.tenantId);
    if (request.kind === 'admin-consent') {
      if (flow.consented) return this.#finish(name, flow, person, browser);
      if (!mayConsentForAll(person.roles, request.wanted)) return this.#approval(name, flow, person, browser);
      const asked = {
        app: request.app,
        person,
        tenantName,
        wanted: request.wanted,
        reach: 'tenant' as const,
      };
      return { answer: consentPage(step, asked), what: 'reads the permissions' };
    }
    if (!this.#wantsConsent(flow, request, person)) return this.#finish(name, flow, person, browser);
    const forAll = mayConsentForAll(person.roles, request.wanted);
    if (!forAll && !this.#mayConsentAlone(request, person))
      return this.#approval(name, flow, person, browser);
    const asked = {
      app: request.app,
      person,
      tenantName,
      wanted: request.wanted,
      reach: forAll ? ('choice' as const) : ('person' as const),
    };
    return { answer: consentPage(step, asked), what: 'reads the permissions' };
  }

  /** `prompt=none`: everything is there already, or the app hears what is missing. */
  #silent(flow: Flow, browser: BrowserRequest): SignInAnswer {
    const { request, person } = flow;
    if (!person || request.kind !== 'authorize') return this.#back(request, { code: 50058 }, browser);
    if (!this.#factorShown(flow)) return this.#back(request, { code: 50076 }, browser, 'A19');
    if (this.#wantsConsent(flow, request, person))
      return this.#back(request, { code: 65001, more: { error: 'interaction_required' } }, browser);
    return this.#finish('', flow, person, browser);
  }

  #factorShown({ person, secondFactor }: Flow): boolean {
    return person === undefined || secondFactor || !this.#world.secondFactor.has(person.tenantId);
  }

  #wantsConsent(flow: Flow, request: AuthorizeRequest, person: Person): boolean {
    if (flow.consented) return false;
    if (request.prompt === 'consent') return true;
    const principal = this.#world.consents.principal(request.app, person.tenantId);
    if (!principal) return true;
    const granted = this.#world.consents.scopesOf(principal, person.objectId);
    // Where nothing was ever agreed to for this person, even a plain sign-in asks.
    if (granted.length === 0) return true;
    if (request.everything) return false;
    return request.scopes.some((scope) => !isOpenIdScope(scope) && !granted.includes(scope));
  }

  /** A plain person, for themselves: what no administrator is needed for, where the tenant allows it (G26). */
  #mayConsentAlone({ wanted, everything }: AuthorizeRequest, person: Person): boolean {
    if (this.#world.consents.policy(person.tenantId) !== 'allowed') return false;
    if (everything && wanted.application.length > 0) return false;
    return !wanted.delegated.some(needsAdministrator);
  }

  /** The yes. True: this person may not say it. */
  #agree(flow: Flow, person: Person, forEverybody: boolean): boolean {
    const { request } = flow;
    const { consents } = this.#world;
    const mayForAll = mayConsentForAll(person.roles, request.wanted);
    const delegated = union(request.wanted.delegated);
    if (request.kind === 'admin-consent' || forEverybody) {
      if (!mayForAll) return true;
      consents.grant(request.app, person.tenantId, { application: request.wanted.application, delegated });
    } else {
      if (!mayForAll && !this.#mayConsentAlone(request, person)) return true;
      consents.grantTo(request.app, person.tenantId, person.objectId, delegated);
    }
    flow.consented = true;
    return false;
  }

  #approval(name: string, flow: Flow, person: Person, browser: BrowserRequest): SignInAnswer {
    const step: Step = { action: `/${encodeURIComponent(flow.segment)}/signin`, flow: name };
    return {
      answer: approvalPage(
        step,
        flow.request.app,
        this.#world.people.tenantName(person.tenantId),
        browser.ids,
      ),
      what: 'AADSTS90094',
      check: 'A16',
    };
  }

  #finish(name: string, flow: Flow, person: Person, browser: BrowserRequest): SignInAnswer {
    this.#flows.delete(name);
    const { request, secondFactor } = flow;
    const { signIns } = this.#world;
    const who: SignedIn = {
      tenantId: person.tenantId,
      objectId: person.objectId,
      secondFactor,
      at: this.#world.now(),
    };
    const session = signIns.enter(browser.session, who);
    const headers = { 'set-cookie': `${cookieName}=${session}; Path=/; Secure; HttpOnly; SameSite=None` };
    if (request.kind === 'admin-consent')
      return this.#redirect(
        request,
        {
          admin_consent: 'True',
          tenant: person.tenantId,
          ...(request.scope === undefined ? {} : { scope: request.scope }),
        },
        'consented',
        headers,
      );
    const code = signIns.issueCode({
      clientId: request.app.clientId,
      who,
      scopes: request.scopes,
      everything: request.everything,
      redirectKind: request.redirect.kind,
      redirectUri: request.redirectUri,
      nonce: request.nonce,
      challenge: request.challenge,
    });
    return this.#redirect(
      request,
      { code, session_state: this.#world.random.uuid() },
      `code for ${person.tenantId}`,
      headers,
    );
  }

  #back(
    to: ReturnAddress | SignInRequest,
    failure: EntraFailure,
    { ids }: BrowserRequest,
    check?: Refusal['check'],
  ): SignInAnswer {
    const row = entraErrors[failure.code];
    const consent = 'kind' in to && to.kind === 'admin-consent';
    const error =
      failure.more?.error ??
      (consent && failure.code === 65004 ? this.#world.consents.settings.declinedError : row.error);
    const at = new Date(ids.wall).toISOString().slice(0, 19).replace('T', ' ');
    const answer = this.#redirect(
      to,
      {
        error,
        error_description: `AADSTS${failure.code}: ${row.text}${failure.detail ? ` ${failure.detail}` : ''} Trace ID: ${ids.trace} Correlation ID: ${ids.correlation} Timestamp: ${at}Z`,
        ...(failure.code === 65004 ? { error_subcode: 'cancel' } : {}),
        error_uri: `https://login.microsoftonline.com/error?code=${failure.code}`,
        // The v2.0 form says so on failure too (A15): only `error` tells.
        ...(consent && to.scope !== undefined ? { admin_consent: 'True' } : {}),
      },
      `AADSTS${failure.code}`,
    );
    const failed = check ?? (consent ? 'A15' : undefined);
    return failed ? { ...answer, check: failed } : answer;
  }

  #redirect(
    { redirectUri, mode, state }: ReturnAddress,
    values: Readonly<Record<string, string>>,
    what: string,
    headers: Readonly<Record<string, string>> = {},
  ): SignInAnswer {
    const all = Object.entries({ ...values, ...(state === null ? {} : { state }) });
    if (mode === 'form_post') return { answer: this.#formPost(redirectUri, all, headers), what };
    const url = new URL(redirectUri);
    if (mode === 'fragment') url.hash = new URLSearchParams(all).toString();
    else for (const [key, value] of all) url.searchParams.append(key, value);
    return { answer: { status: 302, headers: { ...headers, location: url.href } }, what };
  }

  /** A form that sends itself; by hand where scripts are off. */
  #formPost(
    redirectUri: string,
    values: readonly (readonly [string, string])[],
    headers: Readonly<Record<string, string>>,
  ): HttpsAnswer {
    const script = this.#world.random.bytes(16).toString('base64url');
    const fields = values.map(
      ([key, value]) => `<input type="hidden" name="${escapeHtml(key)}" value="${escapeHtml(value)}">`,
    );
    return htmlPage(
      'Working…',
      `<h1>Working…</h1><form method="post" action="${escapeHtml(redirectUri)}">${fields.join('')}<button class="main">Continue</button></form>
<script nonce="${script}">document.forms[0].submit()</script>`,
      {
        headers: {
          ...headers,
          'content-security-policy': `default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-${script}'; frame-ancestors 'none'`,
        },
      },
    );
  }

  #picker(name: string, flow: Flow, trouble: string | undefined): HttpsAnswer {
    const { people } = this.#world;
    const { tenantId, app, kind } = flow.request;
    const ids = tenantId !== undefined ? [tenantId] : app.multiTenant ? people.tenants() : [app.homeTenantId];
    return pickPage(
      { action: `/${encodeURIComponent(flow.segment)}/signin`, flow: name },
      app,
      ids
        .map((id) => ({ name: people.tenantName(id), people: people.of(id) }))
        .filter((tenant) => tenant.people.length > 0),
      kind === 'authorize' ? flow.request.loginHint : undefined,
      trouble,
    );
  }

  #accounts(
    session: string | undefined,
    request: SignInRequest,
  ): { readonly person: Person; readonly secondFactor: boolean }[] {
    return this.#world.signIns.accounts(session).flatMap(({ tenantId, objectId, secondFactor }) => {
      const person = this.#world.people.byId(tenantId, objectId);
      return person && !this.#judgePerson(request, person, person.upn) ? [{ person, secondFactor }] : [];
    });
  }

  #enter(
    flow: Flow,
    { person, secondFactor }: { readonly person: Person; readonly secondFactor: boolean },
  ): void {
    flow.person = person;
    flow.secondFactor = secondFactor;
  }
}
