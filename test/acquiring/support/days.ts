// A gateway and a bank whose days end when a test says so.

import { movableClock, systemClock } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { listEndedDays } from '#rails/connectors';
import { asOwner } from '../../../src/for-tests.ts';
import { endDays } from '../../../src/rails/connectors/end-days.ts';
import { testConnectorAccount } from '../../../src/rails/connectors/for-tests.ts';
import { hearOfDisputes } from '../../../src/rails/connectors/hear-of-disputes.ts';
import { controlOf, DAY_MS } from '../../sandbox/support/control.ts';
import { newWorld } from './world.ts';

export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

export type BankFile = {
  readonly id: string;
  readonly business_day: string;
  readonly taken: number;
  readonly refused: readonly unknown[];
  readonly missing: readonly unknown[];
};

const clearingUrl = (port: number): string => `http://127.0.0.1:${port}/acquirer/clearing-files`;

export const openDays = async () => {
  const clock = movableClock(systemClock);
  const world = await newWorld({
    clock,
    timeoutMs: 2_000,
    settings: ({ ports }) => ({
      clearing_url: clearingUrl(ports.control),
      disputes_url: `http://127.0.0.1:${ports.control}/acquirer/disputes`,
    }),
  });
  const { context, rails, scope } = world;
  const control = controlOf(world.bank.ports.control);
  /** To so many days later, at this many minutes after midnight GMT, on both clocks. */
  const moveTo = async (days: number, minutes: number): Promise<void> => {
    const nowMs = clock.now();
    const toMs = Math.floor(nowMs / DAY_MS) * DAY_MS + days * DAY_MS + minutes * 60_000;
    await control.advance(toMs - nowMs);
    clock.moveTo(clock.offsetMs + toMs - nowMs);
  };
  const look = (): Promise<number> => endDays(rails.parts, context);
  /** Until nothing is due. */
  const end = async (): Promise<void> => {
    while ((await look()) > 0);
  };
  await look();
  // Far from midnight, so that no day ends but when it is told to.
  await moveTo(1, 10 * 60);
  await end();
  return {
    ...world,
    clock,
    control,
    moveTo,
    look,
    end,
    /** Another merchant of the same institution, whose days end too. */
    shop: async (terminal: string, merchant: string): Promise<Uuid> => {
      const shop = await testConnectorAccount(context, rails, scope, {
        connector: 'direct',
        settings: {
          host: '127.0.0.1',
          port: world.bank.ports.acquirer,
          acquirer_id: '12345',
          terminal_id: terminal,
          merchant_id: merchant,
          merchant_category: '5999',
          clearing_url: clearingUrl(world.bank.ports.control),
        },
      });
      await end();
      return shop;
    },
    /** What the bank tells of refunds after it has answered them. */
    hearFeed: async (): Promise<void> => {
      for (const table of ['dispute_feeds', 'dispute_notices']) {
        await asOwner(
          context.on,
          `update rails.${table} set due_at = '2026-01-01', leased_until = null
            where due_at is not null`,
        );
      }
      // Once to read it and once to hear what was read: what waits is not tried again before its time.
      await hearOfDisputes(rails.parts, context);
      await hearOfDisputes(rails.parts, context);
    },
    today: () => dayOf(clock.now()),
    ended: () => listEndedDays(context, scope, { onlyForPerson: false, limit: 100 }),
    files: () => control.get<BankFile[]>('/acquirer/clearing-files'),
    makeDue: () =>
      asOwner(context.on, `update rails.day_ends set due_at = '2026-01-01', leased_until = null`),
  };
};
