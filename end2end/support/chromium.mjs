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

/**
 * Device Bound Session Credentials, as a switch. Chromium 156 has them on Linux only with both features, the second one
 * for keys in software. It reads the last `--enable-features` only, so all must be in one.
 */
export const DBSC = {
  /** Without Chromium's limit on signatures: a test makes in a second what takes a person an hour. */
  unlimited: enable('DeviceBoundSessions:RefreshQuota/false'),
  /** As shipped: six signatures in nine minutes for each site. */
  limited: enable('DeviceBoundSessions'),
};

function enable(sessions) {
  return [`--enable-features=${sessions},EnableBoundSessionCredentialsSoftwareKeysForManualTesting`];
}

/** Trusts this one leaf. No other way of letting a test's certificate pass leaves DBSC on. */
export function trusting({ spkiHash }) {
  return [`--ignore-certificate-errors-spki-list=${spkiHash}`];
}

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
