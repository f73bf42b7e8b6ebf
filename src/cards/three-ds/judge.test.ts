import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { judge } from './judge.ts';
import { readAres, readRreq, type Said } from './messages.ts';

const ID = '019a0000-0000-7000-8000-000000000001';
const ACS = '019a0000-0000-4000-8000-000000000002';
const DS = '019a0000-0000-4000-8000-000000000003';
const CAVV = 'AAECAwQFBgcICQoLDA0ODxAREhM=';

const said = (more: Partial<Said>): Said => ({
  transStatus: 'Y',
  acsTransactionId: ACS,
  directoryTransactionId: DS,
  eci: '05',
  cavv: CAVV,
  ...more,
});

describe('what follows from what a bank said', () => {
  const table: readonly (readonly [
    name: string,
    brand: string,
    Partial<Said>,
    event: string,
    why: string | undefined,
  ])[] = [
    ['yes', 'visa', {}, 'complete', undefined],
    ['yes, of Mastercard', 'mastercard', { eci: '02' }, 'complete', undefined],
    ['yes, without its indicator', 'visa', { eci: null }, 'complete', undefined],
    ['yes, without its value', 'visa', { cavv: null }, 'find_impossible', 'proof_malformed'],
    [
      'yes, with the indicator of an attempt',
      'visa',
      { eci: '06' },
      'find_impossible',
      'proof_malformed',
    ],
    [
      'yes, with the indicator of nothing',
      'visa',
      { eci: '07' },
      'find_impossible',
      'proof_malformed',
    ],
    ['attempted', 'visa', { transStatus: 'A', eci: '06' }, 'complete', undefined],
    [
      'attempted, as if authenticated',
      'visa',
      { transStatus: 'A', eci: '05' },
      'find_impossible',
      'proof_malformed',
    ],
    ['informed', 'visa', { transStatus: 'I', eci: '07', cavv: null }, 'complete', undefined],
    ['no', 'visa', { transStatus: 'N', eci: null, cavv: null }, 'fail', 'not_authenticated'],
    ['no, with a value', 'visa', { transStatus: 'N' }, 'fail', 'not_authenticated'],
    ['rejected', 'visa', { transStatus: 'R', eci: null, cavv: null }, 'fail', 'rejected'],
    [
      'cannot say',
      'visa',
      { transStatus: 'U', eci: null, cavv: null },
      'find_impossible',
      'bank_unavailable',
    ],
    ['challenge', 'visa', { transStatus: 'C', eci: null, cavv: null }, 'challenge', undefined],
    [
      'asks elsewhere',
      'visa',
      { transStatus: 'D', eci: null, cavv: null },
      'find_impossible',
      'asked_elsewhere',
    ],
  ];
  for (const [name, brand, more, event, why] of table) {
    test(`${name}: ${event}`, () => {
      const step = judge(said(more), brand, (cavv) => `sealed ${cavv.length}`, {});
      assert.equal(step.event, event);
      assert.equal(step.learned?.why, why);
      const isProof = step.event === 'complete' && more.cavv === undefined;
      assert.equal(step.learned?.cavv ?? null, isProof ? 'sealed 28' : null);
    });
  }

  test('an indicator that was left out is that of the brand', () => {
    const eciOf = (brand: string, transStatus: 'Y' | 'A') =>
      judge(said({ transStatus, eci: null }), brand, String, {}).learned?.eci;
    assert.deepEqual(
      [eciOf('visa', 'Y'), eciOf('visa', 'A'), eciOf('mastercard', 'Y'), eciOf('mastercard', 'A')],
      ['05', '06', '02', '01'],
    );
  });
});

describe('a message from outside', () => {
  const ares = (more: Record<string, unknown> = {}) => ({
    messageType: 'ARes',
    messageVersion: '2.2.0',
    threeDSServerTransID: ID,
    acsTransID: ACS,
    dsTransID: DS,
    transStatus: 'Y',
    eci: '05',
    authenticationValue: CAVV,
    ...more,
  });
  const malformed: readonly (readonly [string, Record<string, unknown>])[] = [
    ['of another kind', { messageType: 'RReq' }],
    ['about another transaction', { threeDSServerTransID: ACS }],
    ['without the number of the bank', { acsTransID: undefined }],
    ['without the number of the directory server', { dsTransID: 'x' }],
    ['without a status', { transStatus: undefined }],
    ['with two statuses', { transStatus: ['Y', 'N'] }],
    ['with a value that is too long', { authenticationValue: `${CAVV}AAAA` }],
    ['with a value that is a number', { authenticationValue: 5 }],
    ['with an indicator of three digits', { eci: '005' }],
    ['of an older protocol', { messageVersion: '1.0.2' }],
    ['that wants a challenge nowhere', { transStatus: 'C', acsURL: undefined }],
    ['that wants a challenge in a script', { transStatus: 'C', acsURL: 'javascript:alert(1)' }],
    ['that wants a challenge at no URL', { transStatus: 'C', acsURL: 'https://[bank' }],
    ['that wants a challenge at no host', { transStatus: 'C', acsURL: 'https://' }],
    [
      'whose host is a rule of our page',
      { transStatus: 'C', acsURL: 'https://bank.example;sandbox' },
    ],
  ];
  for (const [name, more] of malformed) {
    test(`${name} is malformed`, () => {
      assert.deepEqual(readAres(ID, ares(more)), { kind: 'malformed' });
    });
  }
  test('as it should be is read', () => {
    assert.deepEqual(readAres(ID, ares()), {
      kind: 'said',
      said: said({}),
      version: '2.2.0',
      acsUrl: null,
    });
    assert.deepEqual(readAres(ID, { messageType: 'Erro', errorCode: '305' }), {
      kind: 'error',
      code: '305',
    });
  });
  test('that wants a challenge is read with its address', () => {
    for (const acsURL of ['https://acs.bank.example:8443/a?b=c', 'https://[2001:db8::1]/']) {
      const answered = readAres(ID, ares({ transStatus: 'C', acsURL }));
      assert.equal(answered.kind === 'said' ? answered.acsUrl : answered.kind, acsURL);
    }
  });
  test('tells whether the holder gave up or was too slow', () => {
    const rreq = (challengeCancel: string) =>
      readRreq(ID, { ...ares(), messageType: 'RReq', transStatus: 'N', challengeCancel });
    assert.equal(rreq('01')?.isCancelled, true);
    assert.equal(rreq('04')?.isTimedOut, true);
    assert.equal(rreq('04')?.isCancelled, false);
  });
});
