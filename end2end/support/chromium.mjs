// Which Chromium, and how it is started. Shared by the tests and the screenshots.

import { existsSync } from 'node:fs';

const DEBIANS = '/usr/bin/chromium';

/** Path of the browser; undefined means Playwright's own. */
export function chromiumPath() {
  const wanted = process.env.HOLDFAST_CHROMIUM ?? process.env.CHROMIUM;
  return wanted || (existsSync(DEBIANS) ? DEBIANS : undefined);
}

/** No sandbox, because CI runs as root; the rest keeps the browser from doing anything of its own accord. */
export const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Everything a passkey on this very device can do: what phones and laptops have built in. */
export const PLATFORM_AUTHENTICATOR = {
  protocol: 'ctap2',
  ctap2Version: 'ctap2_1',
  transport: 'internal',
  hasResidentKey: true,
  hasUserVerification: true,
  isUserVerified: true,
  automaticPresenceSimulation: true,
  defaultBackupEligibility: true,
  defaultBackupState: true,
};
