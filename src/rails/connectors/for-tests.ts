// Rails to test with: a merchant, connectors of the test's own, an account at each.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { present } from '#kit/assert';
import type { Context, Scope } from '#kit/context';
import { newUuid, type Uuid } from '#kit/ids';
import type { GateSettings } from '#rails/operations';
import { temporaryFolder } from '../../kit/context/for-tests.ts';
import { closedAtEnd } from '../../kit/context/for-tests-end.ts';
import { insertAccount } from './accounts.store.ts';
import type { Connector } from './connector.ts';
import { insertNextDay } from './day-ends.store.ts';
import { directoryOf, provideDirectory } from './directory.ts';
import { insertFeed } from './dispute-feeds.store.ts';
import type { Exchange } from './exchange.ts';
import { type OpenRails, openRails } from './open-rails.ts';
import type { Judge, Places } from './places.ts';
import type { OperationListener } from './rails.ts';
import { provideRails } from './rails-of.ts';
import type { PaymentRequest } from './request.ts';
import { readSettings, sealSettings } from './settings.ts';
import { insertSettlementFeed } from './settlement-feeds.store.ts';

export const testMaster = Buffer.alloc(32, 9);

/** Their other sides are on this machine. */
export const testPlaces: Places = {
  hosts: new Set(),
  unencrypted: new Set(),
  toLoopback: true,
};

/** Of an account that a test makes by hand. */
export const mayLeadHere: Judge = () => ({ ok: true, reach: 'loopback' });

const closing = closedAtEnd();

/** Closes by itself at the end of the test file; call it outside of hooks. */
export const testRails = async (
  context: Context,
  connectors: readonly Connector[],
  listeners: readonly OperationListener[] = [],
  more: {
    readonly timeoutMsMax?: number;
    readonly gates?: GateSettings;
    readonly record?: (exchange: Exchange) => void;
    /** That of another process, which has ended. */
    readonly journalFolder?: string;
    readonly isLiveSafe?: () => boolean;
    readonly places?: Places;
  } = {},
): Promise<OpenRails> => {
  const directory = directoryOf(connectors, testMaster, more.places ?? testPlaces);
  provideDirectory(context, directory);
  const rails = await openRails(context, {
    directory,
    master: testMaster,
    journalFolder: join(temporaryFolder('rails'), 'send-journal'),
    listeners,
    ...more,
  });
  provideRails(context, rails);
  closing.push(() => rails.close());
  return rails;
};

/** Every exchange as a file, masked: to be held against what the provider publishes. */
export const recordingInto = (folder: string): ((exchange: Exchange) => void) => {
  mkdirSync(folder, { recursive: true });
  return (exchange) =>
    writeFileSync(join(folder, `${exchange.id}.json`), `${JSON.stringify(exchange, null, 2)}\n`);
};

export const testConnectorAccount = async (
  context: Context,
  rails: OpenRails,
  scope: Scope,
  given: {
    readonly connector: string;
    readonly settings?: Readonly<Record<string, unknown>>;
    readonly priority?: number;
    readonly enabled?: boolean;
    readonly methods?: readonly string[];
  },
): Promise<Uuid> => {
  const { directory } = rails.parts;
  const { definition } = present(directory.connectors.get(given.connector), 'The connector');
  const id = newUuid(context);
  const read = readSettings(definition.settings, given.settings ?? {});
  if (!read.ok) throw new Error(`${read.field} ${read.why}`);
  const of = { id, connector: given.connector, definition };
  const account = {
    id,
    version: 1,
    connector: given.connector,
    label: 'A test',
    priority: given.priority ?? 1,
    enabled: given.enabled ?? true,
    deleted: false,
    methods: given.methods ?? null,
    ...sealSettings(context.random, directory.settingsKey, scope, of, read.settings),
  };
  await context.database.commit(scope, [
    insertAccount(scope, account),
    insertFeed(scope, id, context.clock.now()),
    insertNextDay(scope, { id, dueAtMs: context.clock.now() }),
    insertSettlementFeed(scope, { id, dueAtMs: context.clock.now() }),
  ]);
  return id;
};

export const cardPayment = (changes: Partial<PaymentRequest> = {}): PaymentRequest => ({
  method: {
    type: 'card',
    card: '00000000-0000-7000-8000-000000000000',
    cvcFor: null,
    brand: 'visa',
    funding: 'credit',
    country: null,
  },
  initiator: 'payer',
  credential: 'not_stored',
  firstNetworkTransactionId: null,
  authentication: null,
  descriptor: 'A SHOP',
  description: null,
  billing: null,
  payer: null,
  returnUrl: null,
  ...changes,
});
