// A server that takes over from another, as a standby does. What it says of a COMMIT that was said to the one before
// must not be taken for more than it knows.

import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { Log } from '#kit/context';
import { silentLog } from '../../kit/context/for-tests.ts';
import { silent, temporaryFolder } from '../postgres/for-tests.ts';
import { copyServer, startCopy } from '../postgres/for-tests-copy.ts';
import { type RunningPostgres, startPostgres } from '../postgres/start-postgres.ts';
import { type Connection, connect, DatabaseUnavailable } from './connection.ts';
import { fenceFileIn, openFence } from './fence.ts';
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

const [of, copy, remembered] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
const file = fenceFileIn(remembered.folder);
const log: Log = { ...silentLog, error: (_, message) => void said.push(message) };
const said: string[] = [];
const openedFence = () => openFence({ file, log, monotonicMs: () => performance.now() });
const fence = openedFence();
let takeOvers = 0;
fence.onTakeOver(() => {
  takeOvers += 1;
});
const fenced = (url: string, by = fence) => connect({ ...connectionSettings(url), fence: by });
let primary: RunningPostgres;
let toPrimary: Connection;
let url: string;

before(async () => {
  ends.push(of.remove, copy.remove, remembered.remove);
  primary = await startPostgres({ dataFolder: of.folder, log: silent });
  ends.push(() => primary.stop());
  const connection = await connect(connectionSettings(primary.ownerUrl));
  await ask(connection, 'create table things (id integer)');
  await ask(connection, 'checkpoint');
  await ask(connection, 'begin');
  entered = (await ask(connection, entering))[0] as Entered;
  await ask(connection, 'insert into things values (1); commit');
  await connection.close();
  toPrimary = await fenced(primary.ownerUrl);
  copyServer(of.folder, copy.folder);
  const { server, ownerUrl } = await startCopy(of.folder, copy.folder);
  ends.push(() => server.stop());
  url = ownerUrl;
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

  test('is asked nothing behind the fence', async () => {
    await assert.rejects(fenced(url), /follows another/);
    assert.equal(toPrimary.broken, false);
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

describe('the server that was taken over from', () => {
  test('is left by all that still hold on to it, once the other was seen', async () => {
    await (await fenced(url)).close();
    assert.equal(takeOvers, 1);
    await until(async () => toPrimary.broken);
    await (await fenced(url)).close();
    assert.equal(takeOvers, 1);
  });

  test('is refused although it leads, by those who saw the other and by those who start later', async () => {
    for (const by of [fence, openedFence()]) {
      await assert.rejects(fenced(primary.ownerUrl, by), (error) => {
        assert.ok(error instanceof DatabaseUnavailable);
        assert.match(error.message, /at timeline 1, and timeline 2 of the same database was seen/);
        assert.ok(error.message.includes(file));
        return true;
      });
    }
    // Each says it once, and not at every try.
    await assert.rejects(fenced(primary.ownerUrl));
    assert.deepEqual(said, Array(2).fill('The database is an old one: nothing is asked of it'));
  });

  test('is taken on purpose by who starts anew without what was seen', async () => {
    renameSync(file, `${file}.kept`);
    await (await fenced(primary.ownerUrl, openedFence())).close();
    await assert.rejects(fenced(primary.ownerUrl), DatabaseUnavailable);
  });
});
