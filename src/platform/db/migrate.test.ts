import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Log } from '#kit/context';
import { silentLog } from '../../kit/context/for-tests.ts';
import { connect } from './connection.ts';
import { connectionSettings, databaseWith } from './for-tests.ts';
import { waitForOthers } from './migrate.ts';

// Whoever has the lock may stand still for hours, with a machine that sleeps.
test('who waits for the migrations of another process says so again and again, and goes on after them', async (t) => {
  const { ownerUrl } = await databaseWith([]);
  const other = await connect(connectionSettings(ownerUrl));
  const owner = await connect(connectionSettings(ownerUrl));
  t.after(() => {
    owner.destroy();
    other.destroy();
  });
  await waitForOthers(other, silentLog);
  const said: string[] = [];
  const log: Log = {
    ...silentLog,
    warn: (_fields, message) => {
      said.push(message);
      if (said.length === 3) void other.close();
    },
  };
  await waitForOthers(owner, log, 20);
  assert.ok(said.length >= 3);
  assert.match(said[0] ?? '', /another process are waited for/);
});
