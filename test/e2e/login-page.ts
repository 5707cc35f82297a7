import type { BrowserContext } from 'playwright-core';

/**
 * Microsoft's sign-in as the page tests need it: whoever comes with a state goes back with one of three answers. The
 * addresses carry what Microsoft puts there and the API does not know, so that only the known names may reach it.
 */
export async function playLoginPage(context: BrowserContext, portal: string): Promise<void> {
  await context.route('https://login.example/**', async (route) => {
    const state = new URL(route.request().url()).searchParams.get('state') ?? '';
    const back = (answer: Record<string, string>): string =>
      `${portal}/connect/callback?${new URLSearchParams({ ...answer, state })}`.replaceAll('&', '&amp;');
    const accepted = back({ code: '0.AR8A-code', session_state: 'a1b2', client_info: 'e30' });
    const approved = back({ admin_consent: 'True', tenant: '1217ec40-0000-4000-8000-000000000003' });
    const cancelled = back({
      error: 'access_denied',
      error_subcode: 'cancel',
      error_description: 'AADSTS65004: User declined to consent to access the app.',
      error_uri: 'https://login.example/error?code=65004',
      trace_id: '6f0c',
    });
    await route.fulfill({
      contentType: 'text/html',
      body: `<!doctype html><html lang="en"><title>Sign in</title><h1>Microsoft</h1>
<a href="${accepted}">Sign in as Alex</a> <a href="${approved}">Accept</a> <a href="${cancelled}">Cancel</a></html>`,
    });
  });
}
