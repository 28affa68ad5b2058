// node screenshots.mjs FOLDER [NAME…]: pictures of the pages, for people who look and for the README.
//
// Each is FOLDER/NAME-desktop-light.png and so on: desktop and phone, light and dark. NAMEs choose among them.
// The server is found or started as for the tests.

import { mkdir, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { chromium } from '@playwright/test';

import { CHROMIUM_FLAGS, PLATFORM_AUTHENTICATOR, chromiumPath } from './support/chromium.mjs';
import { givenUrl, ready, startServer } from './support/server.mjs';

const ADDRESS = 'ada@example.org';
const NAME = 'Ada Lovelace';

const SCREENS = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true },
};

const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1';
const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:156.0) Gecko/20100101 Firefox/156.0';

const button = (page, name) => page.getByRole('button', { name });
const touch = (page) => button(page, 'Use your passkey').click();

async function signUp({ page }, address = ADDRESS) {
  await page.goto('/signup');
  await page.getByLabel('Email').fill(address);
  await page.getByLabel('Name').fill(NAME);
  await button(page, 'Create a passkey').click();
}

async function account(stage) {
  await signUp(stage);
  await stage.page.waitForURL('/account');
}

/** The same person once more, on another kind of device. */
async function onThePhone(stage) {
  const phone = await stage.elsewhere({ userAgent: IPHONE });
  for (const passkey of await stage.passkeys()) await phone.add(passkey);
  // Touches are simulated: the request for autofill is answered at once.
  await phone.page.goto('/');
  await phone.page.waitForURL('/account');
  await phone.touches(false);
  return phone;
}

async function sessions(stage) {
  await account(stage);
  const phone = await onThePhone(stage);
  await stage.page.goto('/account/sessions');
  await stage.page.getByText('Not you? End it.').waitFor();
  return phone;
}

async function apiKeys(stage) {
  await account(stage);
  await stage.page.goto('/account/api-keys');
  await stage.page.getByText('You have no API keys.').waitFor();
}

/** Somebody who has signed in on a phone, was asked in another browser, and has looked why. */
async function activity(stage) {
  await apiKeys(stage);
  await stage.page.getByLabel('Name').fill('Backup at night');
  await button(stage.page, 'Create key').click();
  await touch(stage.page);
  await stage.page.getByRole('heading', { name: 'Backup at night' }).waitFor();
  const phone = await onThePhone(stage);
  await stage.looksLike(FIREFOX);
  await stage.page.goto('/account/api-keys');
  await touch(stage.page);
  await stage.page.getByRole('heading', { name: 'Your keys' }).waitFor();
  await stage.page.goto('/account/activity');
  await stage.page.getByText('Why was I asked?').first().click();
  return phone;
}

async function billing(stage) {
  await account(stage);
  await stage.page.goto('/account/billing');
  await stage.page.getByText('No account is saved yet.').waitFor();
}

async function deletion(stage) {
  await account(stage);
  await stage.page.goto('/account/delete');
  await button(stage.page, 'Delete my account').waitFor();
}

/** Whoever follows the link of the mail, which goes to confirmed addresses only: one for each picture. */
async function keepAccount(stage) {
  const address = `ada-${Date.now()}@example.org`;
  await signUp(stage, address);
  await stage.page.waitForURL('/account');
  await stage.page.goto('/account/recovery');
  await button(stage.page, 'Send a code').click();
  const code = /^ {4}(\d{4} \d{4})/m.exec(await mail(new RegExp(`To: ${address}`)))[1];
  await stage.page.getByLabel('Code from the mail').fill(code);
  await button(stage.page, 'Confirm the address').click();
  await stage.page.getByText('Confirmed. From now on').waitFor();
  await deleteAccount(stage);
  const letter = await mail(new RegExp(`To: ${address}[^]*will be deleted|will be deleted[^]*To: ${address}`));
  await stage.page.goto(/https?:\/\/\S+not-me\S+/.exec(letter)[0]);
}

async function deleteAccount({ page }) {
  await page.goto('/account/delete');
  await button(page, 'Delete my account').click();
  await touch(page);
  await button(page, 'Keep my account').waitFor();
}

/** The last mail like this, of those that the server has written into its folder. */
async function mail(like) {
  const folder = server?.mails ?? process.env.HOLDFAST_TEST_MAIL;
  for (;;) {
    const names = await readdir(folder).catch(() => []);
    const raws = await Promise.all(names.sort().map((name) => readFile(join(folder, name), 'utf8')));
    const found = raws.filter((raw) => like.test(raw)).at(-1);
    if (found) return found.replace(/=\r\n/g, '').replace(/=3D/g, '=');
    await sleep(100);
  }
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
  passkeys: async (stage) => {
    await account(stage);
    const [old] = await stage.passkeys();
    await stage.page.goto('/account/passkeys');
    await stage.page.route('**/auth/passkey/register/options', async (route) => {
      const response = await route.fetch();
      // The device keeps one passkey of an account.
      if (response.ok()) await stage.forget(old);
      await route.fulfill({ response });
    });
    await button(stage.page, 'Add a passkey').click();
    await touch(stage.page);
    await stage.page.getByText('Your new passkey is ready.').waitFor();
    await stage.page.getByText('Rename', { exact: true }).first().click();
    await stage.page.getByText('Remove', { exact: true }).last().click();
  },
  'passkeys-only': async (stage) => {
    await account(stage);
    await stage.page.goto('/account/passkeys');
    await button(stage.page, 'Add a passkey').waitFor();
  },
  sessions,
  'sessions-asking': async (stage) => {
    await sessions(stage);
    await stage.touches(false);
    await button(stage.page, 'End this session').click();
    await touch(stage.page);
    await stage.page.getByText('Your device is asking for your passkey.').waitFor();
  },
  activity,
  'activity-safe': async (stage) => {
    await activity(stage);
    await onThePhone(stage);
    await button(stage.page, 'This wasn’t me: You signed in').last().click();
    await touch(stage.page);
    await stage.page.getByText('Here is what to do now').waitFor();
    await stage.page.evaluate(() => scrollTo(0, 0));
  },
  'api-keys-empty': apiKeys,
  'api-keys': async (stage) => {
    await apiKeys(stage);
    for (const name of ['Backup at night', 'Deploys']) {
      await stage.page.getByLabel('Name').fill(name);
      await button(stage.page, 'Create key').click();
      await touch(stage.page);
      await stage.page.getByRole('heading', { name }).waitFor();
    }
    await stage.page.getByText('Copy your new key now.').waitFor();
  },
  'step-up-always': async (stage) => {
    await apiKeys(stage);
    await stage.page.getByLabel('Name').fill('Backup at night');
    await button(stage.page, 'Create key').click();
    await button(stage.page, 'Use your passkey').waitFor();
  },
  'step-up': async (stage) => {
    await apiKeys(stage);
    await stage.looksLike(FIREFOX);
    await stage.page.getByLabel('Name').fill('Backup at night');
    await button(stage.page, 'Create key').click();
    await button(stage.page, 'Use your passkey').waitFor();
  },
  'step-up-dismissed': async (stage) => {
    await apiKeys(stage);
    await stage.recognises(false);
    await stage.page.getByLabel('Name').fill('Backup at night');
    await button(stage.page, 'Create key').click();
    await touch(stage.page);
    await stage.page.getByText('Nothing was changed yet.').waitFor();
  },
  'billing-empty': billing,
  'account-whole': async (stage) => {
    await account(stage);
    await stage.page.setViewportSize({ ...stage.page.viewportSize(), height: 1500 });
  },
  deletion,
  'deletion-asking': async (stage) => {
    await deletion(stage);
    await button(stage.page, 'Delete my account').click();
    await button(stage.page, 'Use your passkey').waitFor();
  },
  'deletion-asked': async (stage) => {
    await account(stage);
    await deleteAccount(stage);
  },
  'account-leaving': async (stage) => {
    await account(stage);
    await deleteAccount(stage);
    await stage.page.goto('/account');
    await button(stage.page, 'Keep my account').waitFor();
  },
  'account-kept': async (stage) => {
    await account(stage);
    await deleteAccount(stage);
    await stage.page.goto('/account');
    await button(stage.page, 'Keep my account').click();
    await stage.page.getByText('Your account stays.').waitFor();
  },
  'keep-account': keepAccount,
  'keep-account-done': async (stage) => {
    await keepAccount(stage);
    await button(stage.page, 'Keep my account').click();
    await stage.page.getByText('Nothing was deleted.').waitFor();
  },
  billing: async (stage) => {
    await billing(stage);
    await stage.page.getByLabel('Account holder').fill('Ada Lovelace');
    await stage.page.getByLabel('IBAN').fill('NO93 8601 1117 947');
    await button(stage.page, 'Save the account').click();
    await touch(stage.page);
    await stage.page.getByText('just now').waitFor();
    await stage.page.getByLabel('Account holder').fill('Ada Lovelace');
    await stage.page.getByLabel('IBAN').fill('NO93 8601 1117 948');
    await button(stage.page, 'Save the new account').click();
    await stage.page.getByText('There is a typing mistake').waitFor();
  },
  confirm: async (stage) => {
    await account(stage);
    await stage.looksLike(FIREFOX);
    await stage.page.goto('/account/sessions');
    await button(stage.page, 'Use your passkey').waitFor();
  },
  'key-lost': async (stage) => {
    await account(stage);
    await stage.page.evaluate(() => new Promise((resolve) => (indexedDB.deleteDatabase('holdfast').onsuccess = resolve)));
    await stage.page.goto('/account/sessions');
    await button(stage.page, 'Sign in again').waitFor();
  },
  'ended-elsewhere': async (stage) => {
    await account(stage);
    const phone = await onThePhone(stage);
    await stage.touches(false);
    await phone.touches(true);
    await phone.page.goto('/account/sessions');
    await button(phone.page, 'End all other sessions').click();
    await touch(phone.page);
    await stage.page.getByText('This session was ended from another device of yours.').waitFor();
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

/** A browser with a device, and what the pictures do with both. */
async function open(browser, options, contexts) {
  const context = await browser.newContext({ reducedMotion: 'reduce', locale: 'en-GB', ...options });
  contexts.push(context);
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  await cdp.send('WebAuthn.enable', { enableUI: false });
  const device = await cdp.send('WebAuthn.addVirtualAuthenticator', { options: PLATFORM_AUTHENTICATOR });
  return {
    page,
    touches: (enabled) => cdp.send('WebAuthn.setAutomaticPresenceSimulation', { ...device, enabled }),
    recognises: (isUserVerified) => cdp.send('WebAuthn.setUserVerified', { ...device, isUserVerified }),
    passkeys: async () => (await cdp.send('WebAuthn.getCredentials', device)).credentials,
    add: (credential) => cdp.send('WebAuthn.addCredential', { ...device, credential }),
    forget: ({ credentialId }) => cdp.send('WebAuthn.removeCredential', { ...device, credentialId }),
    looksLike: (userAgent) => cdp.send('Network.setUserAgentOverride', { userAgent }),
    elsewhere: (more) => open(browser, { baseURL: options.baseURL, ...more }, contexts),
  };
}

async function take(browser, baseURL, path, screen, colorScheme, arrive) {
  const contexts = [];
  try {
    const stage = await open(browser, { ...screen, baseURL, colorScheme }, contexts);
    await arrive(stage);
    await stage.page.getByRole('heading', { level: 1 }).waitFor();
    await stage.page.screenshot({ path, caret: 'hide' });
  } finally {
    for (const context of contexts) await context.close();
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
