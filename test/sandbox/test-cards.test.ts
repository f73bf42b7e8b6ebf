// Every documented test card, charged over the wire as a gateway would: what the issuer answers, and what
// becomes of it afterwards. The table is written from the documentation and not from the code.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { testCards } from '../../sandbox/issuer/test-cards.ts';
import { startSandbox } from '../../sandbox/main.ts';
import { clockAt, controlOf } from './support/control.ts';
import { charge, codeOf, connectGateway, refund } from './support/gateway.ts';
import { newSettings } from './support/world.ts';

const settings = await newSettings({ clock: clockAt('2027-06-01T09:00:00Z') });
const sandbox = await startSandbox(settings);
after(() => sandbox.stop());
const gateway = await connectGateway(sandbox.ports.acquirer);
const control = controlOf(sandbox.ports.control);

type Tags = Readonly<Record<string, string>>;
let count = 0;
const buy = async (card: string, tags: Tags = {}, expiry = '3012', entry = {}) => {
  count += 1;
  const message = charge(count, {
    card,
    tags: { '70': `pay_${count}`, ...tags },
    more: { 14: expiry, ...entry },
  });
  const answer = await gateway.ask(message);
  return { message, code: codeOf(answer), checks: answer?.fields[44] };
};

/** As a holder who was authenticated: the card's bank said so for this merchant and amount. */
const authenticated = async (card: string): Promise<Tags> => {
  sandbox.setAuthentication(card, 'frictionless');
  const answer = await fetch(sandbox.directoryUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      messageType: 'AReq',
      messageVersion: '2.2.0',
      messageCategory: '01',
      threeDSServerTransID: randomUUID(),
      threeDSServerURL: 'http://shop.test/results',
      notificationURL: 'http://shop.test/back',
      acctNumber: card,
      acquirerBIN: '12345',
      acquirerMerchantID: 'MERCHANT0000001',
      merchantName: 'A shop',
      mcc: '5999',
      merchantCountryCode: '276',
      browserAcceptHeader: 'text/html',
      browserUserAgent: 'a browser',
      purchaseAmount: '5000',
      purchaseCurrency: '978',
      purchaseExponent: '2',
      purchaseDate: '20270601090000',
    }),
  });
  const said = (await answer.json()) as Record<string, string>;
  // Of a card that takes no part there is no proof, and none is needed.
  if (said['transStatus'] !== 'Y') return {};
  const { eci = '', authenticationValue = '', dsTransID = '' } = said;
  return { '42': eci, '43': authenticationValue, '44': dsTransID };
};
const byMerchant: Tags = { '71': 'M' };
/** How the number came: from where the merchant keeps it. */
const onFile = { 22: '102' };
const numbers = (text: string): string[] => text.trim().split(/\s+/);

const declines: Readonly<Record<string, string>> = {
  '4000000000000002': '05',
  '4000000000009995': '51',
  '4000000000009987': '41',
  '4000000000009979': '43',
  '4000000000006975': '61',
  '4000000000000069': '54',
  '4000000000000119': '30',
  '4000000000000341': '05',
  '4100000000000019': '59',
};
const needAuthentication = numbers(`4000002760003184 4000002500003155 4000003800000446
  4000008260003178 4000000000003220 4000008400000027 4000000000003063 4000000000003238
  4000000000003246 4000000000003253 4000582600000094 4000582600000045 4000582600000102
  4000582600000110 4000000032200000 4000008400001629 4000008400001280`);
const onSessionOnly = ['4000002500003155', '4000003800000446'];
const declinedAfterAuthentication: Readonly<Record<string, string>> = {
  '4000008260003178': '51',
  '4000008400001629': '05',
};
/** What the answer says of CVC, address line and postal code, when all three were given. */
const checks: Readonly<Record<string, string>> = {
  '4000000000000101': 'NYY',
  '4000058400307872': 'NYY',
  '4000000000000036': 'MYN',
  '4000058400306072': 'MYN',
  '4000000000000028': 'MNY',
  '4000000000000010': 'MNN',
  '4000000000000044': 'MUU',
};
const disputes: Readonly<Record<string, readonly (readonly [type: string, reason: string])[]>> = {
  '4000000000000259': [['dispute.opened', 'fraudulent']],
  '4000000000002685': [['dispute.opened', 'product_not_received']],
  '4000000000001976': [['dispute.opened', 'general']],
  '4000000404000079': [
    ['dispute.opened', 'fraudulent'],
    ['dispute.opened', 'fraudulent'],
  ],
  '4000000404000038': [['dispute.opened', 'fraudulent']],
  '4000008400000779': [['dispute.opened', 'noncompliant']],
  '5105008400000002': [['dispute.opened', 'noncompliant']],
  '4000000001000043': [['dispute.opened', 'fraudulent']],
  '4000000404004816': [['dispute.opened', 'fraudulent']],
  '4000000404005649': [['dispute.opened', 'fraudulent']],
  '5105000300000018': [['dispute.opened', 'fraudulent']],
  '4000000000005423': [['early_fraud_warning.created', '']],
};

test('each documented card is one that this world has given out', () => {
  const known = new Set(testCards.map(({ number }) => number));
  const documented = [
    ...Object.keys(declines),
    ...needAuthentication,
    ...Object.keys(checks),
    ...Object.keys(disputes),
    ...numbers(
      '4000000000000127 4000000000007726 4000000000005126 4000000000000077 4000003720000278',
    ),
  ];
  for (const number of documented) assert.ok(known.has(number), number);
});

test('an ordinary charge is answered as documented, by each card', async () => {
  for (const { number } of testCards) {
    const needs = needAuthentication.includes(number);
    const expected = needs ? '1A' : (declines[number] ?? '00');
    assert.equal((await buy(number)).code, expected, number);
  }
});

test('cards that ask for authentication take it, or then decline', async () => {
  for (const number of needAuthentication) {
    const expected = declinedAfterAuthentication[number] ?? '00';
    assert.equal((await buy(number, await authenticated(number))).code, expected, number);
    assert.equal((await buy(number, byMerchant)).code, '1A', number);
    const kept = (await buy(number, byMerchant, '3012', onFile)).code;
    assert.equal(kept, onSessionOnly.includes(number) ? '00' : '1A', number);
  }
});

test('a wrong CVC declines on one card, and only where one was given', async () => {
  assert.equal((await buy('4000000000000127')).code, '00');
  assert.equal((await buy('4000000000000127', { '92': '123' })).code, 'N7');
  assert.equal((await buy('4242424242424242', { '92': '1234' })).code, 'N7');
  assert.equal((await buy('378282246310005', { '92': '1234' })).code, '00');
});

test('checks of CVC and address are told, and decline nothing', async () => {
  const given = { '92': '123', '61': '12345', '62': '1 Main Street' };
  for (const [number, expected] of Object.entries(checks)) {
    const answer = await buy(number, given);
    assert.deepEqual([answer.code, answer.checks], ['00', expected], number);
    assert.equal((await buy(number)).checks, 'PPP', number);
  }
  assert.equal((await buy('4242424242424242', given)).checks, 'MYY');
});

test('numbers of no card, and cards out of date, are declined', async () => {
  assert.equal((await buy('4242424242424241')).code, '14');
  assert.equal((await buy('4242424242424242'.replace(/42$/, '26'))).code, '14');
  assert.equal((await buy('4242424242424242', {}, '2705')).code, '54');
  assert.equal((await buy('4242424242424242', {}, '2706')).code, '00');
});

type Notice = { type: string; rrn: string; number: number; dispute?: { reason: string } };
const newsSince = async (number: number): Promise<Notice[]> =>
  (await control.get<{ notices: Notice[] }>(`/acquirer/disputes?after=${number}&limit=1000`))
    .notices;

test('cards with something to come have it, and no other card has', async () => {
  await control.advance(60_000);
  const before = (await newsSince(0)).length;
  const rrns = new Map<string, string>();
  for (const { number } of testCards) {
    const { message, code } = await buy(number, await authenticated(number));
    if (code === '00') rrns.set(String(message.fields[37]), number);
  }
  await control.advance(60_000);
  const found = new Map<string, [string, string][]>();
  for (const { type, rrn, dispute } of await newsSince(before)) {
    const number = rrns.get(rrn) ?? rrn;
    found.set(number, [...(found.get(number) ?? []), [type, dispute?.reason ?? '']]);
  }
  assert.deepEqual(Object.fromEntries(found), disputes);
});

test('refunds that are documented to wait or to fail do so', async () => {
  const before = (await newsSince(0)).length;
  for (const number of ['4000000000007726', '4000000000005126', '4242424242424242']) {
    const { message } = await buy(number);
    count += 1;
    const isUnderWay = number === '4000000000007726';
    const answer = await gateway.ask(refund(count, message, 2_000));
    assert.equal(codeOf(answer), isUnderWay ? '09' : '00');
  }
  const at = (notices: readonly Notice[]) => notices.map(({ type }) => type);
  assert.deepEqual(at(await newsSince(before)), ['refund.pending']);
  await control.advance(5_000);
  assert.deepEqual(at(await newsSince(before)), [
    'refund.pending',
    'refund.settled',
    'refund.failed',
  ]);
  assert.deepEqual(await sandbox.checkBooks(), []);
});
