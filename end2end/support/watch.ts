// What no page may do, in any test: break the Content Security Policy, report an error, throw, or ask another site.

import { type BrowserContext, expect } from '@playwright/test';

export class Watch {
  private readonly problems: string[] = [];
  private violationsExpected = false;
  private readonly origins: string[] = [];
  private readonly expected: { pattern: RegExp; seen: boolean }[] = [];
  private readonly allowed: RegExp[] = [];

  /** `origin` is the one site the pages may talk to. */
  static async over(context: BrowserContext, origin: string): Promise<Watch> {
    const watch = new Watch();
    watch.alsoAt(origin);
    context.on('console', (message) => {
      const text = `${message.text()} (${message.location().url})`;
      const names = /Content Security Policy|securitypolicyviolation/i.test(text);
      if (names || message.type() === 'error') watch.note(`console ${message.type()}: ${text}`);
    });
    context.on('weberror', (error) => watch.note(`uncaught: ${error.error().stack || String(error.error())}`));
    context.on('request', (request) => {
      if (!watch.origins.includes(new URL(request.url()).origin)) watch.note(`request to another site: ${request.url()}`);
    });
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        console.error(`securitypolicyviolation: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
      });
    });
    return watch;
  }

  /** This site may be asked as well. */
  alsoAt(origin: string) {
    this.origins.push(origin);
  }

  /** The page is attacked on purpose: one violation is what the test is about. */
  expectViolation() {
    this.violationsExpected = true;
  }

  /** From now on this error belongs to the test, and the test fails without it. Never a CSP violation. */
  expect(pattern: RegExp) {
    this.expected.push({ pattern, seen: false });
  }

  /** From now on this error may come, and need not: when it does depends on the clock. */
  allow(pattern: RegExp) {
    this.allowed.push(pattern);
  }

  private note(problem: string) {
    const isPolicy = /Content Security Policy|securitypolicyviolation/i.test(problem);
    if (isPolicy && this.violationsExpected) return;
    const expected = isPolicy ? undefined : this.expected.find(({ pattern }) => pattern.test(problem));
    if (expected) expected.seen = true;
    else if (isPolicy || !this.allowed.some((pattern) => pattern.test(problem))) this.problems.push(problem);
  }

  /** At the end of a test. */
  async judge() {
    await expect
      .poll(() => this.expected.filter(({ seen }) => !seen).map(({ pattern }) => String(pattern)), {
        message: 'errors that the test expected in the console and that did not come',
        timeout: 5_000,
      })
      .toEqual([]);
    expect(this.problems, 'errors in the browser that no test expected').toEqual([]);
  }
}
