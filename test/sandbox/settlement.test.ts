// From a sale to the merchant's bank account: cut-over, fees, value dates, reports and statements, over
// days of a clock that is moved.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { addBusinessDays, easterOf, isBusinessDay } from '../../sandbox/bank/calendar.ts';
import { reportColumns } from '../../sandbox/bank/settlement-report.ts';
import { startSandbox } from '../../sandbox/main.ts';
import { clockAt, controlOf } from './support/control.ts';
import { charge, codeOf, completion, connectGateway, refund, reversal } from './support/gateway.ts';
import { assertAgree } from './support/verdict.ts';
import { newSettings } from './support/world.ts';

/** A Thursday before a long weekend of TARGET: Good Friday is 2027-03-26. */
const THURSDAY = '2027-03-25T10:00:00.000Z';

const newWorld = async () => {
  const settings = await newSettings({ clock: clockAt(THURSDAY) });
  const sandbox = await startSandbox(settings);
  after(() => sandbox.stop());
  const gateway = await connectGateway(sandbox.ports.acquirer);
  return { settings, sandbox, gateway, control: controlOf(sandbox.ports.control) };
};

type Batch = Record<string, string> & { id: string; report: string; is_funded: boolean };
type Account = { iban: string; owner: string; balance_minor: string; currency: string };
type Statement = Record<string, string> & { number: number; account: string; file: string };

describe('business days', () => {
  test('are those of TARGET', () => {
    const closed = [
      '2026-01-01',
      '2026-04-03',
      '2026-04-06',
      '2026-05-01',
      '2026-12-25',
      '2027-03-26',
    ];
    for (const day of closed) assert.equal(isBusinessDay(day), false, day);
    for (const day of ['2026-04-02', '2026-04-07', '2026-12-24', '2026-12-28', '2026-07-03']) {
      assert.equal(isBusinessDay(day), true, day);
    }
    const easters = ['2024-03-31', '2025-04-20', '2026-04-05', '2027-03-28', '2038-04-25'];
    for (const day of easters) assert.equal(easterOf(Number(day.slice(0, 4))), day);
  });

  test('are counted from the day of the sale', () => {
    assert.equal(addBusinessDays('2027-03-25', 1), '2027-03-30');
    assert.equal(addBusinessDays('2026-11-27', 1), '2026-11-30');
    assert.equal(addBusinessDays('2026-11-28', 1), '2026-11-30');
    assert.equal(addBusinessDays('2026-12-24', 2), '2026-12-29');
  });
});

test('a sale of Thursday is on the account on Tuesday after Easter', async () => {
  const { settings, sandbox, gateway, control } = await newWorld();
  const sale = charge(1, { amount: 10_000 });
  await gateway.ask(sale);
  await gateway.ask(charge(2, { amount: 20_001, card: '4000056655665556' }));
  await gateway.ask(refund(3, sale, 2_500));
  const held = charge(4, { mti: '0100', amount: 9_000 });
  await gateway.ask(held);
  assert.equal(codeOf(await gateway.ask(completion(5, held, 4_000))), '00');
  // What is reversed before the cut-over is cleared neither there nor back.
  const mistake = charge(6, { amount: 77_700 });
  await gateway.ask(mistake);
  assert.equal(codeOf(await gateway.ask(reversal(7, mistake))), '00');

  await control.moveTo('2027-03-25T23:59:00Z');
  assert.deepEqual((await control.get<{ batches: Batch[] }>('/acquirer/settlements')).batches, []);
  await control.moveTo('2027-03-26T00:00:01Z');
  const { batches } = await control.get<{ batches: Batch[] }>('/acquirer/settlements');
  assert.equal(batches.length, 1);
  const [batch] = batches as [Batch];
  assert.deepEqual(
    [batch.business_day, batch.value_date, batch.items, batch.gross_minor, batch.is_funded],
    ['2027-03-25', '2027-03-30', 4, '31501', false],
  );
  // 30, 40 and 12 of interchange at 0.3 %, 0.2 % and 0.3 %, 7 back; 12, 24 and 4 for the scheme at
  // 0.12 %; 33, 58 and 18 at 0.25 % and 8 each, and 8 for the refund.
  assert.equal(batch.fees_minor, String(30 + 40 + 12 - 7 + 12 + 24 + 4 + 33 + 58 + 18 + 8));
  assert.equal(batch.net_minor, String(31_501 - 232));

  await control.moveTo('2027-03-29T23:00:00Z');
  assert.deepEqual(await control.get('/bank/accounts'), []);
  await control.moveTo('2027-03-30T06:00:01Z');
  const merchant = (await control.get<Account[]>('/bank/accounts')).find(
    ({ owner }) => owner === 'merchant',
  );
  assert.deepEqual([merchant?.balance_minor, merchant?.currency], ['31269', 'EUR']);
  assert.deepEqual(await sandbox.checkBooks(), []);
  await assertAgree(settings.databaseUrl, sandbox.journal());
});

test('the report of a batch is whole, adds up and is the same whenever it is asked for', async () => {
  const { settings, sandbox, gateway, control } = await newWorld();
  await gateway.ask(charge(1, { amount: 10_000, tags: { '70': 'order, "7"' } }));
  await gateway.ask(charge(2, { amount: 333 }));
  await control.send('POST', '/cut-over', {});
  const { batches } = await control.get<{ batches: Batch[] }>('/acquirer/settlements');
  const path = batches[0]?.report ?? '';
  const report = await control.text(path);
  const lines = report.trimEnd().split('\r\n');
  assert.equal(lines[0], reportColumns.join(','));
  assert.match(lines[1] ?? '', /,"order, ""7""",/);
  const at = (line: string | undefined, column: (typeof reportColumns)[number]): string =>
    line?.replace('"order, ""7"""', 'x').split(',')[reportColumns.indexOf(column)] ?? '';
  const items = lines.slice(1, -1);
  const total = lines.at(-1);
  assert.equal(at(total, 'record'), 'total');
  assert.equal(at(total, 'items'), String(items.length));
  for (const column of ['gross', 'interchange', 'scheme_fee', 'acquirer_fee', 'net'] as const) {
    const sum = items.reduce((sum, line) => sum + BigInt(at(line, column)), 0n);
    assert.equal(at(total, column), String(sum), column);
  }
  assert.deepEqual(
    items.map((line) => at(line, 'rrn')),
    ['632412000001', '632412000002'],
  );

  await gateway.ask(charge(3));
  await control.moveTo('2027-04-02T12:00:00Z');
  assert.equal(await control.text(path), report);
  gateway.close();
  await sandbox.stop();
  const again = await startSandbox(settings);
  after(() => again.stop());
  assert.equal(await controlOf(again.ports.control).text(path), report);
});

test('statements have no gaps, begin where the last one ended, and do not change', async () => {
  const { sandbox, gateway, control } = await newWorld();
  for (let day = 0; day < 8; day += 1) {
    const at = new Date(Date.parse(THURSDAY) + day * 86_400_000 + 3_600_000).toISOString();
    await control.moveTo(at);
    const sale = charge(10 + day, { amount: 5_000 + day * 100 });
    await gateway.ask(sale);
    if (day % 3 === 1) await gateway.ask(refund(30 + day, sale, 1_000));
  }
  await control.moveTo('2027-04-07T12:00:00Z');
  const accounts = await control.get<Account[]>('/bank/accounts');
  const seen = new Map<string, string>();
  for (const { iban, balance_minor: balance } of accounts) {
    const statements = await control.get<Statement[]>(`/bank/statements?account=${iban}`);
    assert.ok(statements.length >= 4);
    let opening = '0';
    for (const [at, statement] of statements.entries()) {
      assert.equal(statement.number, at + 1);
      assert.equal(statement.opening_minor, opening);
      assert.ok(isBusinessDay(statement.day ?? ''));
      const xml = await control.text(statement.file);
      seen.set(statement.file, xml);
      assertAddsUp(xml);
      opening = String(statement.closing_minor);
    }
    const today = sandbox
      .journal()
      .state()
      .bank.accounts.get(iban)
      ?.entries.filter(({ day }) => day === '2027-04-07')
      .reduce((sum, { amountMinor }) => sum + amountMinor, 0n);
    assert.equal(BigInt(opening) + (today ?? 0n), BigInt(balance));
  }
  await control.moveTo('2027-04-20T12:00:00Z');
  for (const [file, xml] of seen) assert.equal(await control.text(file), xml);
  assert.deepEqual(await sandbox.checkBooks(), []);
});

/** Read by other means than those that wrote it. */
const assertAddsUp = (xml: string): void => {
  const amounts = (part: RegExp): bigint[] =>
    [...xml.matchAll(part)].map(([, amount = '', sign]) => {
      const minor = BigInt(amount.replace('.', ''));
      return sign === 'DBIT' ? -minor : minor;
    });
  const inside = String.raw`\s*<Amt Ccy="EUR">([\d.]+)</Amt>\s*<CdtDbtInd>(\w+)<`;
  const [opening] = amounts(new RegExp(`<Cd>OPBD</Cd>\\s*</CdOrPrtry>\\s*</Tp>${inside}`, 'g'));
  const [closing] = amounts(new RegExp(`<Cd>CLBD</Cd>\\s*</CdOrPrtry>\\s*</Tp>${inside}`, 'g'));
  const entries = amounts(new RegExp(`<NtryRef>[^<]*</NtryRef>${inside}`, 'g'));
  assert.ok(entries.length > 0);
  assert.equal(
    entries.reduce((sum, entry) => sum + entry, opening ?? 0n),
    closing,
  );
};

test('a merchant who gave back more than was sold owes it until there are sales again', async () => {
  const { sandbox, gateway, control } = await newWorld();
  const sale = charge(1, { amount: 10_000 });
  await gateway.ask(sale);
  await control.send('POST', '/cut-over', {});
  await gateway.ask(refund(2, sale, 10_000));
  const second = await control.send('POST', '/cut-over', {});
  await gateway.ask(charge(3, { amount: 50_000 }));
  const third = await control.send('POST', '/cut-over', {});
  const [owed, paid] = [second, third].map(({ body }) => (body['batches'] as Batch[])[0]);
  assert.equal(owed?.funded_minor, '0');
  assert.equal(paid?.carried_in_minor, owed?.net_minor);
  assert.equal(
    paid?.funded_minor,
    String(BigInt(paid?.net_minor ?? 0) + BigInt(owed?.net_minor ?? 0)),
  );
  await control.moveTo('2027-04-02T12:00:00Z');
  assert.deepEqual(await sandbox.checkBooks(), []);
});

test('a cut-over with nothing sold ends a cycle and makes no batch', async () => {
  const { control } = await newWorld();
  const { body } = await control.send('POST', '/cut-over', {});
  assert.deepEqual(body, { cycle: 1, batches: [] });
  assert.equal((await control.send('POST', '/cut-over', {})).body['cycle'], 2);
});
