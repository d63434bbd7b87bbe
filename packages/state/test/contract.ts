import { describe, expect, it } from 'vitest';
import { familyContract } from './contract-families.ts';
import { feedContract } from './contract-feed.ts';
import { recordContract } from './contract-records.ts';
import { type Open, useState } from './opened.ts';

/** What every implementation of State must do. `open` gives a backend on which nothing is stored. */
export function stateContract(name: string, open: Open): void {
  describe(`${name} state`, () => {
    const opened = useState(open);

    it('answers a ping', async () => {
      await expect(opened().state.ping()).resolves.toBeUndefined();
    });

    it('closes twice without harm', async () => {
      await opened().state.close();
      await expect(opened().state.close()).resolves.toBeUndefined();
    });
  });
  familyContract(name, open);
  feedContract(name, open);
  recordContract(name, open);
}
