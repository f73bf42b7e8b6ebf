// What mails say, in every language. The golden file holds them word for word: read its difference.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { Letter } from './letter.ts';
import { directionOf, type Locale, languages, localeFor, locales, wordsOf } from './locales.ts';
import { samples } from './samples.ts';
import { writeMail } from './write-mail.ts';

const golden = new URL('./golden.txt', import.meta.url);

const everyMail = (): string =>
  locales
    .flatMap((locale) =>
      Object.values(samples).map((letter) => {
        const { subject, text } = writeMail(letter, locale);
        return `=== ${letter.template} ${locale}\n${subject}\n\n${text}`;
      }),
    )
    .join('\n');

test('every mail in every language is the one written down for review', () => {
  if (process.env['UPDATE_GOLDEN'] === '1' || !existsSync(golden))
    writeFileSync(golden, everyMail());
  assert.equal(everyMail(), readFileSync(golden, 'utf8'));
});

describe('a language', () => {
  test('has every word, puts in what English puts in, and leaves no word in English by accident', () => {
    const master = languages.en;
    const places = (sentence: string): string[] => (sentence.match(/\{\w+\}/g) ?? []).toSorted();
    for (const locale of locales) {
      const words = wordsOf(locale);
      assert.deepEqual(Object.keys(words).toSorted(), Object.keys(master).toSorted(), locale);
      let same = 0;
      for (const key of Object.keys(master) as (keyof typeof master)[]) {
        assert.deepEqual(places(words[key]), places(master[key]), `${locale} ${key}`);
        assert.equal(words[key], words[key].trim(), `${locale} ${key}`);
        assert.ok(words[key] !== '', `${locale} ${key}`);
        if (words[key] === master[key]) same += 1;
      }
      if (locale !== 'en') assert.ok(same <= 2, `${locale} shares ${same} words with English`);
    }
  });

  test('is found by the wish, by its parent, or is English', () => {
    for (const [wishes, expected] of [
      [['de-AT'], 'de'],
      [['xx', 'fr-CA'], 'fr'],
      [['es_MX'], 'es'],
      [['DE'], 'de'],
      [[null, undefined, ''], 'en'],
      [['auto'], 'en'],
      [['xx-yy-zz'], 'en'],
    ] as const) {
      assert.equal(localeFor(wishes), expected, String(wishes));
    }
  });
});

describe('a mail', () => {
  test('is the same bytes however often it is written, and loads nothing from anywhere', () => {
    for (const locale of locales) {
      for (const letter of Object.values(samples)) {
        const mail = writeMail(letter, locale);
        assert.deepEqual(mail, writeMail(structuredClone(letter), locale));
        assert.doesNotMatch(
          mail.html,
          /<(?:img|link|script|iframe|object|video|form)\b|url\(|@import|src=/i,
        );
        assert.match(mail.html, new RegExp(`<html lang="${locale}" dir="${directionOf(locale)}">`));
        assert.match(mail.html, /prefers-color-scheme:dark/);
        assert.doesNotMatch(mail.html + mail.text, /\{\w+\}|undefined|NaN|\bnull\b/);
        assert.doesNotMatch(mail.subject, /[\r\n]/);
      }
    }
  });

  test('shows what payers and merchants typed as text, whatever it is', () => {
    const nasty = `"><script>alert(1)</script><img src=x onerror=alert(1)>&'`;
    const letter: Letter = {
      ...samples.payment_receipt,
      template: 'payment_receipt',
      sender: {
        name: `Evil\r\nBcc: all@example.com ${nasty}`,
        supportEmail: null,
        supportUrl: null,
      },
      description: nasty,
      statementDescriptor: nasty,
    } as Letter;
    for (const locale of locales) {
      const { html, subject, text } = writeMail(letter, locale);
      assert.doesNotMatch(html, /<script|<img|onerror=alert\(1\)>(?!&)/);
      assert.ok(html.includes('&lt;script&gt;'));
      assert.doesNotMatch(subject, /[\r\n]/);
      assert.doesNotMatch(text, /^Bcc:/m);
    }
  });

  test('cannot be turned round by a name of the other direction', () => {
    const name = 'abc\u202edef';
    const letter = {
      ...samples.payment_receipt,
      sender: { ...samples.payment_receipt.sender, name },
    };
    assert.doesNotMatch(writeMail(letter as Letter, 'en').subject, /\u202e/);
  });

  test('of a refusal says no more than that the bank refused, where more would help a thief', () => {
    const { html } = writeMail({ ...samples.payment_failed, reason: 'declined' } as Letter, 'en');
    assert.match(html, /The bank did not accept the payment\. You have not been charged\./);
  });

  test('while we do not know says neither that it failed nor that it was paid', () => {
    const { text } = writeMail(samples.payment_checking, 'en');
    assert.match(text, /Please do not pay/);
    assert.doesNotMatch(text, /failed|declined|not been charged|succeeded/i);
  });

  test('writes amounts with the decimals of their currency', () => {
    for (const [currency, amount, expected] of [
      ['jpy', 1_234, '¥1,234'],
      ['kwd', 1_234, 'KWD 1.234'],
      ['eur', 1_234, '€12.34'],
    ] as const) {
      const letter = { ...samples.payment_receipt, amount, currency } as Letter;
      const { text } = writeMail(letter, 'en' satisfies Locale);
      assert.ok(text.replaceAll(/\s/gu, ' ').includes(expected), `${currency}: ${text}`);
    }
  });
});
