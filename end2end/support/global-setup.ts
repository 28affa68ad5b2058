// Once a run: see that a server is there, or start one and stop it at the end.

import { copyFile, mkdir } from 'node:fs/promises';
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
  return async () => {
    const death = server.death();
    await server.stop();
    const results = join(config.rootDir, '..', 'test-results');
    await mkdir(results, { recursive: true });
    await copyFile(server.log, join(results, 'server.log'));
    await server.remove();
    if (death) throw new Error(`${death}; its log: test-results/server.log`);
  };
}
