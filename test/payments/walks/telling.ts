// A provider that tells of everything by notices, and not always in order: late, twice, or of what is long past.

import assert from 'node:assert/strict';
import { atEnd } from '../../../src/kit/context/for-tests-end.ts';
import type { FaultName } from '../../../src/rails/connectors/for-tests-suite.ts';
import {
  apiKey,
  type Simulator,
  startSimulator,
  webhookSecret,
} from '../../../src/rails/psp/stripe/for-tests-simulator.ts';
import { formOf } from '../../support/ask.ts';
import type { TestGateway } from '../../support/gateway.ts';

/** As it is told, whenever that arrives. */
type Notice = { readonly type: string; readonly id: string; readonly object: object };

export type Teller = {
  readonly settings: Readonly<Record<string, string>>;
  /** What the provider did since it was last looked at is to be told. */
  readonly note: () => void;
  readonly notices: readonly Notice[];
  /** Says what became of it; a new name makes a new notice of the same. */
  readonly tell: (notice: Notice, name?: string) => Promise<void>;
  /** The next of each kind of call fails like that; with none it is itself again. */
  readonly disturb: (fault: FaultName | null) => void;
  /** A refund that had succeeded comes back. */
  readonly failRefund: (reference: string) => boolean;
  readonly bookOf: (references: readonly string[]) => Book;
  /** It refused nothing as a request that it does not know. */
  readonly refusals: readonly string[];
  path: string;
};

export type Book = { readonly held: number; readonly captured: number; readonly refunded: number };

const types: Readonly<Record<string, string>> = {
  requires_capture: 'payment_intent.amount_capturable_updated',
  succeeded: 'payment_intent.succeeded',
  canceled: 'payment_intent.canceled',
  requires_payment_method: 'payment_intent.payment_failed',
};

const operations = ['authorize', 'sale', 'capture', 'void', 'refund'] as const;

export const openTeller = async (gateway: TestGateway, nowMs: () => number): Promise<Teller> => {
  const simulator = await startSimulator({ nowMs });
  atEnd(() => simulator.close());
  const notices: Notice[] = [];
  const told = new Map<string, string>();

  const keep = (id: string, type: string | undefined, object: object): void => {
    const spelled = JSON.stringify(object);
    if (type === undefined || told.get(id) === spelled) return;
    told.set(id, spelled);
    notices.push({ type, id: `evt_${notices.length}`, object: JSON.parse(spelled) as object });
  };

  const teller: Teller = {
    settings: { secret_key: apiKey, webhook_secret: webhookSecret, api_base: simulator.url },
    path: '',
    notices,
    refusals: simulator.refusals,
    note: () => {
      for (const intent of simulator.intents.values()) {
        keep(intent.id, types[intent.status], simulator.render(intent, false));
      }
      for (const refund of simulator.refunds.values()) {
        const type = refund.status === 'failed' ? 'refund.failed' : 'refund.updated';
        keep(refund.id, type, { object: 'refund', ...refund });
      }
    },
    tell: async ({ id, type, object }, name = id) => {
      const body = JSON.stringify({ id: name, object: 'event', type, data: { object } });
      const headers = { 'stripe-signature': simulator.sign(body) };
      const { status, text } = await gateway.ask('POST', teller.path, { bytes: body, headers });
      assert.equal(status, 200, text);
    },
    disturb: (fault) => {
      simulator.calm();
      if (fault !== null) for (const on of operations) simulator.play(fault, on);
    },
    failRefund: (reference) => {
      const found = refundsOf(simulator, [reference]).find(({ status }) => status === 'succeeded');
      if (found === undefined) return false;
      Object.assign(found, { status: 'failed', failure_reason: 'expired_or_canceled_card' });
      return true;
    },
    bookOf: (references) => {
      const intents = intentsOf(simulator, references);
      const sum = (of: readonly number[]): number => of.reduce((total, each) => total + each, 0);
      const given = refundsOf(simulator, references).filter(({ status }) => status !== 'failed');
      return {
        held: sum(
          intents.map(({ status, amount }) => (status === 'requires_capture' ? amount : 0)),
        ),
        captured: sum(intents.map(({ amount_received: received }) => received)),
        refunded: sum(given.map(({ amount }) => amount)),
      };
    },
  };
  return teller;
};

const intentsOf = ({ intents }: Simulator, references: readonly string[]) =>
  [...intents.values()].filter(({ metadata }) =>
    references.includes(metadata['tollgate_reference'] ?? ''),
  );

const refundsOf = (simulator: Simulator, references: readonly string[]) => {
  const ids = new Set(intentsOf(simulator, references).map(({ id }) => id));
  return [...simulator.refunds.values()].filter(({ payment_intent: of }) => ids.has(of));
};

/** As a merchant does it who has an account there. */
export const openAccountWith = async (
  gateway: TestGateway,
  key: string,
  teller: Teller,
): Promise<void> => {
  const form = formOf({ connector: 'stripe', settings: teller.settings });
  const { status, body, text } = await gateway.ask('POST', '/v1/connector_accounts', { key, form });
  assert.equal(status, 200, text);
  teller.path = body.webhook_path;
};
