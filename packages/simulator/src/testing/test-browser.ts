import type { TestAnswer, TestGraph } from './test-graph.ts';

/** A browser for the sign-in pages, as far as they need one: forms, buttons by their words, one cookie jar. Follows no redirects. */

export interface Page {
  readonly status: number;
  readonly html: string;
  /** Where a redirect wants to go. */
  readonly location: string | undefined;
}

export class TestBrowser {
  readonly #graph: TestGraph;
  readonly #cookies = new Map<string, string>();
  /** The page that shows. */
  page: Page = { status: 0, html: '', location: undefined };
  #at = '';

  constructor(graph: TestGraph) {
    this.#graph = graph;
  }

  async open(url: string): Promise<Page> {
    this.#at = url;
    return this.#show(await this.#graph.send('GET', url, this.#headers()));
  }

  /** Presses the button whose words contain `words`, with what was filled in. */
  async press(words: string, fields: Readonly<Record<string, string>> = {}): Promise<Page> {
    for (const [, action = '', inner = ''] of this.page.html.matchAll(
      /<form method="post" action="([^"]*)">(.*?)<\/form>/gs,
    )) {
      const button = [...inner.matchAll(/<button([^>]*)>(.*?)<\/button>/gs)].find(([, , text = '']) =>
        text.replace(/<[^>]+>/g, '').includes(words),
      );
      if (!button) continue;
      const form = new URLSearchParams();
      for (const [, name = '', value = ''] of inner.matchAll(
        /<input type="hidden" name="([^"]*)" value="([^"]*)">/g,
      ))
        form.set(name, plain(value));
      const [, name, value] = /name="([^"]*)" value="([^"]*)"/.exec(button[1] ?? '') ?? [];
      if (name !== undefined && value !== undefined) form.set(name, plain(value));
      for (const [field, text] of Object.entries(fields)) form.set(field, text);
      this.#at = new URL(plain(action), this.#at).href;
      const headers = { ...this.#headers(), 'content-type': 'application/x-www-form-urlencoded' };
      return this.#show(await this.#graph.send('POST', this.#at, headers, form.toString()));
    }
    throw new Error(`no button "${words}" on this page:\n${this.page.html || JSON.stringify(this.page)}`);
  }

  #headers(): Record<string, string> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    return cookie === '' ? {} : { cookie };
  }

  #show({ status, headers, body }: TestAnswer): Page {
    for (const one of [headers['set-cookie'] ?? []].flat()) {
      const [pair = '', ...rest] = one.split(';');
      const [name = '', value = ''] = pair.split('=');
      if (rest.some((part) => part.trim() === 'Max-Age=0')) this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    const { location } = headers;
    this.page = {
      status,
      html: typeof body === 'string' ? body : '',
      location: typeof location === 'string' ? location : undefined,
    };
    return this.page;
  }
}

const plain = (text: string): string =>
  text.replace(/&(amp|lt|gt|quot|#39);/g, (_all, name: string) =>
    name === 'amp' ? '&' : name === 'lt' ? '<' : name === 'gt' ? '>' : name === 'quot' ? '"' : "'",
  );
