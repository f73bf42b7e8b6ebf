// Where walks go: a gateway, the bank it pays at, a clock over both, and merchants, each with a terminal of its own.

import assert from 'node:assert/strict';
import { provideThreeDs } from '#cards/three-ds';
import type { FaultRule } from '../../../sandbox/faults/fault.ts';
import { type Sandbox, startSandbox } from '../../../sandbox/main.ts';
import { asOwner } from '../../../src/for-tests.ts';
import { atEnd } from '../../../src/kit/context/for-tests-end.ts';
import { modules } from '../../../src/modules.ts';
import { connector as stripe } from '../../../src/rails/psp/stripe/index.ts';
import { hurried, impatient, quick } from '../../acquiring/support/impatient.ts';
import { type Control, controlOf } from '../../sandbox/support/control.ts';
import { newSettings } from '../../sandbox/support/world.ts';
import { formOf } from '../../support/ask.ts';
import {
  environmentFor,
  startGatewayHere,
  type TestGateway,
  temporaryData,
} from '../../support/gateway.ts';
import { type Death, mortalWorkers } from './mortal.ts';
import { openAccountWith, openTeller, type Teller } from './telling.ts';

const PATIENT_MS = 10_000;
/** How long an answer is waited for while some never come. */
const HASTY_MS = 250;

/** What is read of them may be read by two: one of them writes. Where money moves, a lease is waited out. */
const toldHere = ['rails.dispute_feeds', 'rails.dispute_notices', 'rails.inbound_webhooks'];

export type Seller = {
  readonly key: string;
  readonly account: string;
  /** Null: it is paid at the bank. */
  readonly teller: Teller | null;
};

export type Town = {
  readonly bank: Sandbox;
  readonly holder: Control;
  readonly gateway: TestGateway;
  /** By the clock of the installation. */
  readonly nowMs: () => number;
  readonly goBy: (ms: number) => Promise<void>;
  readonly disturb: (rules: readonly FaultRule[]) => void;
  readonly isDisturbed: () => boolean;
  /** Its worker is stopped, or another one begins. */
  readonly work: (does: boolean) => Promise<void>;
  /** Its worker is a process of its own from now on, and the one before it is killed. */
  readonly kill: (death: Death | null) => Promise<void>;
  readonly openShop: (where: { readonly isTold: boolean }) => Promise<Seller>;
};

export const openTown = async (): Promise<Town> => {
  const bank = await startSandbox(await newSettings());
  const patience = { timeoutMs: PATIENT_MS };
  // Answers that come twice or late, and days that are over before their end could be asked for.
  const forgives =
    /^(?:A message of an acquirer fits nothing|The day of an account at a provider is overdue)/;
  const sandbox = {
    url: `http://127.0.0.1:${bank.ports.control}`,
    directory: bank.directoryUrl,
    acquirer: { host: '127.0.0.1', port: bank.ports.acquirer },
  };
  const folder = temporaryData();
  const mortal = mortalWorkers(
    () => ({
      env: environmentFor(gateway.on, folder, { movableClock: true }),
      sandbox,
      publicUrl: `http://127.0.0.1:${gateway.port}`,
      patience: { ...patience },
    }),
    (error) => {
      if (!forgives.test(error)) gateway.errors.push(error);
    },
  );
  const gateway: TestGateway = await startGatewayHere({
    movableClock: true,
    forgives,
    sandbox,
    folder,
    connectors: [impatient(quick(), patience), hurried(stripe, patience)],
  });
  // After the gateway, which would wait for a bank that is gone to end its days with.
  atEnd(() => bank.stop());
  provideThreeDs(gateway.context, {
    publicUrl: `http://127.0.0.1:${gateway.port}`,
    key: Buffer.alloc(32, 7),
    listeners: modules.flatMap(({ onAuthentication }) => onAuthentication ?? []),
  });
  const mover = await gateway.merchant();
  let aheadMs = 0;
  let isDisturbed = false;
  let isWorking = true;
  let shops = 0;
  const tellers: Teller[] = [];
  const nowMs = (): number => Date.now() + aheadMs;

  /**
   * Then nobody is at work, and what the dead one was about to hear is free, as at the end of its lease: that lasts a
   * minute by the real clock, and a walk through months is over sooner.
   */
  const endMortal = async (): Promise<void> => {
    await mortal.end();
    for (const table of toldHere) {
      // All that wait, and not those that look leased: a lease may be on its way still, and is waited for.
      const text = `update ${table} set leased_until = null where due_at is not null`;
      await asOwner(gateway.on, text);
    }
  };

  return {
    bank,
    gateway,
    holder: controlOf(bank.ports.control),
    nowMs,
    goBy: async (ms) => {
      const form = `advance=${Math.round(ms / 1_000)}`;
      const path = '/v1/test_helpers/clock';
      const { status, text } = await gateway.ask('POST', path, { key: mover.key, form });
      assert.equal(status, 200, text);
      aheadMs += Math.round(ms / 1_000) * 1_000;
    },
    disturb: (rules) => {
      isDisturbed = rules.length > 0;
      patience.timeoutMs = isDisturbed ? HASTY_MS : PATIENT_MS;
      mortal.wait(patience.timeoutMs);
      bank.setFaults(rules);
      if (!isDisturbed) for (const teller of tellers) teller.disturb(null);
    },
    isDisturbed: () => isDisturbed,
    kill: async (death) => {
      if (isWorking) await gateway.worker.rest();
      isWorking = false;
      await endMortal();
      await mortal.replace(death);
    },
    work: async (does) => {
      if (!isWorking) await endMortal();
      if (does === isWorking) return;
      isWorking = does;
      await (does ? gateway.worker.wake() : gateway.worker.rest());
    },
    openShop: async ({ isTold }) => {
      const { key, account } = await gateway.merchant();
      if (isTold) {
        const teller = await openTeller(gateway, nowMs);
        await openAccountWith(gateway, key, teller);
        tellers.push(teller);
        return { key, account, teller };
      }
      shops += 1;
      const number = String(shops).padStart(4, '0');
      const settings = {
        host: '127.0.0.1',
        port: bank.ports.acquirer,
        acquirer_id: '12345',
        terminal_id: `TERM${number}`,
        merchant_id: `MERCHANT000${number}`,
        merchant_category: '5999',
        disputes_url: `http://127.0.0.1:${bank.ports.control}/acquirer/disputes`,
        directory_url: bank.directoryUrl,
        acquirer_bin: '412345',
        merchant_name: 'Fern & Ford',
        merchant_country: 'DE',
      };
      const form = formOf({ connector: 'direct', settings });
      const made = await gateway.ask('POST', '/v1/connector_accounts', { key, form });
      assert.equal(made.status, 200, made.text);
      return { key, account, teller: null };
    },
  };
};
