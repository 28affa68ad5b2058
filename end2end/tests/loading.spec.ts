// Before the islands are awake: on a slow network, or without JavaScript.

import type { Page, Route } from '@playwright/test';

import { calls, expect, test } from '../support/test';

/** Holds back what `glob` names until the returned function is called. */
async function hold(page: Page, glob: string, answer = (route: Route) => route.continue()) {
  let release!: () => void;
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route(glob, async (route) => {
    await released;
    await answer(route);
  });
  return release;
}

test('a press on “Create a passkey” before the code has arrived is not lost', async ({ device: _, signUp, account, address, page }) => {
  const release = await hold(page, '**/*.wasm*');
  const options = calls(page, '/auth/passkey/register/options');
  // Loading waits for the preload: only the page itself is waited for.
  await page.goto('/signup', { waitUntil: 'domcontentloaded' });
  await signUp.email.fill(address);
  await signUp.name.fill('Ada');
  await signUp.button.click();

  await expect(signUp.email).toHaveValue(address);
  await expect(page).toHaveURL('/signup');
  expect(options.count).toBe(0);

  release();
  await account.belongsTo('Ada');
  expect(options.count).toBe(1);
});

test('Enter in a field before the code has arrived is not lost', async ({ device: _, signUp, account, address, page }) => {
  const release = await hold(page, '**/*.wasm*');
  await page.goto('/signup', { waitUntil: 'domcontentloaded' });
  await signUp.email.fill(address);
  await signUp.email.press('Enter');
  await expect(page).toHaveURL('/signup');

  release();
  await account.belongsTo(address);
});

test('a press on “Sign out” before the code has arrived is not lost', async ({ device, signUp, signIn, account, address, page }) => {
  await signUp.complete(address);
  await device.touches(false);
  const release = await hold(page, '**/*.wasm*');
  await page.goto('/account', { waitUntil: 'domcontentloaded' });
  await account.signOut.click();
  await expect(account.signOut).toBeVisible();

  release();
  await page.waitForURL('/?signed-out');
  await expect(signIn.button).toBeVisible();
});

test('several early presses ask the device once', async ({ device, signIn, page }) => {
  await device.touches(false);
  const release = await hold(page, '**/*.wasm*');
  await page.goto('/', { waitUntil: 'domcontentloaded' });
  await signIn.button.click();
  await signIn.button.click();
  await signIn.button.click();
  await expect(signIn.status).toBeEmpty();

  release();
  await expect(signIn.status).toContainText('Your device is asking for your passkey.');
  const prompts = await page.evaluate(() => (globalThis as unknown as { asked: string[] }).asked.filter((how) => how === 'prompt'));
  expect(prompts).toHaveLength(1);
});

for (const where of ['<leptos-island', '<button']) {
  test(`code that arrives before the page is complete (up to ${where}) waits for the rest of it`, async ({ device: _, signUp, account, address, page }) => {
    // A script that holds the parser up, and leaves no trace.
    const release = await hold(page, '**/held.js', (route) =>
      route.fulfill({ contentType: 'text/javascript', body: 'document.currentScript.remove()' }),
    );
    await page.addInitScript(() => {
      const { instantiateStreaming } = WebAssembly;
      WebAssembly.instantiateStreaming = async (...args) => {
        const made = await instantiateStreaming(...args);
        // What follows on the page’s side has run when a later task does.
        setTimeout(() => Object.assign(globalThis, { codeIsThere: true }));
        return made;
      };
    });
    const held = async (route: Route) => {
      const response = await route.fetch();
      const body = (await response.text()).replace(where, `<script src="/held.js"></script>${where}`);
      await route.fulfill({ response, body });
    };
    // Once: when it is loaded again, it sends the person on.
    await page.route('/signup', held, { times: 1 });
    await page.goto('/signup', { waitUntil: 'commit' });
    await page.waitForFunction(() => 'codeIsThere' in globalThis);

    release();
    await signUp.email.fill(address);
    await signUp.button.click();
    await account.belongsTo(address);
  });
}

for (const code of ['**/*.js*', '**/*.wasm*']) {
  test(`when the code does not arrive (${code}) the page says so`, async ({ page, watch }) => {
    watch.expect(/Failed to load resource/);
    await page.route(code, (route) => route.abort());
    await page.goto('/');
    await expect(page.getByText('This page did not load completely.')).toBeVisible();
    await expect(page.getByRole('link', { name: 'Reload' })).toBeVisible();
  });
}

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  for (const [path, heading, purpose, link, target] of [
    ['/', 'Sign in', 'sign you in', 'Create an account', '/signup'],
    ['/signup', 'Create an account', 'create a passkey', 'Sign in', '/'],
  ] as const) {
    test(`${path} says what it needs, hides what cannot work, and its links work`, async ({ page }) => {
      await page.goto(path);
      await expect(page.getByRole('heading', { level: 1, name: heading })).toBeVisible();
      // Playwright's roles and texts leave out what is in <noscript>; a person does not.
      const [title, detail] = await page.locator('noscript p').all();
      await expect(title).toBeVisible();
      await expect(title).toHaveText(`This page needs JavaScript to ${purpose}.`);
      await expect(detail).toBeVisible();
      await expect(detail).toContainText('Turn JavaScript on for this site, then reload.');
      await expect(page.getByRole('button')).toHaveCount(0);
      await expect(page.getByRole('textbox')).toHaveCount(0);

      await page.getByRole('link', { name: link, exact: true }).click();
      await page.waitForURL(target);
      await page.getByRole('link', { name: 'Holdfast' }).click();
      await page.waitForURL('/');
    });
  }

  test('an error page needs none', async ({ page, watch }) => {
    watch.expect(/status of 404/);
    await page.goto('/nowhere');
    await expect(page.getByRole('heading', { level: 1, name: 'There is no page here' })).toBeVisible();
    await page.getByRole('link', { name: 'Go to the first page' }).click();
    await page.waitForURL('/');
  });
});
