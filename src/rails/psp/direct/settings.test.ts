import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSettings } from '../../connectors/settings.ts';
import { exemptionTermsOf, holderTermsOf, settings, settingsOf } from './settings.ts';

const given = {
  host: 'bank.example.com',
  port: '8583',
  acquirer_id: '12345',
  terminal_id: 'TERM0001',
  merchant_id: 'MERCHANT0000001',
  merchant_category: '5999',
};
const asking = {
  directory_url: 'https://directory.example.com/',
  acquirer_bin: '412345',
  merchant_name: 'Fern & Ford',
  merchant_country: 'DE',
};

test('without a directory server nobody is asked', () => {
  const read = readSettings(settings, given);
  assert.ok(read.ok);
  assert.equal(holderTermsOf(settingsOf(read.settings)), null);
});

test('with one the merchant is complete', () => {
  const read = readSettings(settings, { ...given, ...asking });
  assert.ok(read.ok);
  assert.deepEqual(holderTermsOf(settingsOf(read.settings)), {
    directoryServer: asking.directory_url,
    merchant: {
      id: 'MERCHANT0000001',
      name: 'Fern & Ford',
      mcc: '5999',
      country: 'DE',
      acquirerBin: '412345',
    },
  });
});

for (const missing of ['acquirer_bin', 'merchant_name', 'merchant_country']) {
  test(`or is refused by the name of what is missing: ${missing}`, () => {
    assert.deepEqual(readSettings(settings, { ...given, ...asking, [missing]: null }), {
      ok: false,
      field: missing,
      why: 'is missing: directory_url needs it',
    });
  });
}

test('why a holder need not be asked is said where the country of the merchant is known', () => {
  const termsOf = (more: Record<string, unknown>) => {
    const read = readSettings(settings, { ...given, ...more });
    assert.ok(read.ok);
    return exemptionTermsOf(settingsOf(read.settings));
  };
  assert.equal(termsOf({}), null);
  const terms = { merchantCountry: 'DE', riskAnalysisMax: null, by: 'authorization' };
  assert.deepEqual(termsOf({ merchant_country: 'DE' }), terms);
  assert.deepEqual(termsOf({ merchant_country: 'DE', risk_analysis_max: '250' }), {
    ...terms,
    riskAnalysisMax: 25_000n,
  });
});

test('an analysis of risk needs a country, and a limit that the law knows', () => {
  assert.deepEqual(readSettings(settings, { ...given, risk_analysis_max: 100 }), {
    ok: false,
    field: 'merchant_country',
    why: 'is missing: risk_analysis_max needs it',
  });
  for (const max of [0, 501]) {
    const read = readSettings(settings, { ...given, ...asking, risk_analysis_max: max });
    assert.ok(!read.ok && read.field === 'risk_analysis_max');
  }
});

test('an address that is none of the web is refused', () => {
  for (const field of ['directory_url', 'disputes_url', 'merchant_url']) {
    const read = readSettings(settings, { ...given, ...asking, [field]: 'ftp://bank' });
    assert.ok(!read.ok && read.field === field);
  }
});
