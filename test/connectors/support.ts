// A merchant with an account at one provider, its other side, and the few moves all scenarios are made
// of. What really happened is asked of the other side, never of our own database.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { provideVault, type Vault } from '#cards/vault';
import { type Scope, systemNetwork } from '#kit/context';
import { newUuid, spellId, type Uuid } from '#kit/ids';
import {
  type Connector,
  type FollowingRequest,
  isCard,
  listLines,
  type OpenRails,
  type PaymentRequest,
  type SettlementRow,
  type StoredLine,
} from '#rails/connectors';
import {
  conclude,
  loadKnown,
  loadOperation,
  type Operation,
  type OperationState,
  usualGates,
} from '#rails/operations';
import { testVault, vaultDatabase } from '../../src/cards/vault/for-tests.ts';
import { asOwner, type TestContext, testAccount, testContext } from '../../src/for-tests.ts';
import { temporaryFolder } from '../../src/kit/context/for-tests.ts';
import {
  cardPayment,
  recordingInto,
  testConnectorAccount,
  testRails,
} from '../../src/rails/connectors/for-tests.ts';
import type {
  OtherSide,
  OtherSideStarter,
  SentWebhook,
  SuiteCard,
} from '../../src/rails/connectors/for-tests-suite.ts';
import { hearOfSettlements } from '../../src/rails/connectors/hear-of-settlements.ts';
import { learnFromWebhooks } from '../../src/rails/connectors/learn-from-webhooks.ts';
import { openAccount } from '../../src/rails/connectors/port.ts';
import { receiveWebhook } from '../../src/rails/connectors/receive-webhook.ts';
import { assertConcluded } from '../../src/rails/operations/for-tests-checks.ts';
import { bookMovements } from '../support/book-movements.ts';

/** Null where a folder has no other side for the suite. */
export const otherSideOf = async (name: string): Promise<OtherSideStarter | null> => {
  const file = fileURLToPath(new URL(`../../src/rails/psp/${name}/for-tests.ts`, import.meta.url));
  if (!existsSync(file)) return null;
  const { otherSide } = (await import(pathToFileURL(file).href)) as {
    readonly otherSide?: OtherSideStarter;
  };
  return otherSide ?? null;
};

export type Following = 'increment' | 'capture' | 'void' | 'refund';

export type Stage = {
  readonly context: TestContext;
  readonly scope: Scope;
  readonly other: OtherSide;
  readonly rails: OpenRails;
  pay(kind: 'authorize' | 'sale' | 'verify', given?: Given): Promise<Operation>;
  /** With the way to pay that sends its payer away. */
  payAway(): Promise<Operation>;
  /** Where the payer has to go, as it was told. */
  actionOf(operation: Operation): Promise<string | null>;
  follow(kind: Following, original: Operation, given?: Given): Promise<Operation>;
  /** Rounds of the resolver until it is one of these. */
  resolve(operation: Operation, until: readonly OperationState[]): Promise<Operation>;
  /** As it stands now. */
  look(operation: Operation): Promise<Operation>;
  receive(webhook: SentWebhook): Promise<number>;
  /** What the worker makes of what has come in. */
  learn(): Promise<void>;
  stored(): Promise<number>;
  /** Rows of the report of the other side; null where the connector reads none. */
  report(): Promise<readonly SettlementRow[] | null>;
  /** What the worker makes of what the provider says it settled; null where it cannot be asked. */
  hearOfSettlements(): Promise<readonly StoredLine[] | null>;
  /** Everything concluded as its evidence says, and nothing refused as unknown by the other side. */
  end(): Promise<void>;
};

export type Given = {
  readonly amount?: bigint;
  readonly card?: SuiteCard;
  readonly intentId?: Uuid;
  readonly ordinal?: number;
  /** Gives up early, for calls that are not answered. */
  readonly isHasty?: boolean;
  readonly isLast?: boolean;
};

/** These tests fail more often than a breaker bears. */
const gates = { ...usualGates, failuresMax: 1_000_000 };
const HASTY_MS = 700;
const ATTEMPTS_MAX = 50;
const ROUNDS_MAX = 60;

/** Call it outside of hooks. */
export const stageOf = async (connector: Connector, starter: OtherSideStarter): Promise<Stage> => {
  const on = await vaultDatabase();
  const { vault } = await testVault({ on });
  const context = await testContext({ on, network: systemNetwork });
  provideVault(context, vault);
  const scope = await testAccount(context);
  const recordings = join(temporaryFolder('exchanges'), connector.definition.name);
  const record = recordingInto(recordings);
  const hasty = await testRails(context, [connector], [], {
    gates,
    record,
    timeoutMsMax: HASTY_MS,
  });
  const rails = await testRails(context, [connector], [], { gates, record });
  const other = await starter.start();
  const { name } = connector.definition;
  const given = { connector: name, settings: other.settings };
  const account = await testConnectorAccount(context, rails, scope, given);
  const resolver = rails.createResolver({ budget: { perSecond: 1_000, burst: 1_000 } });

  const sendWith = async (
    kind: 'authorize' | 'sale' | 'verify' | Following,
    request: PaymentRequest | FollowingRequest,
    { intentId = newUuid(context), ordinal = 1, amount = 2_500n, isHasty = false }: Given,
  ): Promise<Operation> => {
    for (let attempt = 1; ; attempt += 1) {
      const sent = await (isHasty ? hasty : rails).send(context, scope, {
        connectorAccountId: account,
        kind,
        intentId,
        ordinal,
        attempt,
        amount: kind === 'verify' ? 0n : amount,
        currency: other.currency,
        request,
      });
      assert.ok(sent.ok, 'It was sent');
      // The time of who is hasty may be over before anything left: then nothing was lost, and it is asked again.
      if (!isHasty || sent.operation.state !== 'not_sent') return sent.operation;
      assert.ok(attempt < ATTEMPTS_MAX, 'Nothing leaves this machine');
    }
  };

  const look = async ({ id }: Operation): Promise<Operation> => {
    const operation = await loadOperation(context, scope, id);
    assert.ok(operation);
    return operation;
  };

  return {
    context,
    scope,
    other,
    rails,
    look,
    pay: async (kind, asked = {}) =>
      sendWith(
        kind,
        await paymentWith(context, vault, scope, asked.card ?? other.cards.approved),
        asked,
      ),
    payAway: async () => {
      const { away } = other;
      assert.ok(away);
      const { method: _, ...rest } = cardPayment();
      const request: PaymentRequest = {
        ...rest,
        method: away.method,
        billing: { ...nobody, name: 'Jenny Rosen', email: 'jenny@example.com' },
        returnUrl: 'https://pay.test/returned',
      };
      return sendWith('sale', request, {});
    },
    actionOf: async ({ id }) => {
      const known = await loadKnown(context, scope, id);
      assert.ok(known);
      return conclude(known.operation, known.evidence).told?.action?.url ?? null;
    },
    follow: (kind, original, asked = {}) =>
      sendWith(
        kind,
        { original: original.id, isLast: asked.isLast ?? true, reason: null },
        { intentId: original.intentId, amount: original.amount, ...asked },
      ),
    resolve: async (operation, until) => {
      for (let round = 1; round <= ROUNDS_MAX; round += 1) {
        await makeDue(context);
        await resolver.round();
        await resolver.idle();
        await Promise.all([...rails.parts.outgoing.late, ...hasty.parts.outgoing.late]);
        const now = await look(operation);
        if (until.includes(now.state)) return now;
        await context.clock.sleep(50);
      }
      const { state, code } = await look(operation);
      assert.fail(`It stayed ${state} (${code}) and never became ${until.join(' or ')}`);
    },
    receive: async (webhook) => {
      const to = { connector: name, account: spellId('cna', account) };
      const raw = { ...webhook, url: `https://pay.test/v1/connect/${name}/${to.account}` };
      return (await receiveWebhook(rails.parts, context, to, raw)).status;
    },
    learn: async () => {
      await asOwner(
        context.on,
        `update rails.inbound_webhooks set due_at = now() - interval '1 minute' where state = 1`,
      );
      await learnFromWebhooks(rails.parts, context);
    },
    stored: async () => {
      const [row] = await asOwner(context.on, 'select count(*) as n from rails.inbound_webhooks');
      return Number(row?.['n']);
    },
    report: async () => {
      const reader = rails.parts.functions.get(name)?.settlement;
      const text = await other.settle?.();
      if (reader === undefined || text === undefined) return null;
      const opened = await openAccount(rails.parts, context, scope, account);
      return reader.read(text, opened.account);
    },
    hearOfSettlements: async () => {
      if (rails.parts.functions.get(name)?.settlement?.poll === undefined) return null;
      await asOwner(
        context.on,
        `update rails.settlement_feeds set due_at = now() - interval '1 second'`,
      );
      await bookMovements(context);
      // Two workers at once: what both read is stored and heard once.
      const round = () => hearOfSettlements(rails.parts, context);
      while ((await Promise.all([round(), round()])).some((looked) => looked > 0));
      return listLines(context, scope, { onlyForPerson: false, limit: 10_000 });
    },
    end: async () => {
      await Promise.all([...rails.parts.notes.pending, ...hasty.parts.notes.pending]);
      await assertConcluded(context);
      await assertNothingToldOfCards(context, other, recordings);
      assert.deepEqual(other.refusals ?? [], [], 'The other side knows every request');
    },
  };
};

const nobody = { name: null, email: null, line1: null, postalCode: null, country: null };

const makeDue = (context: TestContext): Promise<unknown> =>
  asOwner(
    context.on,
    `update rails.operations set due_at = now() - interval '1 minute',
            deadline_at = least(deadline_at, now() - interval '1 minute'), leased_until = null
      where due_at is not null`,
  );

const paymentWith = async (
  context: TestContext,
  vault: Vault,
  scope: Scope,
  { number, expMonth, expYear, cvc }: SuiteCard,
): Promise<PaymentRequest> => {
  const plain = { number, expMonth, expYear, cvc };
  const received = await vault.receiveCard(context, { scope, card: plain });
  assert.ok(received.ok);
  const cvcFor = newUuid(context);
  const sealed = await vault.sealCard(context, { scope, received: received.received, cvcFor });
  assert.ok(sealed.ok);
  const blank = cardPayment();
  assert.ok(isCard(blank.method));
  return {
    ...blank,
    method: { ...blank.method, card: sealed.card, cvcFor },
    returnUrl: 'https://shop.example.com/back',
  };
};

/** Neither the exchanges that are kept nor anything else of the rails holds a number or a code. */
const assertNothingToldOfCards = async (
  context: TestContext,
  other: OtherSide,
  recordings: string,
): Promise<void> => {
  const { approved, declined, actionRequired } = other.cards;
  const all = [
    approved,
    ...declined.map(({ card }) => card),
    ...(actionRequired ? [actionRequired] : []),
  ];
  const tables = ['operations', 'evidence', 'requests', 'exchanges', 'connector_accounts'];
  const texts: [string, string][] = [];
  for (const table of tables) {
    const rows = await asOwner(context.on, `select * from rails.${table}`);
    const spell = (_: string, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value;
    texts.push([table, JSON.stringify(rows, spell)]);
  }
  for (const file of readdirSync(recordings)) {
    texts.push([file, readFileSync(join(recordings, file), 'utf8')]);
  }
  for (const [where, text] of texts) {
    for (const { number } of all) assert.ok(!text.includes(number), `${where} holds a card number`);
    assert.doesNotMatch(text, aCode, `${where} holds a code`);
    for (const value of Object.values(other.settings)) {
      if (typeof value === 'string' && /^(?:sk|whsec)/.test(value)) {
        assert.ok(!text.includes(value), `${where} holds a secret`);
      }
    }
  }
};

const aCode = /(?:cvc|cvv|security)[^&,]{0,12}[=:]\W{0,3}\d{3}/i;
