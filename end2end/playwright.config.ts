import { defineConfig } from '@playwright/test';

import { CHROMIUM_FLAGS, chromiumPath } from './support/chromium.mjs';

const executablePath = chromiumPath();

export default defineConfig({
  testDir: 'tests',
  outputDir: 'test-results',
  globalSetup: './support/global-setup.ts',
  fullyParallel: true,
  workers: 2,
  // A test that passes at the second try has found something: CI names it as flaky and says why it failed, and somebody has to look.
  // On a developer's machine it fails.
  retries: process.env.CI ? 1 : 0,
  forbidOnly: !!process.env.CI || !process.stdout.isTTY,
  // Generous: the machine may be busy, and no test is about speed.
  timeout: 90_000,
  expect: { timeout: 20_000 },
  reporter: process.stdout.isTTY ? 'line' : 'list',
  use: {
    browserName: 'chromium',
    launchOptions: { executablePath, args: CHROMIUM_FLAGS },
    locale: 'en-GB',
    timezoneId: 'Europe/London',
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
  },
  projects: [
    { name: 'desktop', use: { viewport: { width: 1280, height: 800 } } },
    {
      name: 'phone',
      testMatch: /(accessibility|addresses|admin|billing|layout)\.spec\.ts/,
      use: { viewport: { width: 390, height: 844 }, hasTouch: true },
    },
  ],
});
