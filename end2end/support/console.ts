// The console of operators: `import { expect, test } from '../support/console'`. Who is one is said at the command line, so
// each worker that runs such a file has a server of its own, whose database the same program can open.

import { join } from 'node:path';

import type { Locator, Page } from '@playwright/test';

import { failToSignIn as fail } from './fail';
import { TouchDialog } from './pages';
import type { Running } from './secure';
import { startServer } from './server.mjs';
import { type Elsewhere, expect, test as base } from './test';

export { expect } from './test';

interface Managed extends Running {
  command(...words: string[]): Promise<string>;
}

export class Console {
  constructor(readonly page: Page) {}

  get touch() {
    return new TouchDialog(this.page);
  }

  /** The button that stands where nothing is shown yet. */
  get opener() {
    return this.page.getByRole('main').getByRole('button', { name: 'Use your passkey' });
  }

  get alerts(): Locator {
    return this.page.getByRole('region', { name: /^Open/ }).locator('.cards > li');
  }

  get events(): Locator {
    return this.page.getByRole('region', { name: /^(Newest first|Older|What happened lately)$/ }).locator('li:has(> details)');
  }

  get status() {
    return this.page.getByRole('main').getByRole('status');
  }

  /** Goes there, and touches where that is asked for. */
  async open(path = '/admin') {
    await this.page.goto(path);
    const heading = this.page.getByRole('main').getByRole('heading', { level: 2 }).first();
    await expect(heading.or(this.opener)).toBeVisible();
    if (await this.opener.isVisible()) {
      await this.opener.click();
      await this.touch.press();
    }
    await expect(heading).toBeVisible();
  }
}

interface PerTest {
  console: Console;
  /** Makes whoever claims this address an operator. */
  grant: (address: string) => Promise<void>;
}

export const test = base.extend<PerTest, { server: Managed }>({
  server: [
    async ({}, use, { workerIndex, project }) => {
      const server: Managed = await startServer();
      await use(server);
      await server.end(join(project.outputDir, `server-${workerIndex}.log`));
    },
    { scope: 'worker' },
  ],
  baseURL: async ({ server }, use) => use(server.url),
  console: async ({ page }, use) => use(new Console(page)),
  grant: async ({ server }, use) =>
    use(async (address) => {
      await server.command('admin', 'grant', '--user', address);
    }),
});

/** The same, on a device that is touched when it asks. */
export async function failToSignIn({ page, device }: Pick<Elsewhere, 'page' | 'device'>, times: number) {
  await device.touches(true);
  await fail(page, times);
  await device.touches(false);
}
