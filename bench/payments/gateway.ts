// The gateway as a process of its own, with a provider in its memory that says yes after as long as it is
// told. What is measured is everything but the provider. It tells its port and how to pay on one line;
// one that is given a port answers there beside those that do already.

import { newAccount } from '#identity/accounts';
import { createKey } from '#identity/keys';
import { systemClock } from '#kit/context';
import { createLog } from '#kit/log';
import {
  addConnectorAccount,
  directoryOf,
  provideDirectory,
  provideRails,
} from '#rails/connectors';
import { readSettings } from '../../src/config.ts';
import { createApi } from '../../src/roles/api.ts';
import { openGatewayRails } from '../../src/roles/rails.ts';
import { createGatewayWorker } from '../../src/roles/worker.ts';
import { openRuntime } from '../../src/runtime.ts';
import { forgetfulBank } from './forgetful-bank.ts';

const role = process.argv[2] === 'worker' ? 'worker' : 'api';
const log = createLog({
  format: 'json',
  level: 'error',
  clock: systemClock,
  colour: false,
  write: (line) => void process.stderr.write(line),
});
const runtime = await openRuntime(readSettings(process.env), {
  log,
  actor: { kind: 'system', id: 'bench' },
  vault: 'reveal',
});
const { context } = runtime;
const paper = forgetfulBank('paper');
const directory = directoryOf([paper.connector], runtime.masterSecret);
provideDirectory(context, directory);
const rails = await openGatewayRails({ ...runtime, directory });
provideRails(context, rails);

if (role === 'worker') {
  const worker = createGatewayWorker(runtime, rails);
  await worker.start();
  process.stdout.write('{}\n');
} else {
  const api = createApi(runtime, { publicUrl: 'http://localhost' });
  const sharedPort = Number(process.argv[3] ?? 0);
  const port = await api.listen(sharedPort, '127.0.0.1', true);
  process.stdout.write(sharedPort === 0 ? `${JSON.stringify(await openShop(port))}\n` : '{}\n');
}

async function openShop(port: number): Promise<{ port: number; key: string; accountId: string }> {
  const { account, write } = newAccount(context, { name: 'Bench' });
  const scope = { accountId: account.id, livemode: false };
  await context.database.commit(scope, [write]);
  const key = await createKey(context, { scope, kind: 'secret', name: 'Bench' });
  const added = addConnectorAccount(context, scope, { connector: 'paper' });
  if (!added.ok) throw new Error(added.why);
  await context.database.commit(scope, added.writes);
  return { port, key, accountId: account.id };
}

process.on('message', (message) => {
  if (typeof message === 'object' && message !== null && 'delayMs' in message) {
    paper.delayMs = Number(message.delayMs);
    process.send?.({ done: true });
  }
});
process.once('SIGTERM', () => process.exit(0));
// Whoever measured is gone, however it ended.
process.once('disconnect', () => process.exit(0));
