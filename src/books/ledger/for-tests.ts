// What tests of the books wait for.

import { asOwner, type TestDatabase } from '../../platform/db/for-tests.ts';

/**
 * Until all that was posted may be counted and sealed. Transactions are numbered by the server, so one
 * that is open in any of its databases, of another test too, holds that up; once reached it stays.
 */
export const settled = async (on: TestDatabase): Promise<void> => {
  const text = `select coalesce(max(position) < books.settled_position(), true) as settled
                  from books.entries`;
  for (let tries = 0; tries < 2_400; tries += 1) {
    const [row] = await asOwner(on, text);
    if (row?.['settled'] === true) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('A transaction on this server stays open.');
};
