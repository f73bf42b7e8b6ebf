// Files of payments: taken, refused, carried out once, returned, and told about.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { ibanOf, isIban, magicAccounts } from '../../sandbox/bank/iban.ts';
import { readXml } from '../../sandbox/bank/xml.ts';
import { startSandbox } from '../../sandbox/main.ts';
import { clockAt, controlOf } from './support/control.ts';
import { charge, connectGateway } from './support/gateway.ts';
import { assertAgree } from './support/verdict.ts';
import { newSettings } from './support/world.ts';

const settings = await newSettings({ clock: clockAt('2027-06-01T09:00:00Z') });
const sandbox = await startSandbox(settings);
after(() => sandbox.stop());
const control = controlOf(sandbox.ports.control);
const gateway = await connectGateway(sandbox.ports.acquirer);

type Account = { iban: string; owner: string; balance_minor: string };
await gateway.ask(charge(1, { amount: 100_000 }));
await control.moveTo('2027-06-02T07:00:00Z');
const balance = async (): Promise<bigint> => {
  const accounts = await control.get<Account[]>('/bank/accounts');
  return BigInt(accounts.find(({ owner }) => owner === 'merchant')?.balance_minor ?? 0);
};
const debtor = (await control.get<Account[]>('/bank/accounts')).find(
  ({ owner }) => owner === 'merchant',
)?.iban as string;
const START = await balance();
assert.ok(START > 99_000n);

const ELSEWHERE = 'DE89370400440532013000';
type Transfer = { id: string; amount?: string; currency?: string; to?: string; address?: string };
type Given = {
  message?: string;
  from?: string;
  count?: string;
  sum?: string;
  day?: string;
  space?: string;
};

const spell = ({
  id,
  amount = '10.00',
  currency = 'EUR',
  to = ELSEWHERE,
  address = '',
}: Transfer): string => `<CdtTrfTxInf><PmtId><EndToEndId>${id}</EndToEndId></PmtId>
<Amt><InstdAmt Ccy="${currency}">${amount}</InstdAmt></Amt>
<Cdtr><Nm>Smith &amp; Sons</Nm>${address}</Cdtr><CdtrAcct><Id><IBAN>${to}</IBAN></Id></CdtrAcct>
<RmtInf><Ustrd>Payout ${id}</Ustrd></RmtInf></CdtTrfTxInf>`;

let files = 0;
const fileOf = (transfers: readonly Transfer[], given: Given = {}): string => {
  files += 1;
  const { message = `MSG-${files}`, from = debtor, day = '2027-06-02' } = given;
  const { count = String(transfers.length), sum } = given;
  const { space = 'urn:iso:std:iso:20022:tech:xsd:pain.001.001.09' } = given;
  return `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="${space}"><CstmrCdtTrfInitn>
<GrpHdr><MsgId>${message}</MsgId><CreDtTm>2027-06-02T07:00:00Z</CreDtTm><NbOfTxs>${count}</NbOfTxs>
${sum === undefined ? '' : `<CtrlSum>${sum}</CtrlSum>`}<InitgPty><Nm>Shop</Nm></InitgPty></GrpHdr>
<PmtInf><PmtInfId>P1</PmtInfId><PmtMtd>TRF</PmtMtd><ReqdExctnDt><Dt>${day}</Dt></ReqdExctnDt>
<Dbtr><Nm>Shop</Nm></Dbtr><DbtrAcct><Id><IBAN>${from}</IBAN></Id></DbtrAcct>
${transfers.map(spell).join('\n')}
</PmtInf></CstmrCdtTrfInitn></Document>`;
};

const submit = async (file: string) => {
  const { status, text } = await control.sendXml('/bank/payments', file);
  return {
    status,
    text,
    group: /<GrpSts>(\w+)</.exec(text)?.[1],
    reason: /<Cd>(\w+)</.exec(text)?.[1],
  };
};
const statusOf = async (message: string): Promise<string[]> =>
  [...(await control.text(`/bank/payments/${message}`)).matchAll(/<TxSts>(\w+)</g)].map(
    ([, code = '']) => code,
  );

test('a payment leaves on the next business day, and once', async () => {
  const file = fileOf([{ id: 'E1', amount: '12.34' }], { message: 'ONCE', sum: '12.34' });
  const taken = await submit(file);
  assert.deepEqual([taken.status, taken.group], [200, 'ACCP']);
  assert.equal(await balance(), START);
  // The same again, before and after it was carried out, carries out nothing.
  assert.equal((await submit(file)).status, 200);
  await control.moveTo('2027-06-03T05:59:00Z');
  assert.equal(await balance(), START);
  await control.moveTo('2027-06-03T06:00:01Z');
  assert.equal(await balance(), START - 1_234n);
  assert.deepEqual(await statusOf('ONCE'), ['ACSC']);
  assert.equal((await submit(file)).status, 200);
  await control.moveTo('2027-06-04T12:00:00Z');
  assert.equal(await balance(), START - 1_234n);
});

test('another file under a name that was used is refused', async () => {
  const refused = await submit(fileOf([{ id: 'E2' }], { message: 'ONCE' }));
  assert.deepEqual([refused.status, refused.group, refused.reason], [409, 'RJCT', 'DU01']);
});

test('returned credits come back with their reason, and rejected ones never leave', async () => {
  const before = await balance();
  const [closed = '', , , forbidden = ''] = magicAccounts.keys();
  const file = fileOf(
    [
      { id: 'R1', to: closed, amount: '20.00' },
      { id: 'R2', to: forbidden },
      { id: 'R3', amount: '999999.00' },
    ],
    { message: 'MAGIC' },
  );
  assert.equal((await submit(file)).group, 'PART');
  await control.moveTo('2027-06-07T06:00:01Z');
  assert.equal(await balance(), before - 2_000n);
  assert.deepEqual(await statusOf('MAGIC'), ['ACSC', 'RJCT', 'RJCT']);
  await control.moveTo('2027-06-08T06:00:01Z');
  assert.equal(await balance(), before);
  const report = await control.text('/bank/payments/MAGIC');
  assert.match(report, /R1[^]*AC04[^]*R3[^]*AM04[^]*R2[^]*RR04/);
  await control.moveTo('2027-06-08T18:00:01Z');
  const statements = await control.get<{ account: string; file: string }[]>('/bank/statements');
  const last = statements.findLast(({ account }) => account === debtor);
  assert.match(await control.text(last?.file ?? ''), /<SubFmlyCd>RRTN<[^]*<RtrInf>[^]*AC04/);
});

test('a payment between two accounts of the bank arrives', async () => {
  const opened = await control.send('POST', '/bank/accounts', {
    merchant: 'SELLER1',
    currency: 'eur',
  });
  const to = String(opened.body['iban']);
  await submit(fileOf([{ id: 'I1', to, amount: '5.00' }]));
  await control.moveTo('2027-06-09T07:00:00Z');
  const accounts = await control.get<Account[]>('/bank/accounts');
  assert.equal(accounts.find(({ iban }) => iban === to)?.balance_minor, '500');
});

describe('refused as a whole', () => {
  const one = [{ id: 'X1' }];
  const cases: readonly (readonly [why: string, file: () => string, reason: string])[] = [
    ['no XML', () => 'hello', 'FF01'],
    ['a DTD', () => `<!DOCTYPE a [<!ENTITY b "c">]>${fileOf(one)}`, 'FF01'],
    [
      'another version',
      () => fileOf(one, { space: 'urn:iso:std:iso:20022:tech:xsd:pain.001.001.03' }),
      'FF01',
    ],
    ['a name that is too long', () => fileOf(one, { message: 'M'.repeat(36) }), 'FF01'],
    ['a wrong count', () => fileOf(one, { count: '2' }), 'AM19'],
    ['a wrong sum', () => fileOf(one, { sum: '10.01' }), 'AM10'],
    ['no such date', () => fileOf(one, { day: '2027-02-31' }), 'DT01'],
    ['no payments', () => fileOf([]), 'FF01'],
  ];
  for (const [why, file, reason] of cases) {
    test(why, async () => {
      const refused = await submit(file());
      assert.deepEqual([refused.status, refused.group, refused.reason], [422, 'RJCT', reason]);
    });
  }
});

test('a payment is refused alone, with its own reason', async () => {
  const cases: readonly (readonly [Transfer, string])[] = [
    [{ id: 'W1', to: 'DE89370400440532013001' }, 'AC03'],
    [{ id: 'W2', amount: '0.00' }, 'AM01'],
    [{ id: 'W3', amount: '1.005' }, 'AM12'],
    [{ id: 'W4', currency: 'USD' }, 'AM03'],
    [{ id: 'W5', address: '<PstlAdr><AdrLine>Somewhere 1</AdrLine></PstlAdr>' }, 'BE04'],
    [{ id: 'W6' }, ''],
    [{ id: 'W6' }, 'AM05'],
  ];
  const answer = await submit(fileOf(cases.map(([transfer]) => transfer)));
  assert.equal(answer.group, 'PART');
  const reasons = cases.map(([, reason]) => reason).filter((reason) => reason !== '');
  const found = [...answer.text.matchAll(/<Cd>(\w+)</g)].map(([, code]) => code);
  assert.deepEqual(found, reasons);
  const foreign = await submit(fileOf([{ id: 'V1' }], { from: ELSEWHERE }));
  assert.deepEqual([foreign.group, foreign.reason], ['RJCT', 'AC02']);
});

test('what the bank refused moves nothing, and the books balance', async () => {
  await control.moveTo('2027-06-20T12:00:00Z');
  assert.deepEqual(await sandbox.checkBooks(), []);
  await assertAgree(settings.databaseUrl, sandbox.journal());
});

test('IBANs are told from other text', () => {
  for (const good of [
    ELSEWHERE,
    'GB29NWBK60161331926819',
    'FR1420041010050500013M02606',
    ibanOf('404'),
  ]) {
    assert.equal(isIban(good), true, good);
  }
  for (const bad of [
    '',
    'DE',
    'DE00370400440532013000',
    'de89370400440532013000',
    'DE8937040044',
  ]) {
    assert.equal(isIban(bad), false, bad);
  }
});

test('XML that is not whole is refused, and what is read is what was written', () => {
  const bad = [
    '<a>',
    '<a></b>',
    '<a/><b/>',
    'x<a/>',
    '<a>&b;</a>',
    '<a><![CDATA[x]]></a>',
    '<a b="1" b="2"/>',
    '<a>&#0;</a>',
    '<a',
    `${'<a>'.repeat(30)}${'</a>'.repeat(30)}`,
  ];
  for (const text of bad) assert.equal(readXml(text).ok, false, text);
  const read = readXml(
    '<?xml version="1.0"?><!-- x --><n:a b="1 &lt; 2"><c>x &#38; &#x79;</c><c/></n:a>',
  );
  assert.ok(read.ok);
  assert.deepEqual(read.root.attributes, { b: '1 < 2' });
  assert.deepEqual(
    read.root.children.map(({ text }) => text),
    ['x & y', ''],
  );
});
