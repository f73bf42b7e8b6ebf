import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, beforeEach, describe, test } from 'node:test';
import { auditEntry, sealAudit, sealingWith, verifyAudit } from '#identity/audit';
import { newUuid, spellId, uuidFromBytes } from '#kit/ids';
import { merkleRoot, type Sealing } from '#kit/seals';
import { connect } from '#platform/db';
import { asOwner, type TestContext, testAccount, testContext } from '../../for-tests.ts';
import { manualClock, temporaryFolder } from '../../kit/context/for-tests.ts';
import { connectionSettings } from '../../platform/db/for-tests.ts';
import { analyzed, rowsReadBy } from '../../platform/db/for-tests-rows-read.ts';

const clock = manualClock();
const master = Buffer.alloc(32, 7);
let folder: string;

before(async () => {
  folder = temporaryFolder('audit');
});

describe('the audit log', () => {
  let context: TestContext;
  let sealing: Sealing;

  beforeEach(async () => {
    context = await testContext({ clock });
    const name = spellId('anchor', uuidFromBytes(context.random.bytes(16)));
    sealing = sealingWith(master, join(folder, name));
    const scope = await testAccount(context);
    for (let batch = 0; batch < 3; batch += 1) {
      await context.database.commit(
        scope,
        Array.from({ length: 5 }, (_, n) =>
          auditEntry(context, { scope, action: 'test.act', target: `${batch}/${n}` }),
        ),
      );
      assert.equal(await sealAudit(context, sealing), 5);
    }
  });

  const verify = () => verifyAudit(context, sealing);
  /** As somebody with the owner's rights and a plan would. */
  const tamper = (text: string) =>
    asOwner(context.on, `set session_replication_role = replica; ${text}`);
  const problems = async () => (await verify()).problems.join(' ');

  test('that nobody touched verifies', async () => {
    assert.deepEqual(await verify(), { seals: 3, entries: 15, problems: [] });
    assert.equal(await sealAudit(context, sealing), 0);
  });

  const openNow = async () =>
    (
      await asOwner(
        context.on,
        `select cardinality(open_positions) as open from identity.audit_seals order by number desc limit 1`,
      )
    )[0]?.['open'];
  /** Takes its position now, and commits when it is told to. */
  const lateEntry = async () => {
    const owner = await connect(connectionSettings(context.on.ownerUrl));
    await owner.send({ name: '', text: 'begin' });
    await owner.send({
      name: '',
      text: `insert into identity.audit_entries (id, at, actor_kind, actor_id, action, succeeded, details)
             values (gen_random_uuid(), now(), 'system', 'x', 'late', true, '{}')`,
    });
    return async (how: 'commit' | 'rollback') => {
      await owner.send({ name: '', text: how });
      await owner.close();
    };
  };
  const act = async () => {
    await context.database.commit({ accountId: newUuid(context), livemode: false }, [
      auditEntry(context, { scope: null, action: 'test.act' }),
    ]);
  };

  test('seals what took its place early and commits late, once', async () => {
    const end = await lateEntry();
    await act();
    assert.equal(await sealAudit(context, sealing), 1);
    assert.equal(await openNow(), 1);
    assert.equal(await sealAudit(context, sealing), 0);
    await end('commit');
    await act();
    assert.equal(await sealAudit(context, sealing), 2);
    assert.equal(await openNow(), 0);
    assert.equal(await sealAudit(context, sealing), 0);
    assert.deepEqual(await verify(), { seals: 5, entries: 18, problems: [] });
  });

  test('seals it too after a seal that does not say where to look', async () => {
    const end = await lateEntry();
    await act();
    assert.equal(await sealAudit(context, sealing), 1);
    await tamper('update identity.audit_seals set open_positions = null');
    await act();
    assert.equal(await sealAudit(context, sealing), 1);
    assert.equal(await openNow(), 1);
    await end('commit');
    assert.equal(await sealAudit(context, sealing), 1);
    assert.deepEqual(await verify(), { seals: 6, entries: 18, problems: [] });
  });

  test('waits for what was rolled back until fifty thousand others are sealed, and no longer', async () => {
    await (await lateEntry())('rollback');
    await act();
    assert.equal(await sealAudit(context, sealing), 1);
    assert.equal(await openNow(), 1);
    await tamper(`alter sequence identity.audit_entries_position_seq restart with 100000`);
    await act();
    assert.equal(await sealAudit(context, sealing), 1);
    assert.equal(await openNow(), 49_999);
    assert.deepEqual((await verify()).problems, []);
  });

  test('tells of a changed entry', async () => {
    await tamper(
      `update identity.audit_entries set actor_id = 'someone else' where target = '1/2'`,
    );
    assert.match(await problems(), /Seal 2: an entry was changed/);
  });

  test('tells of a removed entry', async () => {
    await tamper(`delete from identity.audit_entries where target = '0/4'`);
    assert.match(await problems(), /Seal 1: 1 of its entries were removed/);
  });

  test('tells of two entries that changed places', async () => {
    await tamper(`update identity.audit_leaves set leaf = 10 + leaf where seal = 1;
                  update identity.audit_leaves set leaf = 14 - leaf where seal = 1`);
    assert.match(await problems(), /Seal 1: an entry was changed or moved/);
  });

  test('tells of an entry slipped in behind the sealer', async () => {
    await tamper(`insert into identity.audit_entries
      (id, at, actor_kind, actor_id, action, succeeded, details)
      values ('00000000-0000-7000-8000-000000000001', '2020-01-01', 'system', 'x', 'y', true, '{}')`);
    assert.match(await problems(), /is old and in no seal/);
  });

  test('looks for such entries piece by piece, the first piece and the last', async () => {
    const inPieces = async () => (await verifyAudit(context, sealing, 4)).problems.join(' ');
    assert.equal(await inPieces(), '');
    for (const target of ['0/0', '1/1', '2/4']) {
      await tamper(`create table public.taken as
        select l.* from identity.audit_leaves l join identity.audit_entries e on e.id = l.entry_id
         where e.target = '${target}';
        update identity.audit_entries set at = '2020-01-01' where target = '${target}';
        delete from identity.audit_leaves where entry_id in (select entry_id from public.taken)`);
      assert.match(await inPieces(), /Entry \S+: is old and in no seal/);
      await tamper(
        `insert into identity.audit_leaves select * from public.taken; drop table public.taken`,
      );
    }
  });

  test('reads no more than the piece, however long the log is', async () => {
    const { accountId } = await testAccount(context);
    await asOwner(
      context.on,
      `insert into identity.audit_entries (id, account_id, livemode, at, actor_kind, actor_id, action, succeeded, details)
       select gen_random_uuid(), '${accountId}', false, now(), 'system', 'x', 'y', true, '{}' from generate_series(1, 6000)`,
    );
    for (let sealed = 1; sealed > 0; ) sealed = await sealAudit(context, sealing);
    await analyzed(context.on);
    const ask = 'select upto from identity.audit_entries_outside(3000, 100)';
    const rows = await rowsReadBy(context, ask);
    assert.ok(rows <= 500, `${rows} rows were read`);
  });

  test('tells of a removed seal', async () => {
    await tamper(`delete from identity.audit_leaves where seal = 2;
                  delete from identity.audit_entries where target like '1/%';
                  delete from identity.audit_seals where number = 2`);
    assert.match(await problems(), /follows seal 1, so a seal was removed/);
  });

  test('tells of a cut tail by what was noted outside the database', async () => {
    await tamper(`delete from identity.audit_leaves where seal = 3;
                  delete from identity.audit_entries where target like '2/%';
                  delete from identity.audit_seals where number = 3`);
    assert.match(await problems(), /Seal 3: was noted outside the database and is gone/);
  });

  test('tells of a chain that was made anew with another key', async () => {
    const forger = sealingWith(Buffer.alloc(32, 8), sealing.anchorFile);
    assert.match(
      (await verifyAudit(context, forger)).problems.join(' '),
      /is not signed with the key/,
    );
  });

  test('tells of a seal that differs from the note outside', async () => {
    const noted = await readFile(sealing.anchorFile, 'utf8');
    await writeFile(
      sealing.anchorFile,
      noted.replace(/^2 ./m, (found) => `2 ${found[2] === 'a' ? 'b' : 'a'}`),
    );
    assert.match(await problems(), /Seal 2: differs from what was noted/);
  });

  test('can be neither changed nor emptied by the role that serves, nor by the owner by accident', async () => {
    const scope = await testAccount(context);
    await assert.rejects(
      context.database.transaction(scope, (tx) =>
        tx.query({ name: '', text: `delete from identity.audit_entries` }),
      ),
      /permission denied/,
    );
    await assert.rejects(
      asOwner(context.on, `update identity.audit_entries set action = 'x'`),
      /append-only/,
    );
  });
});

test('a Merkle root depends on every leaf and on their order', () => {
  const leaves = Array.from({ length: 7 }, (_, n) => Buffer.alloc(32, n));
  const root = merkleRoot(leaves).toString('hex');
  for (let n = 0; n < leaves.length; n += 1) {
    const changed = leaves.with(n, Buffer.alloc(32, 99));
    assert.notEqual(merkleRoot(changed).toString('hex'), root);
  }
  assert.notEqual(merkleRoot(leaves.toReversed()).toString('hex'), root);
  assert.notEqual(merkleRoot(leaves.slice(0, 6)).toString('hex'), root);
});
