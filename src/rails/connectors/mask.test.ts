import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { maskBody, maskHeaders, maskText } from './mask.ts';

const number = '4242424242424242';
const hidden = ['a p&ss"word', number, '123', 'key-of-theirs'];

describe('of an exchange nobody can read', () => {
  const cases: readonly (readonly [what: string, text: string, gone: string])[] = [
    ['a card number in a form', `card[number]=${number}&x=1`, number],
    ['a card number in groups', '{"note":"4242 4242 4242 4242"}', '4242 4242'],
    ['a card number that the call did not know of', 'pan=5555555555554444', '55555555'],
    ['a code in a form', 'card%5Bcvc%5D=123&amount=5', '=123'],
    ['a code in JSON', '{"code":"123"}', '123'],
    ['a code that the call did not know of', 'payment[card][cvc]=987&x=1', '987'],
    ['a secret as it is', 'password is a p&ss"word', 'p&ss'],
    ['a secret in a form', `p=${encodeURIComponent('a p&ss"word')}`, 'ss%22word'],
    ['a secret in JSON', JSON.stringify({ p: 'a p&ss"word' }), 'word'],
    ['a secret in Basic authentication', Buffer.from('key-of-theirs:').toString('base64'), 'a2V5'],
    ['a field that is called a secret', '{"client_secret": "abcdef", "n": 1}', 'abcdef'],
    ['a token that came back', '{"access_token":"zzzzzz"}', 'zzzzzz'],
  ];
  for (const [what, text, gone] of cases) {
    test(what, () => {
      const masked = maskText(text, hidden);
      assert.ok(!masked.includes(gone), masked);
    });
  }

  test('a header that authenticates', () => {
    const masked = maskHeaders(
      { authorization: 'Bearer x1', 'x-api-key': 'x2', date: 'today' },
      [],
    );
    assert.ok(!/x1|x2/.test(masked));
    assert.match(masked, /date: today/);
  });
});

test('a field whose name ends as one that is called a secret', () => {
  const masked = maskText(
    '{"x-client_token" : "abc", card_pan=def&my[api_key]=ghi&tokens=kept',
    [],
  );
  assert.equal(masked, '{"x-client_token" : "****", card_pan=****&my[api_key]=****&tokens=kept');
});

test('what is no secret stays readable', () => {
  const text = '{"amount":12345,"currency":"eur","status":"succeeded","id":"pi_1"}';
  assert.equal(maskText(text, hidden), text);
});

test('a body is bounded, and bytes that are no text are only counted', () => {
  assert.ok(maskBody('x'.repeat(3_000_000), []).length < 17_000);
  assert.equal(maskBody(Buffer.from([0xff, 0xfe, 0x00]), []), '(3 bytes)');
  assert.equal(maskBody(undefined, []), '');
});
