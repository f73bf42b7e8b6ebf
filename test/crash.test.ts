// Power cuts. The gateway is killed while it writes, or its database is, or it ends at a numbered
// place; then everything is asked for again. Nothing acknowledged is lost, nothing is there by half,
// and whoever repeats a request gets the answer that the first one has, or would have had.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { asOwner, testContext } from '../src/for-tests.ts';
import { type CrashPoint, crashPoints } from '../src/kit/context/crash-points.ts';
import { silent, temporaryFolder } from '../src/platform/postgres/for-tests.ts';
import { startPostgres } from '../src/platform/postgres/start-postgres.ts';
import { runs } from './support/full.ts';
import { environmentFor, temporaryData } from './support/gateway.ts';
import { assertHealthy } from './support/health.ts';
import { createMerchant } from './support/merchant.ts';
import { type GatewayProcess, startProcess } from './support/process.ts';
import {
  assertComplete,
  createJournal,
  type Journal,
  joined,
  pause,
  settle,
  startWriters,
  waitUntil,
} from './support/writers.ts';

const CLIENTS = 12;

/** With a database of its own, durable as in earnest. */
const startWhole = async (folder: string): Promise<GatewayProcess> => {
  const gateway = await startProcess(
    {
      PORT: '0',
      TOLLGATE_DATA: folder,
      TOLLGATE_LOG_FORMAT: 'json',
      TOLLGATE_RATE_PER_SECOND: '1000000',
      // Nothing is paid here, and two more programs at every start are half of what it takes.
      TOLLGATE_SANDBOX: 'off',
    },
    ['--quickstart'],
    CLIENTS * 4,
  );
  // The file is written last of all, for those who wait for it.
  await waitUntil('a quick start', 60_000, async () => existsSync(quickstartIn(folder)));
  return gateway;
};

const quickstartIn = (folder: string): string => join(folder, 'quickstart.json');

const secretKeyIn = (folder: string): string =>
  JSON.parse(readFileSync(quickstartIn(folder), 'utf8')).secret_key;

const isReady = async (gateway: GatewayProcess): Promise<boolean> =>
  (await gateway.ask('GET', '/readyz')).status === 200;

const wholeFolder = () => {
  const { folder, remove } = temporaryFolder();
  after(remove);
  return folder;
};

/** Whatever the last gateway left in the folder is opened once more, and asked if all is well. */
const assertHealthyFolder = async (folder: string): Promise<void> => {
  const postgres = await startPostgres({ dataFolder: folder, log: silent });
  try {
    await assertHealthy({ ownerUrl: postgres.ownerUrl });
  } finally {
    await postgres.stop();
  }
};

const postmasterOf = (folder: string): number =>
  Number(readFileSync(join(folder, 'postgres', 'postmaster.pid'), 'utf8').split('\n', 1)[0]);

describe('kill -9', () => {
  test('of the gateway loses nothing that was acknowledged', async () => {
    const folder = wholeFolder();
    const rounds: Journal[] = [];
    let gateway = await startWhole(folder);
    const key = secretKeyIn(folder);

    for (let round = 0; round < runs(2, 50); round += 1) {
      await waitUntil('ready', 60_000, () => isReady(gateway));
      const journal = createJournal();
      rounds.push(journal);
      const writers = startWriters({ ask: () => gateway.ask, key, clients: CLIENTS, journal });
      await waitUntil('a first write', 60_000, async () => writers.written() > 0);
      await pause(300 + round * 37);
      await gateway.kill();
      await writers.stop();

      gateway = await startWhole(folder);
      assert.equal(secretKeyIn(folder), key);
      await settle(gateway.ask, key, journal);
    }
    await settle(gateway.ask, key, joined(rounds));
    await assertComplete(gateway.ask, key, joined(rounds));
    assert.equal(await gateway.stop(), 0);
    await assertHealthyFolder(folder);
  });

  test('of its postmaster loses nothing, and writing goes on', async (t) => {
    let longestMs = 0;
    const folder = wholeFolder();
    const rounds: Journal[] = [];
    let gateway = await startWhole(folder);
    const key = secretKeyIn(folder);

    for (let round = 0; round < runs(3, 50); round += 1) {
      // It gives up on a database that ends too often within a minute, and rightly so.
      if (round % 4 === 3) {
        assert.equal(await gateway.stop(), 0);
        gateway = await startWhole(folder);
      }
      const journal = createJournal();
      rounds.push(journal);
      const writers = startWriters({ ask: () => gateway.ask, key, clients: CLIENTS, journal });
      await pause(300 + round * 37);
      const before = writers.written();
      process.kill(postmasterOf(folder), 'SIGKILL');
      const killedMs = performance.now();
      const isWriting = async () => writers.written() > before + CLIENTS * 2;
      await waitUntil('writing again', 60_000, isWriting);
      longestMs = Math.max(longestMs, performance.now() - killedMs);
      await writers.stop();
      await waitUntil('ready', 60_000, () => isReady(gateway));
      await settle(gateway.ask, key, journal);
    }
    await settle(gateway.ask, key, joined(rounds));
    await assertComplete(gateway.ask, key, joined(rounds));
    assert.equal(await gateway.stop(), 0);
    await assertHealthyFolder(folder);
    t.diagnostic(`written again after ${(longestMs / 1_000).toFixed(1)} s at the longest`);
  });
});

describe('being told to stop', () => {
  test('finishes what runs, and refuses nobody who was let in', async () => {
    const folder = temporaryData();
    const context = await testContext();
    const merchant = await createMerchant(context);
    for (let round = 0; round < runs(2, 100); round += 1) {
      const gateway = await startProcess(environmentFor(context.on, folder), [], CLIENTS);
      const journal = createJournal();
      const sent = { key: merchant.key, ask: () => gateway.ask, clients: CLIENTS, journal };
      const writers = startWriters(sent);
      // By then each of them has a connection.
      await waitUntil('writing', 60_000, async () => writers.written() > CLIENTS * 5);
      process.kill(gateway.pid, 'SIGTERM');
      await writers.stop();
      assert.equal(journal.unknown.size, 0, 'Whoever was let in is answered.');
      assert.equal(await gateway.stop(), 0, gateway.output());
      for (const { text } of journal.acknowledged.values()) {
        const { id } = JSON.parse(text) as { id: string };
        assert.match(id, /^cus_/);
      }
      const again = await startProcess(environmentFor(context.on, folder), [], CLIENTS);
      await settle(again.ask, merchant.key, journal);
      assert.equal(await again.stop(), 0);
    }
    await assertHealthy(context.on);
  });
});

const countOf = async (
  on: { ownerUrl: string; appUrl: string },
  idempotencyKey: string,
): Promise<[customers: number, events: number, answers: number]> => {
  const [row] = await asOwner(
    on,
    `select (select count(*) from cards.customers where name = $1)::integer as customers,
            (select count(*) from platform.events where idempotency_key = $1)::integer as events,
            (select count(*) from platform.answers)::integer as answers`,
    [idempotencyKey],
  );
  return [Number(row?.['customers']), Number(row?.['events']), Number(row?.['answers'])];
};

describe('a gateway that ends', () => {
  const cases: readonly { at: CrashPoint; happened: boolean }[] = [
    { at: 'commit.before', happened: false },
    { at: 'commit.after', happened: true },
    { at: 'answer.before', happened: true },
  ];

  for (const { at, happened } of cases) {
    test(`at ${at} has done ${happened ? 'the whole of it' : 'nothing'}, and a repeat ends in one effect`, async () => {
      const context = await testContext();
      const { key } = await createMerchant(context);
      const environment = environmentFor(context.on, temporaryData());
      const crashing = await startProcess({
        ...environment,
        TOLLGATE_CRASH_AT: `${crashPoints[at]}:3`,
      });
      const keys = [randomUUID(), randomUUID(), randomUUID()];
      const send = (gateway: GatewayProcess, idempotencyKey: string) =>
        gateway.ask('POST', '/v1/customers', {
          key,
          form: `name=${idempotencyKey}`,
          idempotencyKey,
        });
      const texts = [];
      for (const idempotencyKey of keys.slice(0, 2)) {
        const { status, text } = await send(crashing, idempotencyKey);
        assert.equal(status, 200, text);
        texts.push(text);
      }
      const last = keys[2] ?? '';
      await assert.rejects(send(crashing, last));
      await crashing.ended;

      const rows = happened ? 1 : 0;
      assert.deepEqual(await countOf(context.on, last), [rows, rows, 2 + rows]);

      const gateway = await startProcess(environment);
      const repeated = await send(gateway, last);
      assert.equal(repeated.status, 200);
      assert.equal(repeated.headers['idempotent-replayed'], happened ? 'true' : undefined);
      assert.equal((await send(gateway, last)).text, repeated.text);
      assert.deepEqual(await countOf(context.on, last), [1, 1, 3]);
      for (const [n, text] of texts.entries()) {
        assert.equal((await send(gateway, keys[n] ?? '')).text, text);
      }
      assert.equal(await gateway.stop(), 0);
      await assertHealthy(context.on);
    });

    test(`at ${at} among many writers leaves nothing by half`, async () => {
      const context = await testContext();
      const { key } = await createMerchant(context);
      const environment = environmentFor(context.on, temporaryData());
      for (let round = 1; round <= runs(2, 30); round += 1) {
        const journal = createJournal();
        const crashing = await startProcess(
          { ...environment, TOLLGATE_CRASH_AT: `${crashPoints[at]}:${round * 7}` },
          [],
          CLIENTS,
        );
        const writers = startWriters({ ask: () => crashing.ask, key, clients: CLIENTS, journal });
        await crashing.ended;
        await writers.stop();
        const gateway = await startProcess(environment, [], CLIENTS);
        await settle(gateway.ask, key, journal);
        assert.equal(await gateway.stop(), 0);
        await assertHealthy(context.on);
      }
    });
  }
});
