// What payers read of a try that came to nothing, and what is left in the API's words for who made the page.

import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';

const { inTheirWords } = await import(
  new URL('../../web/elements/requests.js', import.meta.url).href
);

const SECRET = 'seti_1_secret_2';
const english = 'The payment method pm_1 was not kept.';
const texts = { payment_method_unexpected_state: 'Ein Fehler', other: 'Fragen Sie Ihre Bank' };
const asked: string[] = [];
const { fetch } = globalThis;

beforeEach(() => {
  asked.length = 0;
  Object.assign(globalThis, {
    document: { documentElement: { lang: 'de' } },
    fetch: (url: string) => {
      asked.push(url);
      return Promise.resolve(Response.json(texts));
    },
  });
});
after(() => Object.assign(globalThis, { fetch, document: undefined }));

const refusal = (code: string, more: object = {}) => ({
  type: 'invalid_request_error',
  code,
  decline_code: null,
  message: english,
  ...more,
});
const unkept = refusal('payment_method_unexpected_state');

test('a card that could not be kept is told of in the language of the page', async () => {
  const told = { ...unkept, setup_intent: { last_setup_error: unkept } };
  assert.equal((await inTheirWords(told, SECRET)).message, 'Ein Fehler');
  // As the page over the question of the bank reads it in the setup itself.
  assert.equal((await inTheirWords({ ...unkept }, SECRET, true)).message, 'Ein Fehler');
  assert.match(asked[0] ?? '', /lang=de&mode=setup/);
});

test('what a page asked for wrongly stays in the words of the API', async () => {
  const setup_intent = { last_setup_error: null };
  const wrong = refusal('setup_intent_unexpected_state', { setup_intent });
  for (const each of [wrong, refusal('resource_missing')]) {
    assert.equal((await inTheirWords(each, SECRET)).message, english);
  }
  assert.deepEqual(asked, []);
});
