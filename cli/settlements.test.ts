import assert from 'node:assert/strict';
import { test } from 'node:test';
import { STANDARD_SCHEDULE } from '#books/calendars';
import { expect, expectation } from '#books/expectations';
import { newUuid, spellId, type Uuid } from '#kit/ids';
import { CONNECTOR_ACCOUNT, SETTLEMENT_LINE } from '#rails/connectors';
import { testAccount, testContext } from '../src/for-tests.ts';
import { temporaryFolder } from '../src/kit/context/for-tests.ts';
import { insertLine } from '../src/rails/connectors/settlement-lines.store.ts';
import { environmentOn, tollgate } from './for-tests.ts';

const context = await testContext();
const scope = await testAccount(context);
const { on } = context;
const env = environmentOn(on, temporaryFolder('cli-settlements'));

const settlements = (...args: string[]) => tollgate(['settlements', ...args], env);

const lineOf = (id: Uuid, key: string) => ({
  id,
  connectorAccountId: newUuid(context),
  receivedAtMs: Date.now(),
  state: 'fits_nothing' as const,
  row: {
    key,
    kind: 'payment' as const,
    reference: null,
    providerId: null,
    currency: 'eur',
    gross: 300n,
    fee: 11n,
    net: 289n,
    bookedAtMs: Date.parse('2026-11-27T11:00:00Z'),
    availableOn: '2026-11-30',
    batch: '20261127-1-1',
    raw: { rrn: '633111000001' },
  },
});

test('a line that fits nothing is listed, shown and explained once', async () => {
  const id = newUuid(context);
  const spelled = spellId(SETTLEMENT_LINE, id);
  await context.database.commit(scope, [insertLine(scope, lineOf(id, '20261127-1-1#4'))]);
  const listed = await settlements('list', '--open');
  assert.equal(
    listed.out,
    `2026-11-27  ${spelled}       €2.89 eur  20261127-1-1#4  nobody knows it\n`,
    listed.err,
  );
  assert.match((await settlements('show', spelled)).out, /rrn: 633111000001/);
  const explained = await settlements('explain', spelled, '--why', 'the till in the shop');
  assert.equal(explained.out, `${spelled} is explained.\n`, explained.err);
  const again = await settlements('explain', spelled, '--why', 'again');
  assert.match(again.err, /waits for no explanation/);
});

test('several lines are explained by one word, up to one that waits for none', async () => {
  const ids = [newUuid(context), newUuid(context)];
  const [first = '', second = ''] = ids.map((id) => spellId(SETTLEMENT_LINE, id));
  await context.database.commit(
    scope,
    ids.map((id, index) => insertLine(scope, lineOf(id, `20261128-1-1#${index}`))),
  );
  const explained = await settlements('explain', first, second, first, '--why', 'the other shop');
  assert.equal(explained.out, `${first} is explained.\n${second} is explained.\n`);
  assert.match(explained.err, new RegExp(`${first} waits for no explanation`));
});

test('totals tell what was expected, how it was settled and what is open, and list each of it', async () => {
  const account = await testAccount(context);
  const at = newUuid(context);
  const cna = spellId(CONNECTOR_ACCOUNT, at);
  const expected = (reference: string, amount: bigint, day: string, more: object = {}) =>
    expectation(
      account,
      expect({
        connectorAccountId: at,
        reference,
        kind: 'payment',
        currency: 'eur',
        amount,
        cost: null,
        schedule: STANDARD_SCHEDULE,
        atMs: Date.parse(`${day}T10:00:00Z`),
        ...more,
      }),
    );
  const settled = (reference: string | null, gross: bigint, day: string, more: object = {}) => {
    const line = lineOf(newUuid(context), `${reference} ${gross} ${day}`);
    const row = { ...line.row, reference, gross, fee: 3n, net: gross - 3n };
    const bookedAtMs = Date.parse(`${day}T11:00:00Z`);
    return { ...line, connectorAccountId: at, row: { ...row, bookedAtMs, ...more } };
  };
  const strange = settled(null, 700n, '2026-02-05');
  const less = settled('op_less', 4_000n, '2026-02-04');
  const paidOut = settled(null, -9_000n, '2026-02-06', { kind: 'payout', fee: 0n, net: -9_000n });
  const late = settled('op_january', 500n, '2026-02-01');
  const lines = [
    settled('op_paid', 10_000n, '2026-02-02'),
    settled('op_paid', -1_000n, '2026-02-03', { kind: 'payment_reversal' }),
    less,
    late,
    strange,
    settled(null, 0n, '2026-02-05', { kind: 'fee', fee: 20n, net: -20n }),
    paidOut,
  ];
  await context.database.commit(account, [
    expected('op_january', 500n, '2026-01-30'),
    expected('op_paid', 10_000n, '2026-02-02'),
    expected('op_paid', 1_000n, '2026-02-03', { kind: 'refund' }),
    expected('op_less', 5_000n, '2026-02-04'),
    expected('op_open', 2_000n, '2026-02-05'),
    expected('op_yen', 2_000n, '2026-02-05', { currency: 'jpy', cost: { amount: 60n, rules: 1 } }),
    ...lines.map((line) => insertLine(account, line)),
  ]);
  const february = ['--from', '2026-02-01', '--to', '2026-02-28', '--account'];
  const daysLate = () => Math.floor((Date.now() - Date.parse('2026-02-09')) / 86_400_000);
  const atLeast = daysLate();
  const totals = async (...args: string[]) => {
    const of = spellId('acct', account.accountId);
    const printed = await settlements('totals', ...february, of, ...args);
    for (const [, days] of printed.out.matchAll(/(\d+) days late/g)) {
      assert.ok(Number(days) >= atLeast && Number(days) <= daysLate());
    }
    return { ...printed, out: printed.out.replaceAll(/\d+ days late/g, 'N days late') };
  };
  const table = await totals();
  assert.equal(
    table.out,
    `from 2026-02-01 00:00:00 UTC until 2026-02-28 23:59:59 UTC
${cna}  eur
                                       count    gross       fees        net
expected                                   4  €160.00  not known  not known
  payment                                  3  €170.00  not known  not known
  refund                                   1  -€10.00  not known  not known
of these
  settled as expected                      2   €90.00
  settled differently                      1   €50.00                        settled: €40.00
  open                                     1   €20.00                        the oldest due 2026-02-09, N days late
settled                                    6  €142.00      €0.35    €141.65
  of what was expected then                3  €130.00      €0.09    €129.91
  of what was expected at other times      1    €5.00      €0.03      €4.97
  not expected: payment                    1    €7.00      €0.03      €6.97
  not expected: fee                        1    €0.00      €0.20     -€0.20
paid out                                   1  -€90.00      €0.00    -€90.00
${cna}  jpy
                       count   gross  fees     net
expected                   1  ¥2,000   ¥60  ¥1,940
  payment                  1  ¥2,000   ¥60  ¥1,940
of these
  settled as expected      0      ¥0
  settled differently      0      ¥0
  open                     1  ¥2,000                the oldest due 2026-02-09, N days late
settled                    0      ¥0    ¥0      ¥0
`,
    table.err,
  );
  const each = async (what: string) => (await totals('--currency', 'eur', '--each', what)).out;
  assert.equal(
    await each('open'),
    `2026-02-05  ${cna}  op_open  payment      €20.00 eur  due 2026-02-09, N days late\n`,
  );
  const lessLine = spellId(SETTLEMENT_LINE, less.id);
  assert.equal(
    await each('different'),
    `2026-02-04  ${cna}  op_less  payment      €50.00 eur  settled: €40.00 eur  ${lessLine}\n`,
  );
  assert.match(
    await each('unexpected'),
    new RegExp(`${spellId(SETTLEMENT_LINE, strange.id)} .*\n.*\n$`),
  );
  assert.match(
    await each('paid-out'),
    new RegExp(`^2026-02-06  ${spellId(SETTLEMENT_LINE, paidOut.id)} .*\n$`),
  );
  const january = await settlements(
    'totals',
    '--to',
    '2026-01-31',
    '--account',
    spellId('acct', account.accountId),
    '--connector-account',
    cna,
  );
  assert.match(january.out, /^all until 2026-01-31 23:59:59 UTC\n.*\n.*\nexpected +1 +€5\.00 /);
  assert.match(january.out, /settled as expected +1 +€5\.00\n/);
});

test('totals refuse a period that ends before it begins, and a currency that is none', async () => {
  const { err } = await settlements('totals', '--from', '2026-02-02', '--to', '2026-02-01');
  assert.match(err, /--from is after --to/);
  assert.match((await settlements('totals', '--currency', 'EUR')).err, /small letters, as in eur/);
  assert.match(
    (await settlements('totals', '--connector-account', 'stl_1')).err,
    /begins with cna_/,
  );
});
