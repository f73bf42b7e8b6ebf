import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { responseCodes } from './for-tests-response-codes.ts';
import { type CodeClass, codeMeanings, inCountry, meaningOf } from './response-code.ts';

const classesOfNo: ReadonlySet<CodeClass> = new Set([
  'funds',
  'issuer',
  'card_data',
  'authentication',
  'pick_up',
  'stop_order',
  'merchant',
  'away',
  'state',
]);

describe('a response code', () => {
  for (const [code, says] of responseCodes) {
    test(`${code} (${says}) has a meaning`, () => {
      const meaning = codeMeanings.get(code);
      assert.ok(meaning);
      assert.equal(classesOfNo.has(meaning.class), meaning.reason !== undefined);
    });
  }

  test('of the table is one that hosts use', () => {
    for (const code of codeMeanings.keys()) assert.ok(responseCodes.has(code), code);
  });

  test('after which the money may have moved is no no', () => {
    for (const code of ['06', '09', '19', '20', '21', '22', '68', '69', '94', '96']) {
      assert.equal(codeMeanings.get(code)?.class, 'unsure', code);
    }
  });

  test('that takes the card away is never tried again', () => {
    for (const [code, { class: kind, advice }] of codeMeanings) {
      if (kind === 'pick_up' || kind === 'stop_order') {
        assert.equal(advice, 'do_not_try_again', code);
      }
    }
  });

  test('that nobody knows has no meaning, and a profile may read one otherwise', () => {
    assert.equal(meaningOf({}, 'ZZ'), undefined);
    assert.equal(meaningOf({}, 'toString'), undefined);
    assert.equal(meaningOf({ ZZ: { class: 'unsure' } }, 'ZZ')?.class, 'unsure');
    assert.equal(meaningOf({ '05': { class: 'unsure' } }, '05')?.class, 'unsure');
  });

  test('65 asks for the holder in the European Economic Area, and is a limit elsewhere', () => {
    const meaning = codeMeanings.get('65');
    assert.ok(meaning);
    assert.equal(inCountry('65', meaning, 'FR').reason, 'authentication_required');
    assert.equal(inCountry('65', meaning, 'US').reason, 'withdrawal_count_limit_exceeded');
    assert.equal(inCountry('65', meaning, null).reason, 'withdrawal_count_limit_exceeded');
  });
});
