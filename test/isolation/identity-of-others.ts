import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listKeys, revokeKey } from '#identity/keys';
import type { Scope } from '#kit/context';
import { createAnswers } from '#platform/idempotency';
import type { Tried } from './world.ts';

export const identityOfOthers = ({ gateway, context, world }: Tried): void => {
  test('the keys of others are neither listed nor ended', async () => {
    const [theirs] = await listKeys(gateway.context, world.theirs.scope);
    assert.ok(theirs !== undefined);
    const listed = await listKeys(context, world.mine.scope);
    assert.ok(listed.length > 0);
    assert.ok(listed.every(({ scope }) => scope.accountId === world.mine.accountId));
    assert.ok(listed.every(({ scope }) => !scope.livemode));
    assert.equal(await revokeKey(context, { ...theirs, scope: world.mine.scope }), false);
    const [after] = await listKeys(gateway.context, world.theirs.scope);
    assert.equal(after?.revokedAtMs, null);
  });

  test('the answer of another account is neither recalled nor finished', async () => {
    const answers = createAnswers(Buffer.alloc(32, 7));
    const asked = (scope: Scope) => ({
      scope,
      key: 'a key of theirs',
      fingerprint: answers.fingerprint('x'),
      requestId: 'req_1',
    });
    await context.database.commit(world.theirs.scope, [
      answers.claim(context, { ...asked(world.theirs.scope), passesOn: true }),
    ]);
    assert.equal((await answers.recall(context, asked(world.mine.scope))).state, 'unknown');

    // The digest of a key depends on its scope; so it is their digest that is tried in my scope.
    const finish = answers.finish(context, {
      ...asked(world.theirs.scope),
      status: 200,
      body: '{}',
    });
    const theirs = asked(world.theirs.scope);
    for (const write of [finish, answers.hold(context, theirs), answers.release(context, theirs)]) {
      const commit = await context.database.commit(world.mine.scope, [write]);
      assert.deepEqual(commit, { ok: false, lost: write.into });
    }
    assert.equal((await answers.recall(context, asked(world.theirs.scope))).state, 'in_flight');
    const own = await context.database.commit(world.theirs.scope, [finish]);
    assert.deepEqual(own, { ok: true });
  });
};
