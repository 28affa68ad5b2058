// Holdfast as in production, behind something that ends TLS for it: `import { expect, test } from '../support/fronted'`.
// Here that something also sees what the browser's network service sends, can hold it back, and can say that browsers are
// somewhere else.

import { join } from 'node:path';

import { startFront } from './front.mjs';
import { type Running, test as base } from './secure';
import { freePort, startServer } from './server.mjs';

export { expect } from './secure';

/** A request, as it came. The status is 0 until the answer to it comes. */
export interface Noted {
  method: string;
  path: string;
  headers: Record<string, string | undefined>;
  status: number;
}

interface Front {
  /** The requests to this path, oldest first. */
  asked(path: string): Noted[];
  /** Holds requests to this path until `release`. `arrived` resolves with the first. */
  hold(path: string): { arrived: Promise<Noted>; release(): void };
  /** From now on browsers are at this address. */
  comesFrom(address: string): void;
}

interface Fronted extends Running {
  front: Front;
}

export const test = base.extend<{}, { fronted: Fronted; front: Front }>({
  fronted: [
    async ({ certificate }, use, { workerIndex, project }) => {
      const port = await freePort();
      const url = `https://localhost:${port}`;
      const server: Running = await startServer({ origin: url });
      const front = await startFront({ certificate, port, to: server.url });
      await use({ ...server, url, front });
      await front.stop();
      await server.end(join(project.outputDir, `server-${workerIndex}.log`));
    },
    { scope: 'worker' },
  ],

  server: [async ({ fronted }, use) => use(fronted), { scope: 'worker' }],
  front: [async ({ fronted }, use) => use(fronted.front), { scope: 'worker' }],
});
