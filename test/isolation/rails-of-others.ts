import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Scope } from '#kit/context';
import { newUuid, spellId } from '#kit/ids';
import { railsOf } from '#rails/connectors';
import {
  loadCapturesOf,
  loadForgottenCalls,
  noteForgotten,
  releaseForgottenCall,
  usualAt,
} from '#rails/operations';
import { asOwner } from '../../src/for-tests.ts';
import {
  insertMessage,
  loadMessages,
  moveMessage,
} from '../../src/rails/acquiring/acquiring.store.ts';
import { newMessage } from '../../src/rails/acquiring/card-message.ts';
import { isLeased } from '../../src/rails/operations/leased.store.ts';
import { operationKinds } from '../../src/rails/operations/operation.ts';
import { operationStates } from '../../src/rails/operations/operation-states.ts';
import type { Tried } from './world.ts';

export const railsOfOthers = ({ gateway, context, world }: Tried): void => {
  test('the providers of others are no candidates', async () => {
    const wanted = { operation: 'sale', method: 'card', currency: 'eur' } as const;
    const { candidates } = railsOf(gateway.context);
    const count = async (scope: Scope) => (await candidates(scope, wanted)).length;
    assert.equal(await count(world.mine.scope), 1);
    assert.equal(await count(world.mine.liveScope), 1);
    assert.equal(await count(world.theirs.scope), 2);
    assert.equal(await count(world.theirs.liveScope), 1);
  });

  test('what was captured of the payments of others is not named', async () => {
    const { mine, theirs } = world;
    const [intentId, connectorAccountId] = [newUuid(context), newUuid(context)];
    const [held, captured] = [newUuid(context), newUuid(context)];
    for (const [id, kind] of [
      [held, operationKinds.authorize],
      [captured, operationKinds.capture],
    ] as const) {
      await asOwner(
        gateway.on,
        `insert into rails.operations
         select (jsonb_populate_record(o, $1::jsonb)).* from rails.operations o limit 1`,
        [
          JSON.stringify({
            account_id: theirs.scope.accountId,
            livemode: theirs.scope.livemode,
            id,
            kind,
            intent_id: intentId,
            connector_account_id: connectorAccountId,
            state: operationStates.approved,
            reference: spellId('op', id),
            provider_key: id,
          }),
        ],
      );
    }
    const named = spellId('op', held);
    const found = async (scope: Scope) =>
      (await loadCapturesOf(context, scope, [named])).get(named);
    assert.deepEqual(await found(theirs.scope), [spellId('op', captured)]);
    for (const scope of [mine.scope, mine.liveScope, theirs.liveScope]) {
      assert.equal(await found(scope), undefined);
    }
    const made = [held, captured];
    await asOwner(gateway.on, `delete from rails.operations where id = any($1::uuid[])`, [made]);
  });

  test('a card message of others is neither found nor moved', async () => {
    const { mine, theirs } = world;
    const place = { host: 'h', acquirer: '1', terminal: 'T', merchant: 'M' };
    const message = newMessage(context, place, {
      operationId: newUuid(context),
      part: 0,
      mti: '0200',
      stan: '000001',
      amount: 900n,
      currency: 'eur',
    });
    const stored = await context.database.commit(theirs.scope, [
      insertMessage(theirs.scope, message),
    ]);
    assert.deepEqual(stored, { ok: true });
    for (const scope of [mine.scope, mine.liveScope, theirs.liveScope]) {
      assert.deepEqual(await loadMessages(context, scope, message.operationId), []);
      const move = moveMessage(scope, message, 'taken_back');
      const commit = await context.database.commit(scope, [move]);
      assert.deepEqual(commit, { ok: false, lost: move.into });
    }
    assert.equal((await loadMessages(context, theirs.scope, message.operationId)).length, 1);
  });

  test('a call that the database has forgotten is seen and let go by its own account alone', async () => {
    const { mine, theirs } = world;
    const line = {
      ...theirs.scope,
      atMs: Date.now(),
      operationId: newUuid(context),
      intentId: newUuid(context),
      connectorAccountId: newUuid(context),
      providerKey: 'key',
      reference: 'op_x',
      send: 1,
    };
    const { lines, locked } = await noteForgotten(context, [line], () => []);
    assert.deepEqual([lines, locked.has(line.intentId)], [[line], true]);
    for (const scope of [mine.scope, mine.liveScope, theirs.liveScope]) {
      assert.deepEqual(await loadForgottenCalls(context, scope, 10), []);
      assert.equal(
        await releaseForgottenCall(context, scope, { operationId: line.operationId, why: 'x' }),
        false,
      );
    }
    const [own] = await loadForgottenCalls(context, theirs.scope, 10);
    assert.equal(own?.id, line.operationId);
    const released = await releaseForgottenCall(context, theirs.scope, {
      operationId: line.operationId,
      why: 'x',
    });
    assert.equal(released, true);
  });

  test('nobody sees whether a worker is at an operation of others', async () => {
    const { mine, theirs } = world;
    const change = (until: string) =>
      asOwner(
        gateway.on,
        `update rails.operations set leased_until = ${until}
          where id = (select id from rails.operations
                       where account_id = $1 and not livemode order by id limit 1)
        returning id`,
        [theirs.scope.accountId],
      );
    const [row] = await change(`now() + interval '1 hour'`);
    assert.ok(row !== undefined);
    const id = String(row['id']);
    for (const scope of [mine.scope, mine.liveScope, theirs.liveScope]) {
      assert.equal(await isLeased(context, scope, id), false);
    }
    assert.equal(await isLeased(context, theirs.scope, id), true);
    await change('null');
  });

  test('nobody learns how much others call a provider', async () => {
    const { mine, theirs } = world;
    const [row] = await asOwner(
      gateway.on,
      `select connector_account_id as id from rails.operations
        where account_id = $1 and not livemode limit 1`,
      [theirs.scope.accountId],
    );
    assert.ok(row !== undefined);
    const at = async (scope: Scope): Promise<number> =>
      (await usualAt(context, scope, String(row['id']))).perSecond;
    for (const scope of [mine.scope, mine.liveScope, theirs.liveScope]) {
      assert.equal(await at(scope), 0);
    }
    assert.ok((await at(theirs.scope)) > 0);
  });
};
