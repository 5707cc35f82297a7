import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

/** Without windows it takes half the processor time; Chromium itself shows the same. */
const executablePath = ['chromium-headless-shell', 'chromium', 'chromium-browser']
  .map((name) => `/usr/bin/${name}`)
  .find((path) => existsSync(path));

/** Reason to leave the browser's tests out, for `skip`; in CI a missing browser is a failure instead. */
export const noBrowser: string | false =
  executablePath || process.env.CI === 'true'
    ? false
    : 'Chromium is not installed (Debian package chromium-headless-shell, or chromium)';

/** Debian's Chromium, kept from talking to anybody but the server under test. */
export async function openBrowser(): Promise<Browser> {
  return await chromium.launch({
    executablePath: executablePath ?? '/usr/bin/chromium-headless-shell',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the page complained about: script errors and violations of the content security policy. */
  readonly complaints: string[];
}

export async function visit(
  browser: Browser,
  baseUrl: string,
  options: {
    readonly dark?: boolean;
    readonly width?: number;
    /** The twin's sign-in pages have a certificate of the twin's own. */
    readonly ignoreHttpsErrors?: boolean;
    /** Wall ms at which the page's clock stands; timers run all the same. */
    readonly at?: number;
  } = {},
): Promise<Visit> {
  const context = await browser.newContext({
    baseURL: baseUrl,
    ignoreHTTPSErrors: options.ignoreHttpsErrors ?? false,
    locale: 'en-US',
    timezoneId: 'UTC',
    colorScheme: options.dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
    viewport: { width: options.width ?? 1320, height: 900 },
  });
  // Every wait is for a state: a busy machine takes longer, and nothing else depends on it.
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  if (options.at !== undefined) await page.clock.setFixedTime(options.at);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // A refused request is the server's word, shown on the page; everything else is ours to mend.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(message.text());
  });
  return { page, context, complaints };
}

export async function signIn(page: Page, name: string, password: string): Promise<void> {
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}
