import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { spellId } from '#kit/ids';
import { createLog } from '#kit/log';
import { manualClock } from '../context/for-tests.ts';

const lines = (format: 'json' | 'terminal' = 'json') => {
  const written: string[] = [];
  const log = createLog({
    format,
    level: 'debug',
    clock: manualClock(),
    write: (line) => written.push(line),
  });
  return { log, written };
};

describe('a line of the log', () => {
  test('is one line of Elastic Common Schema', () => {
    const { log, written } = lines();
    log.info({ requestId: 'req_1', status: 200, durationMs: 1.5 }, 'Answered');
    const line = JSON.parse(written[0] ?? '');
    assert.equal(line['log.level'], 'info');
    assert.equal(line.message, 'Answered');
    assert.equal(line['http.request.id'], 'req_1');
    assert.equal(line['http.response.status_code'], 200);
    assert.match(line['@timestamp'], /^\d{4}-\d\d-\d\dT/);
  });

  test('drops every field that is not on the list', () => {
    const { log, written } = lines();
    log.info({ body: { number: 'x' }, authorization: 'Bearer y', email: 'z@example.com' }, 'Asked');
    assert.doesNotMatch(written[0] ?? '', /body|authorization|email|example/);
  });

  test('names an account as the commands do', () => {
    const { log, written } = lines();
    const accountId = '01a22813-c17a-7000-8f01-8b33983359a9';
    log.info({ accountId }, 'Asked');
    log.info({ accountId: 'nobody' }, 'Asked');
    assert.deepEqual(
      written.map((line) => JSON.parse(line)['organization.id']),
      [spellId('acct', accountId), 'nobody'],
    );
  });

  test('masks card numbers and secrets wherever they stand', () => {
    const { log, written } = lines();
    log.error(
      {
        path: '/v1/x/4242424242424242',
        error: new Error('4000 0566-5566 5556 sk_test_abcdefgh12345678 pi_1_secret_abcdefghijk'),
        url: 'postgres://me:hunter2@db/x',
      },
      'card 378282246310005 key rk_live_ABCDEFGHIJ whsec_abcdefghijkl',
    );
    const [line = ''] = written;
    assert.doesNotMatch(line, /4242424242424242|4000 0566|378282246310005/);
    assert.doesNotMatch(line, /abcdefgh12345678|ABCDEFGHIJ|hunter2|whsec_abc|secret_abc/);
    assert.match(line, /\[card number\]/);
  });

  test('keeps numbers that are no card numbers', () => {
    const { log, written } = lines();
    log.info({}, 'order 4242424242424241 and time 1767225600000');
    assert.match(written[0] ?? '', /4242424242424241 and time 1767225600000/);
  });

  test('leaves out what a database error repeats of the values', () => {
    const { log, written } = lines();
    const error = Object.assign(new Error('duplicate key'), {
      code: '23505',
      detail: 'Key (email)=(a@b.c)',
    });
    log.error({ error }, 'Failed');
    assert.match(written[0] ?? '', /23505/);
    assert.doesNotMatch(written[0] ?? '', /a@b\.c/);
  });

  test('is calm on a terminal', () => {
    const { log, written } = lines('terminal');
    log.info({ port: 4242 }, 'Ready');
    assert.match(written[0] ?? '', /^\d\d:\d\d:\d\d info {2}Ready {2}port=4242\n$/);
  });
});
