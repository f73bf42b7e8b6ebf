import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { asOwner, testContext } from '../../for-tests.ts';
import { BLOCK_SIZE, leaveOutForgotten, openTraceNumbers } from './trace-numbers.ts';

const context = await testContext();
const HOUR_MS = 3_600_000;

describe('trace numbers', () => {
  test('never clash between processes that speak with one host', async () => {
    const processes = [1, 2, 3].map(() => openTraceNumbers(context, 'clash', HOUR_MS));
    const all = await Promise.all(
      processes.flatMap((each) => Array.from({ length: 2_500 }, () => each.next())),
    );
    assert.equal(new Set(all).size, 7_500);
    for (const stan of all) assert.match(stan, /^(?!000000)\d{6}$/);
  });

  test('of different hosts are counted by themselves', async () => {
    assert.equal(await openTraceNumbers(context, 'one', HOUR_MS).next(), '000001');
    assert.equal(await openTraceNumbers(context, 'two', HOUR_MS).next(), '000001');
  });

  test('go on after a restart, and leave out what the ended process had taken', async () => {
    await openTraceNumbers(context, 'restart', HOUR_MS).next();
    const next = Number(await openTraceNumbers(context, 'restart', HOUR_MS).next());
    assert.equal(next, BLOCK_SIZE + 1);
  });

  test('are not those that a database gave out after the backup that it was put back to', async () => {
    const of = (count: number): Promise<string>[] => {
      const numbers = openTraceNumbers(context, 'restored', HOUR_MS);
      return Array.from({ length: count }, () => numbers.next());
    };
    await Promise.all(of(1));
    const seen = new Set(await Promise.all(of(3 * BLOCK_SIZE)));
    await asOwner(
      context.on,
      `update rails.trace_counters set taken = 1 where host = 'restored';
       delete from rails.trace_blocks where host = 'restored' and slot > 0`,
    );
    // Each start of each process finds them while the journal lies there.
    const lastAtMs = Date.now() - 60_000;
    for (let start = 0; start < 10; start += 1) await leaveOutForgotten(context, lastAtMs);
    for (const stan of await Promise.all(of(2 * BLOCK_SIZE))) assert.ok(!seen.has(stan), stan);
    const taken = async () => {
      const text = `select taken::integer from rails.trace_counters where host = 'restored'`;
      return (await asOwner(context.on, text))[0]?.['taken'];
    };
    const before = await taken();
    await leaveOutForgotten(context, lastAtMs);
    assert.equal(await taken(), before);
    // Put back once more, it has forgotten later ones too.
    await leaveOutForgotten(context, Date.now() + 60_000);
    assert.equal(await taken(), Number(before) + 101);
  });

  test('begin again after 999999, when the host has forgotten the first', async () => {
    const numbers = openTraceNumbers(context, 'round', HOUR_MS);
    await numbers.next();
    await asOwner(context.on, `update rails.trace_counters set taken = 1000 where host = 'round'`);
    const last = openTraceNumbers(context, 'round', HOUR_MS);
    let stan = '';
    for (let count = 0; count < BLOCK_SIZE; count += 1) stan = await last.next();
    assert.equal(stan, '999999');
    await assert.rejects(() => last.next(), { why: 'trace_numbers_in_use' });
    await asOwner(
      context.on,
      `update rails.trace_blocks set taken_at = taken_at - interval '2 hours' where host = 'round'`,
    );
    assert.equal(await last.next(), '000001');
  });
});
