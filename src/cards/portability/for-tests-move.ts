// A process of the tests that moves cards, to be killed on the way.

import { readFile } from 'node:fs/promises';
import { testCardNames } from '#cards/methods';
import { localKeys, openVault, provideVault } from '#cards/vault';
import { crashPointFrom, systemClock, systemRandom } from '#kit/context';
import { openDatabase } from '#platform/db';
import { noNetwork, silentLog } from '../../kit/context/for-tests.ts';
import { gather, modules } from '../../modules.ts';
import { columnsWith } from './card-columns.ts';
import { customerVerbs } from './customer-verbs.ts';
import { exportCards } from './export-cards.ts';
import { importCards } from './import-cards.ts';
import { openPrivateKey, readRecipient } from './pgp-keys.ts';

export type Move = {
  readonly appUrl: string;
  readonly vaultUrl: string;
  readonly shares: readonly [string, string];
  readonly accountId: string;
  readonly livemode: boolean;
  readonly import?: { readonly file: string; readonly key: string };
  readonly export?: { readonly out: string; readonly toKey: string; readonly cardsPerPart: number };
};

const move = JSON.parse(process.argv[2] ?? '') as Move;
const shared = { clock: systemClock, random: systemRandom, log: silentLog };
const actor = { kind: 'system', id: 'moving test' } as const;
const crashPoint = crashPointFrom('');
const open = (url: string) => openDatabase({ url, poolSize: 4, clock: systemClock, crashPoint });
const [database, vaultDatabase] = [open(move.appUrl), open(move.vaultUrl)];
const context = { ...shared, actor, network: noNetwork, crashPoint, database };
const vault = await openVault({
  context: { ...shared, actor, database: vaultDatabase },
  providers: [await localKeys({ ...shared, shareFolders: move.shares, createFirst: false })],
  livemode: false,
  settings: { testCards: testCardNames() },
});
provideVault(context, vault);
const scope = { accountId: move.accountId, livemode: move.livemode };
const tell = (done: number): void => void process.stdout.write(`${done}\n`);

if (move.import) {
  const routes = modules.find(({ name }) => name === 'cards/customers')?.routes?.(gather());
  await importCards(context, {
    scope,
    file: move.import.file,
    key: await openPrivateKey(await readFile(move.import.key), () => Promise.reject(new Error())),
    format: null,
    columns: columnsWith(''),
    source: 'default',
    dryRun: false,
    mappingFile: `${move.import.file}.mapping.csv`,
    refusedFile: `${move.import.file}.refused.csv`,
    verbs: customerVerbs(routes ?? []),
    onProgress: tell,
  });
}
if (move.export) {
  await exportCards(context, {
    scope,
    recipient: await readRecipient(await readFile(move.export.toKey), systemClock.now()),
    out: move.export.out,
    format: 'jsonl',
    cardsPerPart: move.export.cardsPerPart,
    onProgress: tell,
  });
}
await vault.close();
await Promise.all([database.close(), vaultDatabase.close()]);
