// Numbers for Prometheus. They are shown to this machine only, or to whoever knows the token: rates
// and statuses tell a stranger more than he needs to know.

import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from '@prometheus-io/client';
import { lastPageCheck } from '#commerce/checkout';
import type { Context } from '#kit/context';
import { sha256 } from '#kit/crypto';
import { accountsUnderAttack } from '#payments/risk';
import type { OpenDatabase } from '#platform/db';
import { createHttpMetrics, type HttpMetrics, type PlainHandler } from '#platform/http';
import { watchDayEnds } from '#rails/connectors';
import type { Settings } from '../config.ts';
import type { PayerObservers } from './api.ts';
import { freeShareOf } from './disk.ts';

export type GatewayMetrics = {
  readonly http: HttpMetrics;
  readonly observeBatch: (batch: { units: number; seconds: number }) => void;
  readonly payers: PayerObservers;
  readonly handlers: readonly PlainHandler[];
  watch(context: Pick<Context, 'clock'> & { readonly database: OpenDatabase }): void;
};

type MetricsSettings = Pick<Settings, 'data' | 'metricsToken' | 'liveMode' | 'proxies'>;

export const createMetrics = (settings: MetricsSettings): GatewayMetrics => {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: 'tollgate_' });

  const units = new Histogram({
    name: 'tollgate_commit_units',
    help: 'Requests served by one group commit.',
    buckets: [1, 2, 4, 8, 16, 32, 64],
    registers,
  });
  const seconds = new Histogram({
    name: 'tollgate_commit_seconds',
    help: 'Duration of one group commit.',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1],
    registers,
  });

  const tries = new Counter({
    name: 'tollgate_card_tries_total',
    help: 'Cards tried from payers’ pages, by what the defence against card testing did with them.',
    labelNames: ['step'] as const,
    registers,
  });

  const reports = new Counter({
    name: 'tollgate_page_reports_total',
    help: 'What browsers blocked on the page that takes cards, by directive of its policy.',
    labelNames: ['directive'] as const,
    registers,
  });

  return {
    payers: {
      tried: (step) => tries.inc({ step }),
      reported: (directive) => reports.inc({ directive }),
    },
    http: createHttpMetrics(registry),
    observeBatch: (batch) => {
      units.observe(batch.units);
      seconds.observe(batch.seconds);
    },
    watch: (context) => {
      const { database } = context;
      const watched = {
        tollgate_accounts_under_attack: {
          help: 'Accounts at which cards are being tested, seen by this process in the last ten minutes.',
          read: () => accountsUnderAttack(context),
        },
        tollgate_checkout_page_differences: {
          help: 'What the last look at the live checkout page found that is not of this release.',
          // A database that does not answer says nothing of the page, and must not hide the other numbers.
          read: () =>
            lastPageCheck(database).then(
              (found) => found?.length ?? 0,
              () => Number.NaN,
            ),
        },
        tollgate_database_connections_busy: {
          help: 'Connections of the pool that are in use.',
          read: () => database.pool.busy,
        },
        tollgate_database_waiting: {
          help: 'Reads and transactions that wait for a connection.',
          read: () => database.pool.waiting,
        },
        tollgate_disk_free_ratio: {
          help: 'How much of the disk under TOLLGATE_DATA is free: 1 is all of it.',
          read: () => freeShareOf(settings.data).catch(() => Number.NaN),
        },
      };
      for (const [name, { help, read }] of Object.entries(watched)) {
        const gauge: Gauge = new Gauge({
          name,
          help,
          registers,
          collect: async () => gauge.set(await read()),
        });
      }
      watchDays(registers, context);
    },
    handlers: [
      {
        method: 'GET',
        path: '/metrics',
        handle: async (request, response) => {
          if (!maySee(request, settings)) {
            response
              .writeHead(403, { 'Content-Type': 'text/plain' })
              .end(
                'Metrics are for this machine, or for those who send TOLLGATE_METRICS_TOKEN as a bearer token.\n',
              );
            return;
          }
          response
            .writeHead(200, { 'Content-Type': registry.contentType })
            .end(await registry.metrics());
        },
      },
    ],
  };
};

const watchDays = (
  registers: Registry[],
  context: Pick<Context, 'clock'> & { readonly database: OpenDatabase },
): void => {
  const days: Gauge<'mode' | 'state'> = new Gauge({
    name: 'tollgate_days',
    help: 'Days of accounts at their providers: ended in the last 24 hours, differing and not explained, overdue.',
    labelNames: ['mode', 'state'] as const,
    registers,
    collect: async () => {
      days.reset();
      // A database that does not answer says nothing of days: no number is shown rather than the last.
      for (const counts of await watchDayEnds(context).catch(() => [])) {
        const mode = counts.livemode ? 'live' : 'test';
        for (const state of ['ended', 'differing', 'overdue'] as const) {
          days.set({ mode, state }, Number(counts[state]));
        }
      }
    },
  });
};

// Behind a proxy on this machine everybody seems to be here, so then only the token counts.
const maySee = (request: IncomingMessage, settings: MetricsSettings): boolean => {
  if (settings.metricsToken !== '') {
    const given = sha256(request.headers.authorization ?? '');
    return timingSafeEqual(given, sha256(`Bearer ${settings.metricsToken}`));
  }
  const isForwarded = 'x-forwarded-for' in request.headers || 'forwarded' in request.headers;
  if (settings.liveMode || settings.proxies > 0 || isForwarded) return false;
  const address = request.socket.remoteAddress ?? '';
  return address === '::1' || /^(?:::ffff:)?127\./.test(address);
};
