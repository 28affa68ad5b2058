// What every test starts from: `import { expect, test } from '../support/test'`.

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

import { type Page, type Route, test as base } from '@playwright/test';

import { Device, notePrompts } from './device';
import { type Elsewhere, type Look, Others } from './elsewhere';
import { AccountPage, ActivityPage, ApiKeysPage, BillingPage, PasskeysPage, RecoverPage, RecoveryPage, SessionsPage, SignInPage, SignUpPage } from './pages';
import { Watch } from './watch';

export { expect } from '@playwright/test';
export { Device } from './device';
export { FIREFOX, IPHONE, looksLike, signInTimes } from './elsewhere';

interface Fixtures {
  /** Collects what no page may do. Every test has it, asked for or not. */
  watch: Watch;
  /** A device with a built-in passkey store that knows its person and is touched when it asks. */
  device: Device;
  /** An address that no other test has. */
  address: string;
  signIn: SignInPage;
  signUp: SignUpPage;
  account: AccountPage;
  passkeys: PasskeysPage;
  sessions: SessionsPage;
  activity: ActivityPage;
  apiKeys: ApiKeysPage;
  billing: BillingPage;
  recovery: RecoveryPage;
  recover: RecoverPage;
  others: Others;
  /** Signs the person of this account in with another browser. */
  elsewhere: (look?: Look) => Promise<Elsewhere>;
  /** Another browser, for somebody who has got hold of a copy of the cookies. No device and no keys. */
  thief: (look?: Look) => Promise<Elsewhere>;
  /** A picture of the whole page as it is now, for people who look and for docs: in the folder HOLDFAST_TEST_PICTURES, if there is one. */
  picture: (name: string) => Promise<void>;
}

export const test = base.extend<Fixtures>({
  // Set by the global set-up, after this file may have been read.
  baseURL: async ({}, use) => use(process.env.HOLDFAST_URL),

  watch: [
    async ({ context, baseURL }, use) => {
      const watch = await Watch.over(context, baseURL!);
      await use(watch);
      await watch.judge();
    },
    { auto: true },
  ],

  context: async ({ context }, use) => {
    await notePrompts(context);
    await use(context);
  },

  device: async ({ page }, use) => use(await Device.addTo(page)),
  address: async ({}, use) => use(`ada-${randomUUID().slice(0, 13)}@example.test`),
  signIn: async ({ page }, use) => use(new SignInPage(page)),
  signUp: async ({ page }, use) => use(new SignUpPage(page)),
  account: async ({ page }, use) => use(new AccountPage(page)),
  passkeys: async ({ page }, use) => use(new PasskeysPage(page)),
  sessions: async ({ page }, use) => use(new SessionsPage(page)),
  activity: async ({ page }, use) => use(new ActivityPage(page)),
  apiKeys: async ({ page }, use) => use(new ApiKeysPage(page)),
  billing: async ({ page }, use) => use(new BillingPage(page)),
  recovery: async ({ page }, use) => use(new RecoveryPage(page)),
  recover: async ({ page }, use) => use(new RecoverPage(page)),

  picture: async ({ page }, use, { project }) => {
    const folder = process.env.HOLDFAST_TEST_PICTURES;
    await use(async (name) => {
      const path = join(folder ?? '', project.name === 'desktop' ? '' : project.name, `${name}.png`);
      if (folder) await page.screenshot({ path, fullPage: true, animations: 'disabled' });
    });
  },

  others: async ({ browser, baseURL }, use) => {
    const others = new Others(browser, baseURL!);
    await use(others);
    await others.end();
  },
  elsewhere: async ({ device, others }, use) => use((look) => others.signIn(device, look)),
  thief: async ({ context, others }, use) => use((look) => others.copy(context, look)),
});

/** An answer in the shape of every error of the server's. */
export function refuse(status: number, code: string, more: { error?: string; retryAfter?: number } = {}) {
  const requestId = randomUUID();
  const body = { error: 'A sentence for a person.', code, requestId, ...more };
  return {
    requestId,
    answer: (route: Route) =>
      route.fulfill({ status, contentType: 'application/json', headers: { 'x-request-id': requestId }, body: JSON.stringify(body) }),
  };
}

/**
 * Answers a call when the person has let go of the device. After a failed sign-in the field offers again, and while
 * touches are simulated that would be answered at once.
 */
export function lettingGo(device: Device, answer: (route: Route) => Promise<unknown>) {
  return async (route: Route) => {
    await device.touches(false);
    await answer(route);
  };
}

/** Counts the calls to a path from now on. */
export function calls(page: Page, path: string): { count: number } {
  const counter = { count: 0 };
  page.on('request', (request) => {
    if (new URL(request.url()).pathname === path) counter.count += 1;
  });
  return counter;
}
