// node screenshots.mjs FOLDER [NAME…]: pictures of the pages, for people who look and for the README.
//
// Each is FOLDER/NAME-desktop-light.png and so on: desktop and phone, light and dark. NAMEs choose among them.
// The server is found or started as for the tests.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { chromium } from '@playwright/test';

import { CHROMIUM_FLAGS, PLATFORM_AUTHENTICATOR, chromiumPath } from './support/chromium.mjs';
import { givenUrl, ready, startServer } from './support/server.mjs';

const ADDRESS = 'ada@example.org';
const NAME = 'Ada Lovelace';

const SCREENS = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true },
};

const button = (page, name) => page.getByRole('button', { name });

async function signUp({ page }) {
  await page.goto('/signup');
  await page.getByLabel('Email').fill(ADDRESS);
  await page.getByLabel('Name').fill(NAME);
  await button(page, 'Create a passkey').click();
}

async function account(stage) {
  await signUp(stage);
  await stage.page.waitForURL('/account');
}

/** Each brings the page there. */
const PICTURES = {
  'sign-in': ({ page }) => page.goto('/'),
  'sign-up': ({ page }) => page.goto('/signup'),
  account,
  'signed-out': async (stage) => {
    await account(stage);
    await stage.touches(false);
    await button(stage.page, 'Sign out').click();
    await stage.page.waitForURL('/?signed-out');
  },
  'not-found': ({ page }) => page.goto('/nowhere'),
  asking: async ({ page, touches }) => {
    await touches(false);
    await page.goto('/');
    await button(page, 'Sign in with a passkey').click();
    await button(page, 'Cancel').waitFor();
  },
  dismissed: async ({ page, recognises }) => {
    await recognises(false);
    await page.goto('/');
    await button(page, 'Sign in with a passkey').click();
    await page.getByText('You are not signed in yet.').waitFor();
  },
  offline: async ({ page }) => {
    await page.goto('/signup');
    await page.getByLabel('Email').fill(ADDRESS);
    await page.context().setOffline(true);
    await button(page, 'Create a passkey').click();
    await page.getByText('You are offline.').waitFor();
  },
};

async function take(browser, baseURL, path, screen, colorScheme, arrive) {
  const context = await browser.newContext({ ...screen, baseURL, colorScheme, reducedMotion: 'reduce', locale: 'en-GB' });
  try {
    const page = await context.newPage();
    const cdp = await context.newCDPSession(page);
    await cdp.send('WebAuthn.enable', { enableUI: false });
    const device = await cdp.send('WebAuthn.addVirtualAuthenticator', { options: PLATFORM_AUTHENTICATOR });
    await arrive({
      page,
      touches: (enabled) => cdp.send('WebAuthn.setAutomaticPresenceSimulation', { ...device, enabled }),
      recognises: (isUserVerified) => cdp.send('WebAuthn.setUserVerified', { ...device, isUserVerified }),
    });
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.screenshot({ path, caret: 'hide' });
  } finally {
    await context.close();
  }
}

const [folder, ...wanted] = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in PICTURES));
if (!folder || unknown.length) {
  console.error(`usage: node screenshots.mjs FOLDER [NAME…]\nNAMEs: ${Object.keys(PICTURES).join(', ')}`);
  process.exit(2);
}

await mkdir(folder, { recursive: true });
const given = givenUrl();
if (given) await ready(given);
const server = given ? undefined : await startServer();
const browser = await chromium.launch({ executablePath: chromiumPath(), args: CHROMIUM_FLAGS });
try {
  for (const name of wanted.length ? wanted : Object.keys(PICTURES)) {
    for (const [screen, options] of Object.entries(SCREENS)) {
      for (const colorScheme of ['light', 'dark']) {
        const path = join(folder, `${name}-${screen}-${colorScheme}.png`);
        await take(browser, given ?? server.url, path, options, colorScheme, PICTURES[name]);
        console.log(path);
      }
    }
  }
} finally {
  await browser.close();
  await server?.stop();
  await server?.remove();
}
