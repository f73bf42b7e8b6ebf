import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Scope } from '#kit/context';
import { newUuid, type Uuid } from '#kit/ids';
import { createAnswers } from '#platform/idempotency';
import { asOwner, type TestContext, testAccount, testContext } from '../../for-tests.ts';
import { manualClock } from '../../kit/context/for-tests.ts';
import { ANSWER_KEPT_MS, forgetOldAnswers } from './answers.ts';

const clock = manualClock();
const answers = createAnswers(Buffer.alloc(32, 1));
let context: TestContext;
let scope: Scope;

before(async () => {
  context = await testContext({ clock });
  scope = await testAccount(context);
});

const asked = (key: string, parameters = 'a') => ({
  scope,
  key,
  fingerprint: answers.fingerprint(parameters),
});
const answered = (key: string, body = '{"id":"cus_1","name":"Jenny Rosen"}') => ({
  ...asked(key),
  requestId: 'req_1',
  status: 200,
  body,
});
const finish = (answer: ReturnType<typeof answered>) =>
  context.database.commit(scope, [answers.finish(context, answer)]);
const remember = (key: string) =>
  context.database.commit(scope, [answers.remember(context, answered(key))]);

const inFlight = (requestId: string) => ({
  state: 'in_flight',
  abandoned: false,
  subject: null,
  passesOn: true,
  requestId,
});

describe('an idempotency key', () => {
  test('gives back the answer of the first request, to the byte', async () => {
    await remember('first');
    const recalled = await answers.recall(context, asked('first'));
    assert.deepEqual(recalled, {
      state: 'finished',
      status: 200,
      body: answered('first').body,
      requestId: 'req_1',
    });
  });

  test('with other parameters is told apart, and an unknown one is unknown', async () => {
    await remember('other');
    assert.deepEqual(await answers.recall(context, asked('other', 'b')), {
      state: 'other_parameters',
    });
    assert.deepEqual(await answers.recall(context, asked('never seen')), { state: 'unknown' });
  });

  test('claimed before a call to the outside is in flight until it is finished', async () => {
    const claim = () =>
      context.database.commit(scope, [
        answers.claim(context, { ...asked('outside'), requestId: 'req_2', passesOn: true }),
      ]);
    assert.equal((await claim()).ok, true);
    assert.equal((await claim()).ok, false);
    assert.deepEqual(await answers.recall(context, asked('outside')), inFlight('req_2'));

    await finish({ ...answered('outside'), requestId: 'req_2' });
    assert.equal((await answers.recall(context, asked('outside'))).state, 'finished');
  });

  test('is finished by the request that claimed it and by no other', async () => {
    await context.database.commit(scope, [
      answers.claim(context, { ...asked('mine'), requestId: 'req_mine', passesOn: true }),
    ]);
    const finished = await finish({ ...answered('mine'), requestId: 'req_other' });
    assert.equal(finished.ok, false);
    assert.deepEqual(await answers.recall(context, asked('mine')), inFlight('req_mine'));
  });

  test('passes to who asks again once its holder is gone, with what was begun under it', async () => {
    const subject = newUuid(context);
    const takeOver = (requestId: string, parameters = 'a') =>
      context.database.commit(scope, [
        answers.takeOver(context, {
          ...asked('left', parameters),
          requestId,
          gone: null,
          passesOn: false,
          subject,
        }),
      ]);
    await context.database.commit(scope, [
      answers.claim(context, { ...asked('left'), requestId: 'req_gone', passesOn: false }),
    ]);
    await context.database.commit(scope, [
      answers.link(context, { ...asked('left'), requestId: 'req_gone', subject }),
    ]);
    assert.equal((await takeOver('req_next')).ok, false);

    clock.advance(60_001);
    assert.deepEqual(await answers.recall(context, asked('left')), {
      state: 'in_flight',
      abandoned: true,
      subject,
      passesOn: false,
      requestId: 'req_gone',
    });
    assert.equal((await takeOver('req_other', 'b')).ok, false);
    const both = await Promise.all([takeOver('req_next'), takeOver('req_third')]);
    assert.equal(both.filter(({ ok }) => ok).length, 1);
    assert.equal((await finish({ ...answered('left'), requestId: 'req_gone' })).ok, false);
  });

  test('is not taken over by who has not heard what was begun under it meanwhile', async () => {
    await claimed('begun late', 'req_1');
    const subject = newUuid(context);
    await context.database.commit(scope, [
      answers.link(context, { ...asked('begun late'), requestId: 'req_1', subject }),
    ]);
    clock.advance(AFTER_A_MINUTE_MS);
    assert.equal((await taken('begun late', 'req_2')).ok, false);
    const found = await answers.recall(context, asked('begun late'));
    assert.ok(found.state === 'in_flight' && found.subject === subject);
  });

  const claimed = (key: string, requestId: string, passesOn = true) =>
    context.database.commit(scope, [
      answers.claim(context, { ...asked(key), requestId, passesOn }),
    ]);
  const taken = (key: string, requestId: string, parameters = 'a') =>
    context.database.commit(scope, [
      answers.takeOver(context, {
        ...asked(key, parameters),
        requestId,
        gone: null,
        passesOn: true,
        subject: null,
      }),
    ]);
  const held = (key: string, requestId: string) =>
    context.database.commit(scope, [answers.hold(context, { ...asked(key), requestId })]);
  const released = (key: string, requestId: string) =>
    context.database.commit(scope, [answers.release(context, { ...asked(key), requestId })]);
  const AFTER_A_MINUTE_MS = 60_001;

  test('whose holder is gone passes after a minute to who asks the same, and its holder then loses', async () => {
    assert.equal((await claimed('gone', 'req_1')).ok, true);
    clock.advance(AFTER_A_MINUTE_MS);
    assert.equal((await claimed('gone', 'req_2')).ok, false);
    const other = await taken('gone', 'req_b', 'b');
    assert.equal(other.ok, false, 'Whoever asks for something else gets nothing.');
    assert.equal((await taken('gone', 'req_2')).ok, true);

    const late = await finish({ ...answered('gone'), requestId: 'req_1' });
    assert.ok(!late.ok && answers.isClaim(late.lost));
    assert.equal((await finish({ ...answered('gone'), requestId: 'req_2' })).ok, true);
    clock.advance(AFTER_A_MINUTE_MS);
    assert.equal((await taken('gone', 'req_3')).ok, false, 'An answer is for good.');
  });

  test('held by a process that has died passes on within seconds, and by one that lives never', async () => {
    const [dead, alive] = [newUuid(context), newUuid(context)];
    const seenBy = (own: Uuid) =>
      createAnswers(Buffer.alloc(32, 1), {
        holderOf: () => own,
        isGone: (_context, holder) => Promise.resolve(holder === dead),
      });
    const claimOf = (key: string, by: Uuid) =>
      context.database.commit(scope, [
        seenBy(by).claim(context, { ...asked(key), requestId: `req_${key}`, passesOn: true }),
      ]);
    await claimOf('of the dead', dead);
    await claimOf('of the living', alive);
    const isAbandoned = async (key: string): Promise<boolean> => {
      const found = await seenBy(alive).recall(context, asked(key));
      return found.state === 'in_flight' && found.abandoned;
    };
    assert.equal(await isAbandoned('of the dead'), false, 'Nobody can know it that soon.');
    clock.advance(4_001);
    assert.equal(await isAbandoned('of the dead'), true);
    assert.equal(await isAbandoned('of the living'), false);

    const read = { passesOn: true, subject: null };
    const next = { ...asked('of the dead'), requestId: 'req_next', ...read };
    const taken = (gone: string) =>
      context.database.commit(scope, [seenBy(alive).takeOver(context, { ...next, gone })]);
    assert.equal((await taken('req_of another')).ok, false, 'Who was judged has lost it before.');
    assert.equal((await taken('req_of the dead')).ok, true);
    clock.advance(4_001);
    assert.equal(await isAbandoned('of the dead'), false, 'It is held by a living one now.');
    const late = await finish({ ...answered('of the dead'), requestId: 'req_of the dead' });
    assert.equal(late.ok, false);
  });

  test('given back is free at once, by its holder and by nobody else', async () => {
    await claimed('back', 'req_1');
    assert.equal((await released('back', 'req_2')).ok, false);
    assert.equal((await taken('back', 'req_2')).ok, false);
    await released('back', 'req_1');
    assert.equal((await taken('back', 'req_2')).ok, true);
  });

  test('under which the outside may have been called passes to nobody, ever', async () => {
    await claimed('money', 'req_1', false);
    await claimed('card first', 'req_1');
    assert.equal((await held('card first', 'req_2')).ok, false);
    assert.equal((await held('card first', 'req_1')).ok, true);
    for (const key of ['money', 'card first']) {
      assert.equal((await released(key, 'req_1')).ok, false);
      clock.advance(AFTER_A_MINUTE_MS);
      assert.equal((await taken(key, 'req_2')).ok, false);
      assert.deepEqual(await answers.recall(context, asked(key)), {
        ...inFlight('req_1'),
        passesOn: false,
      });
    }
  });

  test('of another account, or of the other mode, is another key', async () => {
    await remember('shared');
    const theirs = await testAccount(context);
    const live = { ...scope, livemode: true };
    for (const elsewhere of [theirs, live]) {
      const recalled = await answers.recall(context, { ...asked('shared'), scope: elsewhere });
      assert.deepEqual(recalled, { state: 'unknown' });
    }
  });

  test('leaves nothing in the table that tells what was asked or answered', async () => {
    await remember('jenny@example.com');
    const rows = await asOwner(context.on, 'select a::text as row from platform.answers a');
    assert.doesNotMatch(JSON.stringify(rows), /jenny|Rosen|cus_1/i);
    const sealed = await asOwner(
      context.on,
      'select answer from platform.answers where answer is not null',
    );
    for (const { answer } of sealed) assert.doesNotMatch(String(answer), /Jenny|cus_1/);
  });

  test('moved to another row does not open', async () => {
    await remember('from');
    await remember('to');
    await asOwner(
      context.on,
      `update platform.answers a set answer = b.answer from platform.answers b
        where a.key <> b.key and a.account_id = b.account_id and a.answer is not null and b.answer is not null`,
    );
    await assert.rejects(answers.recall(context, asked('to')), /authenticate/);
  });

  test('is new again after a day and an hour, and not before', async () => {
    await asOwner(context.on, 'delete from platform.answers');
    await remember('old');
    clock.advance(ANSWER_KEPT_MS - 1);
    await forgetOldAnswers(context);
    assert.equal((await answers.recall(context, asked('old'))).state, 'finished');
    clock.advance(2);
    await forgetOldAnswers(context);
    assert.equal((await answers.recall(context, asked('old'))).state, 'unknown');
  });
});
