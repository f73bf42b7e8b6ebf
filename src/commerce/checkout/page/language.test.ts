import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deliveryTime } from './delivery-time.ts';
import { chooseLanguage, languageTags } from './index.ts';
import { en } from './locales/en.ts';
import { textsOf } from './locales/index.ts';
import { wordsIn } from './words.ts';

describe('the language of the page', () => {
  for (const [lang, preferred, acceptLanguage, chosen] of [
    [null, null, null, 'en'],
    [null, null, 'de-AT,de;q=0.9,en;q=0.8', 'de'],
    [null, null, 'xx, fr;q=0.2, it;q=0.7', 'it'],
    [null, null, 'en;q=0, es', 'es'],
    [null, 'ja', 'de', 'ja'],
    ['ar', 'ja', 'de', 'ar'],
    ['nothing', null, 'pl', 'pl'],
    ['zh-TW', null, null, 'zh-Hant'],
    ['zh', null, null, 'zh-Hans'],
    ['pt', null, null, 'pt-BR'],
    ['EN_us', null, null, 'en'],
    ['iw', null, null, 'he'],
  ] as const) {
    test(`is ${chosen} for ?lang=${lang}, a merchant's ${preferred}, a browser's ${acceptLanguage}`, () => {
      assert.equal(chooseLanguage({ lang, preferred, acceptLanguage }), chosen);
    });
  }

  const placesOf = (text: string): string =>
    [...text.matchAll(/\{\w+\}/g)].map(String).toSorted().join();

  for (const tag of languageTags) {
    test(`${tag} has every sentence, with the same places to fill`, () => {
      const texts = textsOf(tag);
      assert.deepEqual(Object.keys(texts).toSorted(), Object.keys(en).toSorted());
      for (const [key, text] of Object.entries(texts)) {
        assert.notEqual(text.trim(), '', key);
        assert.equal(placesOf(text), placesOf(en[key as keyof typeof en]), key);
      }
    });
  }

  test('no other language is English in disguise', () => {
    for (const tag of languageTags.filter((tag) => tag !== 'en')) {
      const texts = textsOf(tag);
      const same = Object.keys(en).filter(
        (key) => texts[key as keyof typeof en] === en[key as keyof typeof en],
      );
      assert.ok(same.length <= 8, `${tag}: ${same.join(', ')}`);
    }
  });

  test('a delivery takes so long as its forms of number say it', () => {
    type Bound = NonNullable<Parameters<typeof deliveryTime>[0]>['min'];
    const days = (value: number): Bound => ({ unit: 'business_day', value });
    const told = (tag: (typeof languageTags)[number], min: Bound, max: Bound) =>
      deliveryTime({ min, max }, wordsIn(tag));
    for (const [tag, min, max, expected] of [
      ['en', days(3), days(5), '3–5 business days'],
      ['en', days(1), days(1), '1 business day'],
      ['en', null, days(2), 'Up to 2 business days'],
      ['en', days(4), null, 'At least 4 business days'],
      ['en', { unit: 'hour', value: 2 }, { unit: 'hour', value: 3 }, '2–3 hours'],
      ['de', { unit: 'day', value: 1 }, { unit: 'week', value: 2 }, '1 Tag – 2 Wochen'],
      ['pl', days(2), days(4), '2–4 dni robocze'],
      ['pl', days(3), days(5), '3–5 dni roboczych'],
      ['ru', null, days(21), 'Максимум 21 рабочий день'],
      ['ar', days(3), days(5), '3–5 أيام عمل'],
      ['ja', days(3), days(5), '3～5営業日'],
    ] as const) {
      assert.equal(told(tag, min, max), expected);
    }
    assert.equal(told('en', null, null), null);
  });

  test('amounts have the digits of their currency, everywhere from left to right', () => {
    const shown = (
      tag: (typeof languageTags)[number],
      amount: bigint,
      currency: string,
      digits: number,
    ) =>
      wordsIn(tag)
        .money(amount, { currency, digits })
        .replaceAll(/[\u00a0\u202f]/g, ' ')
        .replaceAll(/[\u200e\u200f\u061c]/g, '');
    assert.equal(shown('en', 6890n, 'eur', 2), '€68.90');
    assert.equal(shown('de', 6890n, 'eur', 2), '68,90 €');
    assert.equal(
      shown('ja', 6890n, 'jpy', 0),
      '¥6,890'.replace('¥', shown('ja', 1n, 'jpy', 0)[0] ?? ''),
    );
    assert.equal(shown('en', 5120n, 'kwd', 3), 'KWD 5.120');
    assert.match(shown('ar', 6890n, 'eur', 2), /68\.90/);
    assert.match(wordsIn('ar').sum(6890n, { currency: 'eur', digits: 2 }).text, /^<bdi dir="ltr"/);
  });
});
