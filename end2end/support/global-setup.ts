// Once a run: see that a server is there, or start one and stop it at the end.

import { join } from 'node:path';

import type { FullConfig } from '@playwright/test';

import { givenUrl, ready, startServer } from './server.mjs';

export default async function globalSetup(config: FullConfig) {
  const given = givenUrl();
  if (given) {
    await ready(given);
    process.env.HOLDFAST_URL = given;
    return;
  }
  const server = await startServer();
  // The workers read it.
  process.env.HOLDFAST_URL = server.url;
  process.env.HOLDFAST_TEST_MAIL = server.mails;
  return () => server.end(join(config.rootDir, '..', 'test-results', 'server.log'));
}
