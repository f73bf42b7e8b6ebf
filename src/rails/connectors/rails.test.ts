import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { Type } from 'typebox';
import type { Scope } from '#kit/context';
import { Unavailable, Unclear } from '#kit/failure';
import { NoAnswer, NotSent } from '#kit/http-client';
import { newUuid, spellId, type Uuid } from '#kit/ids';
import { type Change, loadOperation, type Outcome } from '#rails/operations';
import { asOwner, type TestContext, testAccount, testContext } from '../../for-tests.ts';
import type { Call, Connector, Definition, Said } from './connector.ts';
import { cardPayment, testConnectorAccount, testRails } from './for-tests.ts';
import { learnFromWebhooks } from './learn-from-webhooks.ts';
import type { OpenRails } from './open-rails.ts';
import type { RailsSending } from './rails.ts';
import { receiveWebhook } from './receive-webhook.ts';
import type { FollowingRequest, PaymentRequest } from './request.ts';

type AnyCall = Call<PaymentRequest | FollowingRequest>;

/** What the connectors below were asked, and what they are to say to it. */
const calls: { what: string; call: AnyCall }[] = [];
let says: (call: AnyCall) => Promise<Outcome>;
let notice: () => readonly Said[] = () => [];
/** Of whoever writes because of what is learned. */
let failure: Error | null = null;

const approve = async ({ operation }: AnyCall): Promise<Outcome> => ({
  outcome: 'approved',
  amount: operation.amount,
  currency: operation.currency,
  reference: operation.reference,
  providerId: 'theirs_1',
});
const hear = (what: string) => (call: AnyCall) => {
  calls.push({ what, call });
  return says(call);
};

const definition: Definition = {
  name: 'paper',
  title: 'Paper',
  verified: 'none',
  modes: ['test'],
  methods: [{ type: 'card', brands: ['visa'], currencies: ['eur'], countries: 'all' }],
  operations: {
    authorize: {
      recovery: [{ class: 'A', windowMs: 86_400_000 }, { class: 'B' }],
      timeoutMs: 20_000,
    },
    capture: { recovery: [{ class: 'A', windowMs: 86_400_000 }], timeoutMs: 20_000 },
  },
  settings: Type.Object({ secret: Type.String({ secret: true }), shop: Type.String() }),
};
const paper: Connector = {
  definition,
  open: () => ({
    authorize: hear('authorize'),
    capture: hear('capture'),
    lookUp: hear('lookUp'),
    webhook: {
      verify: ({ body }) => ({ ok: true, eventId: body.toString() }),
      read: () => notice(),
    },
  }),
};
const silver: Connector = {
  ...paper,
  definition: {
    ...definition,
    name: 'silver',
    methods: [{ type: 'card', currencies: 'all', countries: 'all' }],
  },
};

/** For what is never answered in time. */
const hasty: Connector = {
  ...paper,
  definition: {
    ...definition,
    name: 'hasty',
    operations: { authorize: { recovery: [{ class: 'B' }], timeoutMs: 400 } },
  },
};

let context: TestContext;
let rails: OpenRails;
let scope: Scope;
let account: Uuid;
const heard: Change[] = [];
const contextReady = testContext();
const railsReady = contextReady.then((ready) =>
  testRails(
    ready,
    [paper, silver, hasty],
    [
      async (_, __, change) => {
        if (failure !== null) throw failure;
        heard.push(change);
        return [];
      },
    ],
  ),
);
const settings = { secret: 'dont tell', shop: 'S1' };

before(async () => {
  [context, rails] = [await contextReady, await railsReady];
  scope = await testAccount(context);
  account = await testConnectorAccount(context, rails, scope, { connector: 'paper', settings });
});

const sending = (changes: Partial<RailsSending> = {}): RailsSending => ({
  connectorAccountId: account,
  kind: 'authorize',
  intentId: newUuid(context),
  ordinal: 1,
  attempt: 1,
  amount: 1_200n,
  currency: 'eur',
  request: cardPayment(),
  ...changes,
});

const send = async (changes: Partial<RailsSending> = {}) => {
  calls.length = 0;
  heard.length = 0;
  const sent = await rails.send(context, scope, sending(changes));
  assert.ok(sent.ok);
  return sent;
};

describe('candidates', () => {
  test('are accounts in the order the merchant wants, that can do what is wanted', async () => {
    const mine = await testAccount(context);
    const add = (connector: string, priority: number, enabled = true) =>
      testConnectorAccount(context, rails, mine, { connector, settings, priority, enabled });
    const second = await add('paper', 20);
    const first = await add('silver', 10);
    await add('paper', 1, false);
    const ask = async (changes: object) => {
      const wanted = {
        operation: 'authorize',
        method: 'card',
        currency: 'eur',
        ...changes,
      } as const;
      const found = await rails.candidates(mine, wanted);
      return found.map((each) => each.connectorAccountId);
    };

    assert.deepEqual(await ask({ brand: 'visa' }), [first, second]);
    assert.deepEqual(await ask({ brand: 'mastercard' }), [first]);
    assert.deepEqual(await ask({ currency: 'jpy' }), [first]);
    assert.deepEqual(await ask({ operation: 'refund' }), []);
    assert.deepEqual(await ask({ method: 'paypal' }), []);
    const live = { ...mine, livemode: true };
    assert.deepEqual(
      await rails.candidates(live, { operation: 'authorize', method: 'card', currency: 'eur' }),
      [],
    );
  });
});

describe('sending', () => {
  test('calls the function with open settings, and commits what is learned', async () => {
    says = approve;
    const { operation, conclusion } = await send();

    assert.equal(operation.state, 'approved');
    assert.equal(conclusion.providerId, 'theirs_1');
    assert.deepEqual(
      calls.map(({ what }) => what),
      ['authorize'],
    );
    assert.deepEqual(calls[0]?.call.account.settings, settings);
    assert.deepEqual(
      heard.map(({ after }) => after.state),
      ['approved'],
    );
    const stored = await loadOperation(context, scope, operation.id);
    assert.equal(stored?.state, 'approved');
  });

  test('goes by the account as it was chosen for a second, and then by what has become of it', async () => {
    says = approve;
    const mine = await testAccount(context);
    const id = await testConnectorAccount(context, rails, mine, { connector: 'paper', settings });
    const wanted = { operation: 'authorize', method: 'card', currency: 'eur' } as const;
    const [candidate] = await rails.candidates(mine, wanted);
    assert.ok(candidate);
    await asOwner(
      context.on,
      `update rails.connector_accounts set deleted = true, enabled = false, secrets = '' where id = $1`,
      [id],
    );
    const sendLater = async (ms: number) => {
      const { clock } = context;
      const later = {
        ...context,
        clock: { ...clock, monotonicMs: () => clock.monotonicMs() + ms },
      };
      const sent = await rails.send(later, mine, sending({ connectorAccountId: id, candidate }));
      return sent.ok && [sent.operation.state, sent.operation.code];
    };
    assert.deepEqual(await sendLater(0), ['approved', null]);
    assert.deepEqual(await sendLater(1_000), ['not_sent', 'account_gone']);
    // Who knows it by its name alone is told at once.
    const sent = await rails.send(context, mine, sending({ connectorAccountId: id }));
    assert.equal(sent.ok && sent.operation.code, 'account_gone');
  });

  test('counts that second from when the account was read, and not from when it was chosen', async () => {
    says = approve;
    const mine = await testAccount(context);
    const id = await testConnectorAccount(context, rails, mine, { connector: 'paper', settings });
    const read = await rails.accounts(mine)();
    const longAgo = async () => ({ ...read, readMs: read.readMs - 1_000 });
    const wanted = { operation: 'authorize', method: 'card', currency: 'eur' } as const;
    const [candidate] = await rails.candidates(mine, wanted, longAgo);
    assert.ok(candidate);
    await asOwner(
      context.on,
      `update rails.connector_accounts set deleted = true, enabled = false, secrets = '' where id = $1`,
      [id],
    );
    const sent = await rails.send(context, mine, sending({ connectorAccountId: id, candidate }));
    assert.equal(sent.ok && sent.operation.code, 'account_gone');
  });

  test('gives a capture the payment that it follows, and what is known of it', async () => {
    says = approve;
    const payment = await send();
    const { operation } = await send({
      kind: 'capture',
      amount: 700n,
      request: { original: payment.operation.id, isLast: true, reason: null },
    });
    assert.equal(operation.state, 'approved');
    const original = calls[0]?.call.original;
    assert.equal(original?.operation.id, payment.operation.id);
    assert.equal(original.conclusion.providerId, 'theirs_1');
    assert.deepEqual(original.request, cardPayment());
  });

  test('is refused beside another attempt that may be alive', async () => {
    says = approve;
    const intentId = newUuid(context);
    await send({ intentId });
    const again = await rails.send(context, scope, sending({ intentId, attempt: 2 }));
    assert.deepEqual(again, { ok: false, code: 'not_alone' });
    assert.equal(calls.length, 1);
  });

  test('is not sent when the connector has no such function', async () => {
    const { operation } = await send({ kind: 'refund' });
    assert.equal(operation.state, 'not_sent');
    assert.equal(operation.code, 'not_supported');
    assert.deepEqual(calls, []);
  });

  test('says not sent only when that was proven, and unknown of every other end', async () => {
    const ends: readonly (readonly [Error, string, string])[] = [
      [new NotSent('refused'), 'not_sent', 'refused'],
      [new NoAnswer('reset'), 'unknown', 'reset'],
      [new TypeError('a bug'), 'unknown', 'failed'],
    ];
    for (const [error, state, code] of ends) {
      says = async () => {
        throw error;
      };
      const { operation } = await send();
      assert.deepEqual([operation.state, operation.code], [state, code]);
    }
  });

  test('is not sent when the settings of the account were moved from another', async () => {
    const other = await testConnectorAccount(context, rails, scope, {
      connector: 'paper',
      settings,
    });
    await asOwner(
      context.on,
      `update rails.connector_accounts a set secrets = b.secrets from rails.connector_accounts b
        where a.id = '${other}' and b.id = '${account}'`,
    );
    says = approve;
    const { operation } = await send({ connectorAccountId: other });
    assert.deepEqual([operation.state, operation.code], ['not_sent', 'not_ready']);
    assert.deepEqual(calls, []);
  });

  test('tells the caller of what is learned in time, and listeners of what comes late as well', async () => {
    let answer = (): void => {};
    says = async (call) => {
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      return approve(call);
    };
    const told: Change[] = [];
    const { operation } = await send({
      connectorAccountId: await testConnectorAccount(context, rails, scope, {
        connector: 'hasty',
        settings,
      }),
      writes: (change) => {
        told.push(change);
        return [];
      },
    });
    assert.equal(operation.state, 'unknown');
    answer();
    await Promise.all(rails.parts.outgoing.late);

    assert.equal((await loadOperation(context, scope, operation.id))?.state, 'approved');
    assert.deepEqual(
      told.map(({ after }) => after.state),
      ['unknown'],
    );
    assert.deepEqual(
      heard.map(({ after }) => after.state),
      ['unknown', 'approved'],
    );
  });
});

describe('the recovery of what is not known', () => {
  // The breaker of the first account has seen failures enough.
  before(async () => {
    account = await testConnectorAccount(context, rails, scope, { connector: 'paper', settings });
  });
  const lose = async (): Promise<Outcome> => {
    throw new NoAnswer('reset');
  };
  const resolveNow = async (): Promise<void> => {
    await asOwner(
      context.on,
      `update rails.operations set due_at = now() - interval '1 minute', leased_until = null
        where due_at is not null`,
    );
    calls.length = 0;
    heard.length = 0;
    says = approve;
    const resolver = rails.createResolver();
    for (let rounds = 0; rounds < 20 && (await resolver.round()) > 0; rounds += 1) {
      await resolver.idle();
    }
  };

  test('sends a capture again, and asks what became of a card payment: cards are sent once', async () => {
    says = approve;
    const payment = await send();
    says = lose;
    const { operation: lostPayment } = await send();
    const request = { original: payment.operation.id, isLast: true, reason: null };
    const { operation: lostCapture } = await send({ kind: 'capture', request });
    await resolveNow();

    const asked = calls.map(({ what, call }) => [what, call.operation.id]);
    assert.ok(asked.some(([what, id]) => what === 'lookUp' && id === lostPayment.id));
    assert.ok(asked.some(([what, id]) => what === 'capture' && id === lostCapture.id));
    assert.ok(!asked.some(([what]) => what === 'authorize'));
    for (const { id } of [lostPayment, lostCapture]) {
      assert.equal((await loadOperation(context, scope, id))?.state, 'approved');
      assert.ok(heard.some(({ after }) => after.id === id && after.state === 'approved'));
    }
  });

  test('sends a payment without a card again under the same key', async () => {
    says = lose;
    const { operation } = await send({
      request: cardPayment({ method: { type: 'bank', data: {} } }),
    });
    await resolveNow();
    const again = calls.find(({ call }) => call.operation.id === operation.id);
    assert.equal(again?.what, 'authorize');
    assert.equal(again.call.operation.providerKey, operation.providerKey);
  });
});

test('an old webhook is never taken for unreadable where it is ours to record it, and counts once it is', async () => {
  says = async () => {
    throw new NoAnswer('reset');
  };
  const { operation } = await send();
  const approval = await approve({ operation } as AnyCall);
  notice = () => [{ of: { reference: operation.reference }, says: approval }];
  const to = { connector: 'paper', account: spellId('cna', account) };
  const raw = { body: Buffer.from('evt_1'), headers: {}, url: 'https://pay.test/' };
  assert.equal((await receiveWebhook(rails.parts, context, to, raw)).status, 200);
  const learn = async () => {
    await asOwner(
      context.on,
      `update rails.inbound_webhooks set due_at = now() - interval '1 minute', leased_until = null,
              received_at = now() - interval '4 days'`,
    );
    await learnFromWebhooks(rails.parts, context);
    const text = 'select state, tries, subject from rails.inbound_webhooks';
    const [row] = await asOwner(context.on, text);
    return [row?.['state'], row?.['tries'], row?.['subject']];
  };

  failure = new Unavailable('Away');
  assert.deepEqual(await learn(), [1, 0, null]);
  failure = new Unclear('Perhaps');
  assert.deepEqual(await learn(), [1, 0, null]);
  failure = new NotSent('account_gone');
  assert.deepEqual(await learn(), [1, 1, operation.reference], 'A person sees what it says');
  failure = null;
  assert.deepEqual(await learn(), [2, 2, operation.reference]);
  assert.equal((await loadOperation(context, scope, operation.id))?.state, 'approved');
});

test('nothing that is sealed stands in the database in clear', async () => {
  const rows = await asOwner(context.on, 'select * from rails.connector_accounts');
  assert.ok(rows.length > 0);
  const everything = JSON.stringify(rows) + rows.map((row) => String(row['secrets'])).join();
  assert.ok(!everything.includes('dont tell'));
  assert.ok(everything.includes('S1'));
});
