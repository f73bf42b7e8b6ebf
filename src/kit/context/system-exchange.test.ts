import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Dispatcher, exchangeOver } from './system-exchange.ts';

const asked = {
  method: 'POST',
  url: 'http://provider.test/pay',
  headers: {},
  body: 'amount=1',
  bytesMax: 100,
} as const;
type Handler = Parameters<Dispatcher['dispatch']>[1];
const over = (then: (handler: Handler) => void): Dispatcher => ({
  dispatch: (_, handler) => {
    then(handler);
    return true;
  },
});

test('what the client would begin a second time is not said again', async () => {
  const aborted: number[] = [];
  const dispatcher = over((handler) => {
    handler.onRequestStart({ abort: () => aborted.push(1) });
    handler.onRequestStart({ abort: () => aborted.push(2) });
  });
  const { signal } = new AbortController();
  await assert.rejects(exchangeOver(dispatcher, { ...asked, signal }), /begun before/);
  assert.ok(aborted.includes(2), aborted.join());
});

test('what was given up while it waited is not begun', async () => {
  const giveUp = new AbortController();
  let waiting: Handler | undefined;
  const dispatcher = over((handler) => {
    waiting = handler;
  });
  const given = exchangeOver(dispatcher, { ...asked, signal: giveUp.signal });
  giveUp.abort();
  await assert.rejects(given, /given up/);
  const aborted: Error[] = [];
  waiting?.onRequestStart({ abort: (error) => aborted.push(error) });
  assert.equal(aborted.length, 1);
});

test('an address that names a user is none', async () => {
  const { signal } = new AbortController();
  const url = 'http://me:secret@provider.test/pay';
  const dispatcher = over(() => assert.fail('It was said'));
  await assert.rejects(exchangeOver(dispatcher, { ...asked, url, signal }), TypeError);
});
