import assert from 'node:assert/strict';
import { test } from 'node:test';
import { captureEntry, post, refundEntry } from '#books/ledger';
import { newUuid } from '#kit/ids';
import { testAccount, testContext } from '../src/for-tests.ts';
import { temporaryFolder } from '../src/kit/context/for-tests.ts';
import { environmentOn, tollgate } from './for-tests.ts';

const context = await testContext();
const scope = await testAccount(context);
const env = environmentOn(context.on, temporaryFolder('cli-balance'));

const balance = (...args: string[]) => tollgate(['balance', ...args], env);
const at = (moment: string): number => Date.parse(moment);

const capture = (currency: string, amount: bigint) =>
  captureEntry({
    subject: newUuid(context),
    currency,
    amount,
    fee: 0n,
    availableAtMs: at('2026-01-05T00:00:00Z'),
  });
await context.database.commit(scope, [
  post(scope, capture('eur', 123_456n), at('2025-12-30T10:00:00Z')),
  post(scope, capture('jpy', 5_000n), at('2025-12-31T23:59:59.900Z')),
  post(scope, capture('kwd', 12_340n), at('2026-01-01T00:00:00Z')),
  post(
    scope,
    refundEntry({ subject: newUuid(context), currency: 'eur', amount: 100n }),
    at('2026-01-01T08:00:00Z'),
  ),
]);

test('the balance is printed as it was at the end of a day', async () => {
  const { out, err, code } = await balance('--as-of', '2025-12-31');
  assert.equal(
    out,
    [
      '2025-12-31 23:59:59 UTC',
      'eur  available €0.00  pending €1,234.56',
      'jpy  available    ¥0  pending    ¥5,000',
      '',
    ].join('\n'),
    err,
  );
  assert.equal(code, 0);
});

test('and as it was at the end of a second, in whatever zone that is said', async () => {
  const { out, err } = await balance('--as-of', '2026-01-01T09:00:00+01:00');
  assert.equal(
    out,
    [
      '2026-01-01 08:00:00 UTC',
      'eur  available    -€1.00  pending  €1,234.56',
      'jpy  available        ¥0  pending     ¥5,000',
      'kwd  available KWD 0.000  pending KWD 12.340',
      '',
    ]
      .join('\n')
      .replaceAll('KWD ', 'KWD\u00a0'),
    err,
  );
});

test('and what each account of the books held, which sums to zero in each currency', async () => {
  const { out, err } = await balance('--accounts', '--as-of', '2026-01-01T09:00:00+01:00');
  assert.equal(
    out,
    [
      '2026-01-01 08:00:00 UTC',
      'eur  provider_receivable    €1,233.56',
      'eur  merchant_pending      -€1,234.56',
      'eur  merchant_available         €1.00',
      'jpy  provider_receivable       ¥5,000',
      'jpy  merchant_pending         -¥5,000',
      'kwd  provider_receivable   KWD 12.340',
      'kwd  merchant_pending     -KWD 12.340',
      '',
    ]
      .join('\n')
      .replaceAll('KWD ', 'KWD\u00a0'),
    err,
  );
});

test('and as it is now, when what was pending has become available', async () => {
  const { out } = await balance();
  assert.match(out, /^20\S+ \S+ UTC\neur {2}available {2}€1,233\.56 {2}pending {5}€0\.00\n/);
});

test('a moment that has not been is refused, and so is what is none', async () => {
  const ahead = await balance('--as-of', '2999-01-01');
  assert.deepEqual([ahead.code, ahead.out], [1, '']);
  assert.match(
    ahead.err,
    /^Nobody knows yet what the balance will be at 2999-01-01 23:59:59 UTC: /,
  );
  const none = await balance('--as-of', 'yesterday');
  assert.deepEqual([none.code, none.out], [2, '']);
  assert.match(none.err, /A moment is like 2027-01-31/);
});
