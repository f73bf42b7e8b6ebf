import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newUuid, parseId, uuidAt } from '#kit/ids';
import { completedOf, loadSessionOfOrder } from '../../src/commerce/checkout/sessions.store.ts';
import { asOwner } from '../../src/for-tests.ts';
import { gather } from '../../src/modules.ts';
import { concludeMail, loadMail } from '../../src/outward/notifications/mails.store.ts';
import {
  askAgain,
  loadDelivery,
  loadUndelivered,
} from '../../src/outward/webhooks/deliveries.store.ts';
import { noteEndpointHealth } from '../../src/outward/webhooks/endpoints.store.ts';
import { loadFeed as loadEventFeed, newestOf } from '../../src/outward/webhooks/feed.store.ts';
import {
  concludeDelivery,
  giveBack,
  noteWaiting,
} from '../../src/outward/webhooks/leases.store.ts';
import {
  listDeliveries,
  undeliveredEvents,
} from '../../src/outward/webhooks/list-deliveries.store.ts';
import { countReplayed } from '../../src/outward/webhooks/replays.store.ts';
import { loadOrderKind, releaseOrder } from '../../src/payments/intents/orders.store.ts';
import { loadChangesOf } from '../../src/platform/events/events.store.ts';
import { secretWord, type Tried } from './world.ts';

export const outwardOfOthers = ({ gateway, context, world }: Tried): void => {
  test('a delivery of others is neither asked for again nor concluded, nor its endpoint judged', async () => {
    const spelled = world.foreign.find((id) => id.startsWith('whd_')) ?? '';
    const id = parseId('whd', spelled) ?? '';
    const delivery = await loadDelivery(gateway.context, world.theirs.scope, id);
    assert.ok(delivery !== undefined);
    const { endpointId } = delivery;
    const codes = gather().eventKinds.all.map(({ code }) => code);
    const range = {
      endpointId,
      alsoDelivered: true,
      from: uuidAt(0),
      before: uuidAt(1e13),
      missed: null,
    };
    // Of their event nothing was owed to an endpoint that was disabled.
    const [first, last] = ['0', 'f'].map((digit) => `${delivery.eventId.slice(0, -1)}${digit}`);
    assert.ok(first !== undefined && last !== undefined);
    const missed = {
      endpointId: newUuid(context),
      alsoDelivered: true,
      from: first,
      before: last,
      missed: { codes, from: first, before: last },
    };
    await asOwner(
      gateway.on,
      `insert into outward.disabled_spans (account_id, livemode, endpoint_id, after) values ($1, $2, $3, 0)`,
      [world.theirs.scope.accountId, world.theirs.scope.livemode, missed.endpointId],
    );
    assert.ok((await countReplayed(context, world.theirs.scope, missed)).count > 0);
    for (const scope of [world.mine.scope, world.mine.liveScope]) {
      assert.equal(await askAgain(context, scope, id), undefined);
      assert.equal((await countReplayed(context, scope, range)).count, 0);
      assert.equal((await countReplayed(context, scope, missed)).count, 0);
      for (const write of [
        concludeDelivery(scope, delivery),
        ...giveBack(scope, { scope, delivery, isQueued: true }).slice(0, 1),
        ...noteWaiting(scope, { delivery: { ...delivery, dueAtMs: null }, isQueued: true }),
        noteEndpointHealth(scope, delivery, Date.now()),
      ]) {
        const commit = await context.database.commit(scope, [write]);
        assert.deepEqual(commit, { ok: false, lost: write.into });
      }
    }
  });

  test('the deliveries of others are in no list, nor their events among those that somebody is owed', async () => {
    const { mine, theirs } = world;
    const all = {
      eventId: null,
      from: null,
      limit: 100,
      idFrom: uuidAt(0),
      idBefore: uuidAt(1e13),
    };
    const every = { ...all, direction: 'older', state: null, endpointId: null } as const;
    const foreign = await listDeliveries(gateway.context, theirs.scope, every);
    const ids = new Set(foreign.flatMap(({ id, eventId }) => [id, eventId]));
    const endpointId: string | undefined = foreign[0]?.endpointId;
    assert.ok(endpointId !== undefined);
    for (const direction of ['older', 'newer'] as const) {
      for (const state of [null, 'given_up', 'waiting', 'delivered'] as const) {
        const asked = { ...all, direction, state };
        assert.deepEqual(await listDeliveries(context, mine.scope, { ...asked, endpointId }), []);
        const found = await listDeliveries(context, mine.scope, { ...asked, endpointId: null });
        assert.ok(found.every(({ id }) => !ids.has(id)));
      }
      const open = undeliveredEvents(context, mine.scope, { ...all, direction });
      for await (const events of open) assert.ok(events.every((id) => !ids.has(id)));
    }
  });

  test('a mail of others is neither concluded nor sent in another name', async () => {
    const spelled = world.foreign.find((id) => id.startsWith('mail_')) ?? '';
    const id = parseId('mail', spelled) ?? '';
    const mail = await loadMail(gateway.context, world.theirs.scope, id);
    assert.ok(mail !== undefined);
    for (const scope of [world.mine.scope, world.mine.liveScope]) {
      assert.equal(await loadMail(context, scope, id), undefined);
      const write = concludeMail(scope, mail);
      const commit = await context.database.commit(scope, [write]);
      assert.deepEqual(commit, { ok: false, lost: write.into });
    }
  });

  test('what others owe and number, and their order, is not seen', async () => {
    const { mine, theirs } = world;
    const ofPage = `${secretWord}-page`;
    const spelled = world.foreign.find((id) => id.startsWith('whd_')) ?? '';
    const delivery = await loadDelivery(
      gateway.context,
      theirs.scope,
      parseId('whd', spelled) ?? '',
    );
    assert.ok(delivery !== undefined);
    assert.equal((await loadSessionOfOrder(context, theirs.scope, ofPage)) !== undefined, true);
    assert.equal(await loadOrderKind(context, theirs.scope, secretWord), 'payment');
    const registered = await loadSessionOfOrder(context, theirs.scope, ofPage);
    const theirOrder = {
      orderReference: ofPage,
      kind: 'session',
      id: registered?.id ?? '',
    } as const;
    // As one who takes the other's account, without row level security's leave.
    await context.database.commit(mine.scope, [releaseOrder(theirs.scope, theirOrder)]);
    assert.equal(await loadOrderKind(context, theirs.scope, ofPage), 'session');
    const link = parseId('plink', world.foreign.find((id) => id.startsWith('plink_')) ?? '') ?? '';
    for (const scope of [mine.scope, mine.liveScope]) {
      const open = await loadUndelivered(context, scope, [delivery.eventId]);
      assert.equal(open.size, 0);
      assert.deepEqual(await loadChangesOf(context, scope, [delivery.eventId]), []);
      const theirEvents = new Set(
        (await loadEventFeed(gateway.context, theirs.scope, { after: 0, limit: 100 })).rows.map(
          ({ event_id }) => event_id,
        ),
      );
      assert.ok(theirEvents.size > 0);
      const { rows } = await loadEventFeed(context, scope, { after: 0, limit: 100 });
      assert.ok(rows.every(({ event_id }) => !theirEvents.has(event_id)));
      assert.deepEqual(await newestOf(context, scope), await newestOf(gateway.context, scope));
      const order = await loadSessionOfOrder(context, scope, ofPage);
      const own = await loadSessionOfOrder(gateway.context, scope, ofPage);
      assert.equal(order?.id, own?.id);
      for (const name of [secretWord, ofPage]) {
        const kind = await loadOrderKind(context, scope, name);
        assert.equal(kind, await loadOrderKind(gateway.context, scope, name));
      }
      assert.equal(await completedOf(context, scope, link), 0);
    }
  });
};
