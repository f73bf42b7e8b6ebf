import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Scope } from '#kit/context';
import { newUuid } from '#kit/ids';
import { asOwner } from '../../src/for-tests.ts';
import { hasUnfiled } from '../../src/rails/acquiring/clearing.store.ts';
import {
  clearingFile,
  findOperationOf,
  loadClearingFile,
} from '../../src/rails/acquiring/index.ts';
import {
  explainEndedDay,
  insertEndedDay,
  insertNextDay,
  listEndedDays,
  loadEndedDay,
  loadNextDay,
  loadNextDays,
  updateNextDay,
} from '../../src/rails/connectors/day-ends.store.ts';
import { insertFeed, loadFeed, moveFeed } from '../../src/rails/connectors/dispute-feeds.store.ts';
import type { DisputeTold } from '../../src/rails/connectors/dispute-notice.ts';
import {
  endNotice,
  explainNotice,
  giveNoticeToPerson,
  insertNotice,
  loadDisputeNotices,
  loadNotice,
  loadNoticesForPerson,
  loadWaitingDisputes,
} from '../../src/rails/connectors/dispute-notices.store.ts';
import {
  endTry,
  explainWebhook,
  giveWebhookToPerson,
  insertInbound,
  loadInbound,
  loadWebhooksForPerson,
} from '../../src/rails/connectors/inbound.store.ts';
import {
  insertSettlementFeed,
  loadSettlementFeed,
  moveSettlementFeed,
} from '../../src/rails/connectors/settlement-feeds.store.ts';
import {
  allLines,
  endLine,
  explainLine,
  hearLinesAgain,
  insertLine,
  isLineWaiting,
  listLines,
  loadLine,
} from '../../src/rails/connectors/settlement-lines.store.ts';
import type { Tried } from './world.ts';

export const providersTellOfOthers = ({ gateway, context, world }: Tried): void => {
  test('what providers tell of the payments of others is neither seen nor concluded', async () => {
    const { mine, theirs } = world;
    const id = newUuid(context);
    const nowMs = context.clock.now();
    const feed = { connectorAccountId: id, version: 2, cursor: '1', taken: 0n, failures: 0 };
    const notice = {
      id,
      connectorAccountId: id,
      position: 0n,
      notice: {
        key: '1',
        atMs: nowMs,
        kind: 'fraud_warning',
        warning: { providerId: 'fw_1', reference: 'x' },
      },
      receivedAtMs: nowMs + 3_600_000,
    } as const;
    const ofDispute = {
      ...notice,
      id: newUuid(context),
      position: 1n,
      notice: {
        key: '2',
        atMs: nowMs,
        kind: 'dispute',
        dispute: { providerId: 'cb_1', reference: 'TGX', amount: 1n, moved: -1n } as DisputeTold,
      },
    } as const;
    const webhook = {
      id,
      connectorAccountId: id,
      eventId: 'evt_1',
      receivedAtMs: nowMs + 3_600_000,
      sealed: Buffer.from('sealed'),
    };
    const made = [
      insertFeed(theirs.scope, id, nowMs + 3_600_000),
      insertNotice(theirs.scope, notice),
      insertNotice(theirs.scope, ofDispute),
      insertInbound(theirs.scope, webhook),
    ];
    assert.deepEqual(await gateway.context.database.commit(theirs.scope, made), { ok: true });
    await context.database.commit(theirs.scope, [
      giveNoticeToPerson(theirs.scope, id),
      giveWebhookToPerson(theirs.scope, { id, told: [] }),
    ]);
    const dispute = { connectorAccountId: id, providerId: 'cb_1' };
    const about = { connectorAccountId: id, reference: 'TGX' };
    for (const scope of [mine.scope, mine.liveScope, theirs.liveScope]) {
      assert.deepEqual(await loadDisputeNotices(context, scope, dispute), []);
      assert.deepEqual(await loadWaitingDisputes(context, scope, about), []);
      assert.equal(await loadFeed(context, scope, id), undefined);
      assert.equal(await loadNotice(context, scope, id), undefined);
      const strange = await loadNoticesForPerson(context, scope, 100);
      assert.ok(!strange.some((each) => each.id === id));
      assert.equal(await loadInbound(context, scope, id), undefined);
      const unheard = await loadWebhooksForPerson(context, scope, 100);
      assert.ok(!unheard.some((each) => each.id === id));
      for (const write of [
        moveFeed(scope, { ...feed, dueAtMs: nowMs }),
        endNotice(scope, { id, tries: 0 }, 'taken', null),
        giveNoticeToPerson(scope, id),
        explainNotice(scope, { id, explanation: 'none', atMs: nowMs }),
        endTry(scope, { id, tries: 0 }, 'understood', null),
        giveWebhookToPerson(scope, { id, told: [] }),
        explainWebhook(scope, { id, explanation: 'none', atMs: nowMs }),
      ]) {
        const commit = await context.database.commit(scope, [write]);
        assert.deepEqual(commit, { ok: false, lost: write.into });
      }
    }
    // As they were asked above: their own account finds it.
    assert.equal((await loadDisputeNotices(context, theirs.scope, dispute)).length, 1);
    assert.equal((await loadWaitingDisputes(context, theirs.scope, about))?.length, 1);
    assert.ok((await loadNoticesForPerson(context, theirs.scope, 100)).some((n) => n.id === id));
    assert.ok((await loadWebhooksForPerson(context, theirs.scope, 100)).some((w) => w.id === id));
    const theirWord = { id, explanation: 'theirs', atMs: nowMs };
    const own = [explainNotice(theirs.scope, theirWord), explainWebhook(theirs.scope, theirWord)];
    assert.deepEqual(await context.database.commit(theirs.scope, own), { ok: true });
  });

  test('the days of others, and the lines that settled them, are neither seen nor moved', async () => {
    const { mine, theirs } = world;
    const id = newUuid(context);
    const nowMs = context.clock.now();
    const endedDay = {
      connectorAccountId: id,
      day: '2026-11-27',
      endedAtMs: nowMs,
      fileId: null,
      lines: 0,
      problems: [],
      needsReview: true,
    };
    const settlementFeed = { id, version: 2, cursor: '9', failures: 0, dueAtMs: nowMs };
    const line = {
      id,
      connectorAccountId: id,
      state: 'fits_nothing',
      receivedAtMs: nowMs,
      row: {
        key: '1',
        kind: 'payment',
        reference: null,
        providerId: 'p_1',
        currency: 'eur',
        gross: 1n,
        fee: 0n,
        net: 1n,
        bookedAtMs: nowMs,
        availableOn: null,
        batch: null,
        raw: {},
      },
    } as const;
    const waitingLine = {
      ...line,
      id: newUuid(context),
      state: 'waiting',
      receivedAtMs: nowMs + 3_600_000,
      row: { ...line.row, key: '2', reference: 'TGX', providerId: null },
    } as const;
    const named = {
      connectorAccountId: id,
      lineKind: line.row.kind,
      reference: 'TGX',
      providerId: 'p_1',
    };
    const hearAgain = (scope: Scope) => hearLinesAgain(scope, { named, atMs: nowMs + 3_600_000 });
    const all = { onlyForPerson: false, limit: 100 };
    const nextDay = {
      id,
      version: 2,
      day: '2026-11-28',
      begunAtMs: null,
      overAtMs: null,
      failures: 0,
      problem: null,
      dueAtMs: nowMs,
    };
    const day = { host: 'h', acquirer: 'a', merchant: 'm', businessDay: '2026-11-27' };
    const file = await clearingFile(context, theirs.scope, day);
    await asOwner(
      gateway.on,
      `insert into rails.clearing_entries (account_id, livemode, operation_id, direction, key, host,
         acquirer, terminal, merchant, rrn, stan, reference, amount, currency, business_day, at)
       values ('${theirs.scope.accountId}', false, '${id}', 1, '${id}', 'h', 'a', 't', 'm', 'r', 's',
         'x', 1, 'eur', '2026-11-27', now())`,
    );
    assert.equal(await hasUnfiled(context, theirs.scope, day), true);
    const made = [
      insertNextDay(theirs.scope, { id, dueAtMs: nowMs + 3_600_000 }),
      insertEndedDay(theirs.scope, endedDay),
      insertSettlementFeed(theirs.scope, { id, dueAtMs: nowMs + 3_600_000 }),
      insertLine(theirs.scope, line),
      insertLine(theirs.scope, waitingLine),
    ];
    assert.deepEqual(await gateway.context.database.commit(theirs.scope, made), { ok: true });
    for (const scope of [mine.scope, mine.liveScope, theirs.liveScope]) {
      assert.equal(await loadNextDay(context, scope, id), undefined);
      assert.ok(!(await loadNextDays(context, scope)).some((each) => each.id === id));
      assert.equal(await loadEndedDay(context, scope, endedDay), undefined);
      assert.equal(await loadSettlementFeed(context, scope, id), undefined);
      assert.equal(await loadLine(context, scope, id), undefined);
      assert.equal(await isLineWaiting(context, scope, named), false);
      // Of mine there may be none: that is no reason to lose it, and theirs stays as it was.
      const heard = await context.database.commit(scope, [hearAgain(scope)]);
      assert.deepEqual(heard, { ok: true });
      assert.equal((await loadLine(context, theirs.scope, id))?.state, 'fits_nothing');
      for await (const each of allLines(context, scope)) assert.notEqual(each.id, id);
      const settled = await listLines(context, scope, all);
      assert.ok(!settled.some((each) => each.id === id));
      const ended = await listEndedDays(context, scope, all);
      assert.ok(!ended.some(({ connectorAccountId }) => connectorAccountId === id));
      assert.equal(await loadClearingFile(context, scope, file.id), undefined);
      assert.equal(await hasUnfiled(context, scope, day), false);
      assert.notEqual((await clearingFile(context, scope, day)).id, file.id);
      const numbers = { rrn: '1', stan: '1', terminal: '1' };
      assert.equal(await findOperationOf(context, scope, numbers), null);
      for (const write of [
        updateNextDay(scope, nextDay),
        moveSettlementFeed(scope, settlementFeed),
        endLine(scope, { id, tries: 0 }, 'fits'),
        explainLine(scope, { id, explanation: 'none', atMs: nowMs }),
        explainEndedDay(scope, { ...endedDay, explanation: 'none', atMs: nowMs }),
      ]) {
        const commit = await context.database.commit(scope, [write]);
        assert.deepEqual(commit, { ok: false, lost: write.into });
      }
    }
    // As it was asked above: their own account finds it.
    assert.equal(await isLineWaiting(context, theirs.scope, named), true);
    await context.database.commit(theirs.scope, [hearAgain(theirs.scope)]);
    assert.equal((await loadLine(context, theirs.scope, id))?.state, 'waiting');
    // What stands there only to be tried is taken away again: no check is to find it.
    await asOwner(
      gateway.on,
      `delete from rails.settlement_lines where connector_account_id = '${id}'`,
    );
    await asOwner(gateway.on, `delete from rails.clearing_entries where operation_id = '${id}'`);
    await asOwner(gateway.on, `delete from rails.ended_days where connector_account_id = '${id}'`);
  });
};
