// A server that takes over from another, as a standby does. What it says of a COMMIT that was said to the one before
// must not be taken for more than it knows.

import assert from 'node:assert/strict';
import { chmodSync, cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { prepareBinaries } from '../postgres/binaries.ts';
import { silent, temporaryFolder } from '../postgres/for-tests.ts';
import { findHome } from '../postgres/home.ts';
import { ownerUrlOf } from '../postgres/owner-url.ts';
import { passwordsFor } from '../postgres/passwords.ts';
import { giveAllTo } from '../postgres/run-as.ts';
import { startServer } from '../postgres/server-process.ts';
import { startPostgres } from '../postgres/start-postgres.ts';
import { type Connection, connect } from './connection.ts';
import { connectionSettings } from './for-tests.ts';
import { until } from './for-tests-things.ts';
import { type Entered, statusOf } from './unanswered-commit.ts';

const ask = (connection: Connection, text: string) => connection.send({ name: '', text });
const entering = `select pg_current_xact_id()::text as xid, pg_postmaster_start_time()::text as server,
                         pg_current_wal_flush_lsn()::text as flushed,
                         pg_current_wal_insert_lsn()::text as written`;

let entered: Entered;
let standby: Connection;
const ends: (() => unknown)[] = [];

before(async () => {
  const [of, copy] = [temporaryFolder(), temporaryFolder()];
  ends.push(of.remove, copy.remove);
  const running = await startPostgres({ dataFolder: of.folder, log: silent });
  const home = findHome(of.folder, silent);
  try {
    const connection = await connect(connectionSettings(running.ownerUrl));
    await ask(connection, 'create table things (id integer)');
    await ask(connection, 'checkpoint');
    await ask(connection, 'begin');
    entered = (await ask(connection, entering))[0] as Entered;
    await ask(connection, 'insert into things values (1); commit');
    await connection.close();
    // As it is, in the middle of its life, and with all that it has written.
    cpSync(home.cluster, join(copy.folder, 'postgres'), { recursive: true });
  } finally {
    await running.stop();
  }
  const cluster = join(copy.folder, 'postgres');
  rmSync(join(cluster, 'postmaster.pid'));
  writeFileSync(join(cluster, 'standby.signal'), '');
  chmodSync(cluster, 0o700);
  giveAllTo(cluster, home.runAs);
  const own = findHome(copy.folder, silent);
  const binaries = prepareBinaries({
    copyFolder: join(own.folder, 'binaries'),
    runAs: own.runAs,
  });
  const logFile = join(copy.folder, 'postgres.log');
  const server = await startServer({ home: own, binaries, logFile, throwAway: false });
  ends.push(() => server.stop());
  const url = ownerUrlOf(own, passwordsFor(of.folder, true).owner, 'tollgate');
  await until(async () => {
    standby = await connect(connectionSettings(url)).catch(() => standby);
    return standby !== undefined;
  });
  ends.push(() => standby.close());
});
after(async () => {
  for (const end of ends.toReversed()) await end();
});

const statusNow = async ({ xid, server, flushed, written }: Entered) =>
  (await standby.send(statusOf, [xid, server, flushed, written]))[0];

describe('a server that follows another', () => {
  test('says nothing, neither of what it has heard nor of what it has yet to hear', async () => {
    assert.equal((await statusNow(entered))?.['status'], null);
    const later = String(BigInt(entered.xid) + 1_000n);
    assert.equal((await statusNow({ ...entered, xid: later }))?.['status'], null);
  });
});

describe('a server that has taken over', () => {
  test('knows nothing of a number by the checkpoint of the one before, which is older', async () => {
    await ask(standby, 'select pg_promote()');
    await until(async () => (await statusNow(entered))?.['status'] !== null);
    assert.deepEqual(await statusNow(entered), { status: 'committed', history: 'unclear' });
  });

  test('knows by its own that a number was lost that it gives out anew', async () => {
    await ask(standby, 'checkpoint');
    assert.deepEqual(await statusNow(entered), { status: 'committed', history: 'unclear' });
    const [anew] = await ask(standby, 'select pg_current_xact_id()::text as xid');
    assert.deepEqual(await statusNow({ ...entered, xid: String(anew?.['xid']) }), {
      status: 'committed',
      history: 'lost',
    });
  });
});
