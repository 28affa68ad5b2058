// Somebody who has lost their passkeys: `import { expect, test } from '../support/recovering'`. Each worker that runs such a file has
// a server of its own, on which the wait takes seconds: a demonstration shortens it in the settings, and nowhere else.

import { join } from 'node:path';

import type { Running } from './secure';
import { startServer } from './server.mjs';
import { test as base } from './test';

export { expect } from './test';

interface Mailing extends Running {
  mails: string;
}

export const test = base.extend<object, { server: Mailing }>({
  server: [
    async ({}, use, { workerIndex, project }) => {
      const server: Mailing = await startServer({
        settings: {
          HOLDFAST_RECOVERY_KNOWN_DEVICE: '2s',
          HOLDFAST_RECOVERY_NEW_DEVICE: '4s',
          HOLDFAST_RECOVERY_HOLD: '72h',
          HOLDFAST_THROTTLE_SCALE: '100000',
        },
      });
      process.env.HOLDFAST_TEST_MAIL = server.mails;
      await use(server);
      await server.end(join(project.outputDir, `recovery-${workerIndex}.log`));
    },
    { scope: 'worker' },
  ],
  baseURL: async ({ server }, use) => use(server.url),
});
