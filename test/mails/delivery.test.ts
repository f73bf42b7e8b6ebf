// What becomes of mails when things go wrong: a server that says no, is gone, or a worker that dies
// between handing a mail in and writing that down.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { newUuid } from '#kit/ids';
import { asOwner, testAccount, testContext } from '../../src/for-tests.ts';
import { crashPoints } from '../../src/kit/context/crash-points.ts';
import { type MailSink, startMailSink } from '../../src/outward/notifications/for-tests-sink.ts';
import type { Mail } from '../../src/outward/notifications/mail.ts';
import { insertMail, leaseMails, loadMail } from '../../src/outward/notifications/mails.store.ts';
import { module } from '../../src/outward/notifications/module.ts';
import { TRIES_MAX } from '../../src/outward/notifications/schedule.ts';
import { sendMails } from '../../src/outward/notifications/send-mails.ts';
import { provideMail } from '../../src/outward/notifications/settings-of.ts';
import { samples } from '../../src/outward/notifications/templates/index.ts';
import { environmentFor, temporaryData } from '../support/gateway.ts';
import { runToItsEnd, startProcess } from '../support/process.ts';

const context = await testContext();
const scope = await testAccount(context, true);

const serverAt = (port: number) => ({
  host: '127.0.0.1',
  port,
  isSecure: false,
  isLoopback: true,
  login: null,
});

const use = (port: number | null): void =>
  provideMail(context, {
    server: port === null ? null : serverAt(port),
    from: { name: '', address: 'receipts@pay.example' },
    alsoInTestMode: false,
  });

const owe = async (to = 'jenny@example.com', of = scope): Promise<string> => {
  const mail: Mail = {
    id: newUuid(context),
    letter: { ...samples.payment_receipt, isTest: false } as Mail['letter'],
    locale: 'en',
    to,
    about: 'ch_0000000000000000000000',
    resendOf: null,
    state: 'waiting',
    attempts: 0,
    dueAtMs: context.clock.now() - 1_000,
    leaseEpoch: 0,
    tries: [],
  };
  await context.database.commit(of, [insertMail(of, mail)]);
  return mail.id;
};

const sendDue = async (): Promise<boolean> =>
  sendMails(context, await leaseMails(context, { atMost: 20, leaseMs: 60_000, holder: null }));
const dueAgain = () =>
  asOwner(
    context.on,
    `update outward.mails set due_at = now() - interval '1 second', leased_until = null where state = 1`,
  );
const read = async (id: string): Promise<Mail> => {
  const mail = await loadMail(context, scope, id);
  assert.ok(mail);
  return mail;
};
const idsOf = (sink: MailSink): string[] =>
  sink.taken.map(({ message }) => /^Message-ID: (.*)$/m.exec(message)?.[1]?.trim() ?? '');

describe('a mail', () => {
  test('that is on its way when the worker stops is noted before the database is closed', async () => {
    const sink = await startMailSink();
    use(sink.port);
    const id = await owe();
    for (const { run } of module.rounds()) await run(context);
    await module.idle(context);
    assert.equal((await read(id)).state, 'sent');
  });

  test('that the server will never take is given up at once, and the one behind it goes', async () => {
    const sink = await startMailSink({ says: { RCPT: '550 no such user' } });
    use(sink.port);
    const id = await owe();
    assert.equal(await sendDue(), true);
    const refused = await read(id);
    assert.deepEqual([refused.state, refused.attempts, refused.dueAtMs], ['given_up', 1, null]);
    assert.deepEqual(
      refused.tries.map(({ code, error }) => [code, error]),
      [[550, 'no such user']],
    );
  });

  test('that cannot be written fails alone, and those behind it go', async () => {
    const sink = await startMailSink();
    use(sink.port);
    const unwritten = await owe();
    await asOwner(
      context.on,
      `update outward.mails set letter = '{"kind":"unheard_of"}' where id = $1`,
      [unwritten],
    );
    const others = [await owe(), await owe()];
    assert.equal(await sendDue(), true);
    const { state, attempts } = await read(unwritten);
    assert.deepEqual([state, attempts], ['waiting', 1]);
    for (const id of others) assert.equal((await read(id)).state, 'sent');
    assert.equal(sink.taken.length, 2);
    await asOwner(context.on, 'delete from outward.mails where id = $1', [unwritten]);
  });

  test('that is not taken now is tried again until there are no more tries', async () => {
    const sink = await startMailSink({ says: { 'DATA.': '451 later' } });
    use(sink.port);
    const id = await owe();
    for (let tries = 1; tries <= TRIES_MAX; tries += 1) {
      await dueAgain();
      await sendDue();
      const { state, attempts, dueAtMs } = await read(id);
      assert.deepEqual([state, attempts], [tries === TRIES_MAX ? 'given_up' : 'waiting', tries]);
      assert.equal(dueAtMs === null, tries === TRIES_MAX);
    }
    assert.deepEqual(sink.taken, []);
  });

  test('whose server hangs up after the last byte goes again as the same mail', async () => {
    const sink = await startMailSink({ hangsUpAtEnd: true });
    use(sink.port);
    const id = await owe();
    assert.equal(await sendDue(), false);
    assert.equal((await read(id)).state, 'waiting');
    sink.behave({});
    await dueAgain();
    await sendDue();
    assert.equal((await read(id)).state, 'sent');
    assert.equal(sink.taken.length, 2);
    assert.deepEqual(sink.taken[0]?.message, sink.taken[1]?.message);
  });

  for (const [how, saysLast] of [
    ['says that it closes it', '421 that was enough'],
    ['hangs up', undefined],
  ] as const) {
    test(`that is one too many for its connection, where the server ${how}, goes over a new one`, async () => {
      const sink = await startMailSink({
        mailsMax: 2,
        ...(saysLast === undefined ? {} : { saysLast }),
      });
      use(sink.port);
      const ids = [await owe(), await owe(), await owe(), await owe(), await owe()];
      assert.equal(await sendDue(), true);
      for (const id of ids) {
        const { state, attempts } = await read(id);
        assert.deepEqual([state, attempts], ['sent', 1], 'Nothing was refused');
      }
      assert.deepEqual([sink.taken.length, sink.connections()], [5, 3]);
    });
  }

  test('at which the server hangs up each time costs no other a try', async () => {
    const sink = await startMailSink({ hangsUpOn: 'odd@example.com' });
    use(sink.port);
    const first = await owe();
    const odd = await owe('odd@example.com');
    const others = [await owe(), await owe()];
    assert.equal(await sendDue(), true);
    for (const id of [first, ...others]) {
      assert.deepEqual([(await read(id)).state, (await read(id)).attempts], ['sent', 1]);
    }
    assert.deepEqual([(await read(odd)).state, (await read(odd)).attempts], ['waiting', 1]);
    await asOwner(context.on, 'delete from outward.mails where id = $1', [odd]);
  });

  test('that is due while the server hangs up at each is put off without a connection of its own', async () => {
    const sink = await startMailSink({ mailsMax: 0 });
    use(sink.port);
    const ids = [await owe(), await owe(), await owe(), await owe()];
    assert.equal(await sendDue(), false);
    for (const id of ids) {
      assert.deepEqual([(await read(id)).state, (await read(id)).attempts], ['waiting', 1]);
    }
    assert.equal(sink.connections(), 2);
    await asOwner(context.on, 'delete from outward.mails where id = any($1)', [ids]);
  });

  test('without a server, or in test mode, is kept and never sent', async () => {
    use(null);
    const id = await owe();
    assert.equal(await sendDue(), true);
    assert.deepEqual([(await read(id)).state, (await read(id)).tries], ['kept', []]);

    const sink = await startMailSink();
    use(sink.port);
    const testScope = { ...scope, livemode: false };
    const other = await owe('jenny@example.com', testScope);
    await sendDue();
    assert.equal((await loadMail(context, testScope, other))?.state, 'kept');
    assert.equal(sink.connections(), 0);
  });

  test('under a lease that another worker has taken over is not noted twice', async () => {
    const sink = await startMailSink();
    use(sink.port);
    const id = await owe();
    const first = await leaseMails(context, { atMost: 20, leaseMs: 60_000, holder: null });
    await dueAgain();
    const second = await leaseMails(context, { atMost: 20, leaseMs: 60_000, holder: null });
    await sendMails(context, first);
    assert.deepEqual(sink.taken, []);
    await sendMails(context, second);
    assert.equal((await read(id)).attempts, 1);
    assert.equal(sink.taken.length, 1);
  });
});

describe('a mail that a worker holds', () => {
  test('is sent by another one when the worker has died, and the dead one sends nothing', async () => {
    const sink = await startMailSink();
    use(sink.port);
    const id = await owe();
    const [holder, stranger] = [newUuid(context), newUuid(context)];
    const lease = { atMost: 20, leaseMs: 600_000, holder: null };
    const first = await leaseMails(context, { ...lease, holder });
    assert.equal(first.length, 1);

    await context.database.system((tx) => module.takeOver(tx, [stranger]));
    assert.deepEqual(await leaseMails(context, lease), []);
    await context.database.system((tx) => module.takeOver(tx, [holder]));
    const second = await leaseMails(context, lease);
    assert.equal(second.length, 1);
    await sendMails(context, first);
    assert.deepEqual(sink.taken, []);
    await sendMails(context, second);
    assert.equal((await read(id)).state, 'sent');
    assert.equal(sink.taken.length, 1);
  });

  test('is not begun any more when nobody could tell that the worker lives', async () => {
    const sink = await startMailSink();
    use(sink.port);
    const id = await owe();
    const leased = await leaseMails(context, { atMost: 20, leaseMs: 600_000, holder: null });
    await sendMails(context, leased, () => false);
    assert.deepEqual(sink.taken, []);
    assert.equal((await read(id)).attempts, 0);
    await dueAgain();
    await sendDue();
  });
});

describe('a worker', () => {
  test('killed between handing in and writing that down sends the same mail again', async () => {
    const sink = await startMailSink();
    const environment = {
      ...environmentFor(context.on, temporaryData()),
      TOLLGATE_SMTP_URL: `smtp://127.0.0.1:${sink.port}`,
      TOLLGATE_MAIL_FROM: 'receipts@pay.example',
    };
    const id = await owe();
    const { code } = await runToItsEnd({
      ...environment,
      TOLLGATE_CRASH_AT: String(crashPoints['mail.sent']),
    });
    assert.equal(code, null);
    assert.equal((await read(id)).state, 'waiting');
    assert.equal(sink.taken.length, 1);

    await dueAgain();
    const living = await startProcess(environment);
    await sink.until(2);
    for (let tries = 0; (await read(id)).state !== 'sent'; tries += 1) {
      assert.ok(tries < 2_400, 'It was not noted.');
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    assert.equal(await living.stop(), 0);
    assert.deepEqual(idsOf(sink), [`<${id}@pay.example>`, `<${id}@pay.example>`]);
    assert.equal(sink.taken[0]?.message, sink.taken[1]?.message);
  });
});
