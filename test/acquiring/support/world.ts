// A gateway that pays through the direct connector, and the bank that it pays at: two databases, one TCP
// link, and the bank's own journal to judge by.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { provideVault, type Vault } from '#cards/vault';
import { present } from '#kit/assert';
import { type Clock, type Context, type Scope, systemNetwork } from '#kit/context';
import { newUuid, type Uuid } from '#kit/ids';
import type { AcquirerProfile, ProfileName } from '#rails/acquiring';
import {
  directoryOf,
  type FollowingRequest,
  type OpenRails,
  openRails,
  type PaymentRequest,
  provideDirectory,
  provideRails,
  type RailsSending,
} from '#rails/connectors';
import { type Change, loadOperation, usualGates } from '#rails/operations';
import type { LiveApproval } from '../../../sandbox/books/journal.ts';
import type { Sandbox, SandboxSettings } from '../../../sandbox/main.ts';
import { keep, testVault, vaultDatabase } from '../../../src/cards/vault/for-tests.ts';
import { asOwner, type TestContext, testAccount, testContext } from '../../../src/for-tests.ts';
import { temporaryFolder } from '../../../src/kit/context/for-tests.ts';
import { closedAtEnd } from '../../../src/kit/context/for-tests-end.ts';
import { modules, operationListeners } from '../../../src/modules.ts';
import {
  cardPayment,
  testConnectorAccount,
  testMaster,
  testPlaces,
} from '../../../src/rails/connectors/for-tests.ts';
import { newSandbox } from '../../sandbox/support/world.ts';
import { impatient, type Patience, quick } from './impatient.ts';

export { quick } from './impatient.ts';

const closing = closedAtEnd();

export const GOOD_CARD = '4242424242424242';

export type World = {
  readonly context: TestContext;
  readonly vaultUrl: string;
  readonly scope: Scope;
  readonly rails: OpenRails;
  readonly bank: Sandbox;
  readonly account: Uuid;
  readonly journalFolder: string;
  readonly folders: readonly [string, string];
  readonly vault: Vault;
  readonly changes: Change[];
  card(number?: string, more?: { cvc?: string; cvcFor?: string }): Promise<Uuid>;
  payment(card: Uuid, changes?: Partial<PaymentRequest>): PaymentRequest;
  send(sending: Partial<RailsSending> & Pick<RailsSending, 'kind' | 'request'>): Promise<Sent>;
  pay(given?: Pay): Promise<Sent>;
  follow(
    kind: 'capture' | 'void' | 'refund',
    original: Uuid,
    given?: Partial<RailsSending> & Partial<FollowingRequest>,
  ): Promise<Sent>;
  live(reference: string): readonly LiveApproval[];
  /** Looks at everything that is open, now and not when it is due. */
  resolve(rounds?: number): Promise<void>;
  letters(): Promise<Record<string, unknown>[]>;
  assertHealthy(): Promise<void>;
};

export type Sent = Extract<Awaited<ReturnType<OpenRails['send']>>, { ok: true }>;
export type Pay = Partial<RailsSending> & {
  readonly card?: string;
  readonly request?: PaymentRequest;
};

export type WorldSettings = {
  readonly sandbox?: Partial<SandboxSettings>;
  readonly profiles?: Record<ProfileName, AcquirerProfile>;
  readonly timeoutMs?: number;
  readonly patience?: Patience;
  /** Of the gateway; the bank has its own. */
  readonly clock?: Clock;
  /** Of the connector account, beside the usual ones. */
  readonly settings?: (bank: Sandbox) => Readonly<Record<string, unknown>>;
  /** Where the link leads, if not straight to the bank. */
  readonly port?: (bank: number) => Promise<number>;
};

export const newWorld = async (given: WorldSettings = {}): Promise<World> => {
  const on = await vaultDatabase();
  const context = await testContext({
    on,
    network: systemNetwork,
    ...(given.clock === undefined ? {} : { clock: given.clock }),
  });
  const { vault, folders } = await testVault({ on });
  provideVault(context, vault);
  const bank = await newSandbox(given.sandbox);
  const patience = given.patience ?? { timeoutMs: given.timeoutMs };
  const connector = impatient(given.profiles ?? quick(), patience);
  const changes: Change[] = [];
  const directory = directoryOf([connector], testMaster, testPlaces);
  provideDirectory(context, directory);
  const journalFolder = join(temporaryFolder('rails'), 'send-journal');
  const rails = await openRails(context, {
    directory,
    master: testMaster,
    journalFolder,
    listeners: [
      ...operationListeners,
      (_, __, change) => {
        changes.push(change);
        return Promise.resolve([]);
      },
    ],
    gates: { ...usualGates, failuresMax: 1e9, atOnceMax: 10_000 },
  });
  provideRails(context, rails);
  closing.push(() => rails.close());
  const scope = await testAccount(context);
  const port =
    given.port === undefined ? bank.ports.acquirer : await given.port(bank.ports.acquirer);
  const account = await testConnectorAccount(context, rails, scope, {
    connector: 'direct',
    settings: {
      host: '127.0.0.1',
      port,
      profile: given.sandbox?.dialect === 'bcd' ? 'sandbox-bcd' : 'sandbox-ascii',
      acquirer_id: '12345',
      terminal_id: 'TERM0001',
      merchant_id: 'MERCHANT0000001',
      merchant_category: '5999',
      ...given.settings?.(bank),
    },
  });
  const cards = new Map<string, Promise<Uuid>>();
  const seal = async (number: string, more: { cvc?: string; cvcFor?: string }): Promise<Uuid> => {
    const { cvc, cvcFor } = more;
    const plain = { number, expMonth: 12, expYear: 2034, ...(cvc === undefined ? {} : { cvc }) };
    return (await keep(vault, scope, plain, cvcFor)).card;
  };

  const world: World = {
    context,
    vaultUrl: on.vaultUrl,
    scope,
    rails,
    bank,
    account,
    journalFolder,
    folders,
    vault,
    changes,
    card: (number = GOOD_CARD, more) => {
      if (more !== undefined) return seal(number, more);
      const known = cards.get(number) ?? seal(number, {});
      cards.set(number, known);
      return known;
    },
    payment: (card, more = {}) =>
      cardPayment({
        method: {
          type: 'card',
          card,
          cvcFor: null,
          brand: 'visa',
          funding: 'credit',
          country: 'US',
        },
        ...more,
      }),
    send: async (sending) => {
      const sent = await rails.send(context, scope, {
        connectorAccountId: account,
        intentId: newUuid(context),
        ordinal: 1,
        attempt: 1,
        amount: 2_500n,
        currency: 'eur',
        ...sending,
      });
      assert.ok(sent.ok);
      return sent;
    },
    pay: async ({ card, ...more } = {}) =>
      world.send({
        kind: 'sale',
        request: world.payment(await world.card(card)),
        ...more,
      }),
    follow: async (kind, original, { isLast = true, reason = null, descriptor, ...more } = {}) =>
      world.send({
        kind,
        request: {
          original,
          isLast,
          reason,
          ...(descriptor === undefined ? {} : { descriptor }),
        },
        ...more,
      }),
    live: (reference) =>
      bank
        .journal()
        .liveApprovals()
        .filter(({ paymentReference }) => paymentReference === reference),
    resolve: (rounds = 50) => resolveAll(context, rails, rounds),
    letters: () => asOwner(context.on, 'select * from rails.dead_letters order by at'),
    assertHealthy: async () => {
      assert.deepEqual(await bank.checkBooks(), []);
      const gathered = modules.flatMap(({ name, checks = [] }) =>
        name.startsWith('rails/') ? checks : [],
      );
      for (const { name, text } of gathered) {
        assert.deepEqual(await asOwner(context.on, text), [], name);
      }
    },
  };
  return world;
};

/** Every operation that is open is looked at until none is, or so often. */
const resolveAll = async (
  context: TestContext,
  rails: OpenRails,
  rounds: number,
): Promise<void> => {
  // One that has found nothing more that is its turn rests for a moment: another does not.
  const lookOnce = async (): Promise<number> => {
    const resolver = rails.createResolver({ budget: { perSecond: 1e6, burst: 1e6 }, atOnce: 500 });
    const begun = await resolver.round();
    await resolver.idle();
    return begun;
  };
  const open = `select 1 as one from rails.operations where due_at is not null limit 1`;
  for (let round = 0; round < rounds; round += 1) {
    if ((await asOwner(context.on, open)).length === 0) return;
    await asOwner(
      context.on,
      `update rails.operations set due_at = now() - interval '1 second', leased_until = null,
              deadline_at = least(deadline_at, now()) where due_at is not null`,
    );
    while ((await lookOnce()) > 0);
  }
};

export const stateOf = async (context: Context, scope: Scope, id: Uuid): Promise<string> =>
  present(await loadOperation(context, scope, id), 'the operation').state;
