// The whole way: requests of the API that carry a card, each with an idempotency key, as the SDKs send
// them. Gateway and worker are one process; the load and PostgreSQL share the machine with it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { testCards } from '#cards/bins';
import { type Measured, measure, post } from '../support/load.ts';

const CONCURRENCIES = [1, 16, 64];
const gatewayFile = fileURLToPath(new URL('../customers/gateway.ts', import.meta.url));

export const measureRequests = async (input: {
  readonly ownerUrl: string;
  readonly folder: string;
  readonly keyShares: readonly [string, string];
  readonly seconds: number;
}): Promise<void> => {
  const gateway = spawn(process.execPath, [...process.execArgv, gatewayFile], {
    env: {
      ...process.env,
      PORT: '0',
      TOLLGATE_DATA: input.folder,
      TOLLGATE_KEY_SHARES: input.keyShares.join(','),
      DATABASE_URL: input.ownerUrl,
      TOLLGATE_LOG_LEVEL: 'error',
      TOLLGATE_LOG_FORMAT: 'json',
      TOLLGATE_RATE_PER_SECOND: '1000000',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [line] = (await once(gateway.stdout, 'data')) as [Buffer];
    await measureAll(JSON.parse(String(line)) as Gateway, input.seconds);
  } finally {
    gateway.kill('SIGTERM');
    await once(gateway, 'exit');
  }
};

type Gateway = { readonly port: number; readonly key: string };

const measureAll = async ({ port, key }: Gateway, seconds: number): Promise<void> => {
  const cardOf = (n: number, name: string): string => {
    const { number = '', brand } = testCards[n % testCards.length] ?? {};
    const cvc = brand === 'amex' ? '1234' : '123';
    return `${name}[number]=${number}&${name}[exp_month]=12&${name}[exp_year]=2034&${name}[cvc]=${cvc}`;
  };
  const withKey = (path: string, body: string, n: number): string =>
    post(path, key, body, `Idempotency-Key: bench-${path}-${n}-${performance.now()}\r\n`);
  const requests = {
    'create a token': (n: number) => withKey('/v1/tokens', cardOf(n, 'card'), n),
    'create a payment method': (n: number) =>
      withKey('/v1/payment_methods', `type=card&${cardOf(n, 'card')}`, n),
  };
  await measure({ port, concurrency: 64, seconds: 2, request: requests['create a token'] });
  for (const [what, request] of Object.entries(requests)) {
    for (const concurrency of CONCURRENCIES) {
      tell(what, concurrency, await measure({ port, concurrency, seconds, request }));
    }
  }
};

const tell = (what: string, concurrency: number, measured: Measured): void => {
  const { perSecond, p50Ms, p99Ms, notOk } = measured;
  process.stdout.write(
    `${`${what}, ${concurrency} at once`.padEnd(46)} ${perSecond.toFixed(0).padStart(9)} /s   p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, ${notOk} not 200\n`,
  );
};
