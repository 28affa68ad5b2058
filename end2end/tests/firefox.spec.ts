// The main job in Firefox: another engine's WebAuthn, WebCrypto, IndexedDB and WebAssembly.

import { randomUUID } from 'node:crypto';

import { expect, test } from '../support/firefox';

const account = () => `ada-${randomUUID().slice(0, 13)}@example.test`;

test('in Firefox a person signs up, signs out and signs in again', async ({ firefox }) => {
  const address = account();
  await firefox.goto('/signup');
  await firefox.fill('Email', address);
  await firefox.press('Create a passkey');
  await expect.poll(() => firefox.path()).toBe('/account');
  expect(await firefox.text()).toContain(address);
  expect(await firefox.passkeys()).toHaveLength(1);

  await firefox.press('Sign out');
  await expect.poll(() => firefox.path()).toBe('/?signed-out');
  await expect.poll(() => firefox.text()).toContain('You are signed out.');

  await firefox.press('Sign in with a passkey');
  await expect.poll(() => firefox.path()).toBe('/account');
  expect(await firefox.text()).toContain(address);
});

test('in Firefox the session is locked to the browser, and what matters takes a touch', async ({ firefox }) => {
  await firefox.goto('/signup');
  await firefox.fill('Email', account());
  await firefox.press('Create a passkey');
  await expect.poll(() => firefox.path()).toBe('/account');

  await firefox.goto('/account/sessions');
  await expect.poll(() => firefox.text()).toContain('Locked to this device');
  await firefox.goto('/account/api-keys');
  await expect.poll(() => firefox.text()).toContain('You have no API keys.');
  await firefox.fill('Name', 'Deploys');
  await firefox.press('Create key');
  await firefox.press('Use your passkey');
  await expect.poll(() => firefox.text()).toContain('Your new key is ready.');
});

test('in Firefox somebody whom the device does not recognise is told, and may try again', async ({ firefox }) => {
  await firefox.recognises(false);
  await firefox.goto('/signup');
  await firefox.fill('Email', account());
  await firefox.press('Create a passkey');
  await expect.poll(() => firefox.text()).toContain('No account was created yet.');
  expect(await firefox.path()).toBe('/signup');
  await firefox.recognises(true);
  await firefox.press('Create a passkey');
  await expect.poll(() => firefox.path()).toBe('/account');
});
