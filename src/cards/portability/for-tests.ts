// Two accounts, a vault, a pair of keys, and files to move between them.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PrivateKey, PublicKey } from 'openpgp';
import { testCardNames } from '#cards/methods';
import { provideVault, type Vault } from '#cards/vault';
import type { Scope } from '#kit/context';
import { asOwner, type TestContext, testAccount, testContext } from '../../for-tests.ts';
import { temporaryFolder } from '../../kit/context/for-tests.ts';
import { gather, modules } from '../../modules.ts';
import { reveal, testVault, vaultDatabase } from '../vault/for-tests.ts';
import { columnsWith } from './card-columns.ts';
import { type CustomerVerbs, customerVerbs } from './customer-verbs.ts';
import { type ExportRequest, exportCards } from './export-cards.ts';
import { type ImportRequest, importCards } from './import-cards.ts';
import { decryptFile } from './pgp-streams.ts';

export type World = {
  readonly context: TestContext;
  readonly vault: Vault;
  readonly vaultUrl: string;
  readonly shares: readonly [string, string];
  readonly folder: string;
};

export const newFolder = async (): Promise<string> => temporaryFolder('cards');

export const newWorld = async (changes: Partial<TestContext> = {}): Promise<World> => {
  const on = await vaultDatabase();
  const context = await testContext({ ...changes, on });
  const { vault, folders } = await testVault({ on, settings: { testCards: testCardNames() } });
  provideVault(context, vault);
  return {
    context,
    vault,
    vaultUrl: on.vaultUrl,
    shares: folders as [string, string],
    folder: await newFolder(),
  };
};

export const verbsForTests = (): CustomerVerbs =>
  customerVerbs(modules.find(({ name }) => name === 'cards/customers')?.routes?.(gather()) ?? []);

export type Keys = {
  readonly publicKey: PublicKey;
  readonly privateKey: PrivateKey;
  readonly armoredPublic: string;
  readonly armoredPrivate: string;
};

export const newKeys = async (passphrase?: string): Promise<Keys> => {
  const { generateKey, readKey, readPrivateKey } = await import('openpgp');
  const made = await generateKey({
    type: 'ecc',
    userIDs: [{ name: 'A processor', email: 'keys@example.com' }],
    format: 'armored',
    ...(passphrase === undefined ? {} : { passphrase }),
  });
  return {
    publicKey: await readKey({ armoredKey: made.publicKey }),
    privateKey: await readPrivateKey({ armoredKey: made.privateKey }),
    armoredPublic: made.publicKey,
    armoredPrivate: made.privateKey,
  };
};

/** What another provider would send. */
export const encryptedFile = async (
  folder: string,
  name: string,
  clear: string,
  keys: Keys,
): Promise<string> => {
  const { createMessage, encrypt } = await import('openpgp');
  const path = join(folder, name);
  const bytes = await encrypt({
    message: await createMessage({ binary: new Uint8Array(Buffer.from(clear)) }),
    encryptionKeys: keys.publicKey,
    format: 'binary',
  });
  await writeFile(path, bytes);
  return path;
};

export const clearOf = async (path: string, keys: Keys): Promise<string> => {
  const pieces: Buffer[] = [];
  for await (const piece of (await decryptFile(path, keys.privateKey)).clear) {
    pieces.push(Buffer.from(piece));
  }
  return Buffer.concat(pieces).toString('utf8');
};

export const runExport = (
  { context, folder }: World,
  scope: Scope,
  keys: Keys,
  changes: Partial<ExportRequest> = {},
) =>
  exportCards(context, {
    scope,
    recipient: { key: keys.publicKey, fingerprint: keys.publicKey.getFingerprint() },
    out: join(folder, 'cards.jsonl.pgp'),
    format: 'jsonl',
    ...changes,
  });

export const runImport = (
  { context }: World,
  scope: Scope,
  keys: Keys,
  file: string,
  changes: Partial<ImportRequest> = {},
) =>
  importCards(context, {
    scope,
    file,
    key: keys.privateKey,
    format: null,
    columns: columnsWith(''),
    source: 'default',
    dryRun: false,
    mappingFile: `${file}.mapping.csv`,
    refusedFile: `${file}.refused.csv`,
    verbs: verbsForTests(),
    ...changes,
  });

export type StoredCard = {
  readonly number: string | null;
  readonly expiry: string;
  readonly name: string | null;
  readonly address: unknown;
  readonly metadata: Record<string, string>;
  readonly state: number;
  readonly brand: string;
  readonly allowRedisplay: string;
  readonly fingerprint: string;
  readonly customer: { readonly email: string | null; readonly name: string | null } | null;
  readonly customerMetadata: Record<string, string> | null;
};

/** Everything of an account that moving must carry over, in the order of the numbers. */
export const storedCards = async (
  { context, vault }: World,
  scope: Scope,
): Promise<StoredCard[]> => {
  const rows = (await asOwner(
    context.on,
    `select m.card_id, m.state, m.metadata, m.details, c.email, c.name, c.metadata as customer_metadata
       from cards.payment_methods m left join cards.customers c on c.id = m.customer_id
      where m.account_id = '${scope.accountId}' and m.livemode = ${scope.livemode}`,
  )) as Record<string, never>[];
  const cards: StoredCard[] = [];
  for (const row of rows) {
    const { card, billing, allowRedisplay } = row['details'] as unknown as {
      card: { expMonth: number; expYear: number; brand: string; fingerprint: string };
      billing: { name: string | null; address: unknown };
      allowRedisplay: string;
    };
    cards.push({
      number: await reveal(vault, scope, row['card_id'] ?? ''),
      expiry: `${card.expMonth}/${card.expYear}`,
      name: billing.name,
      address: billing.address,
      metadata: row['metadata'] ?? {},
      state: row['state'] ?? 0,
      brand: card.brand,
      allowRedisplay,
      fingerprint: card.fingerprint,
      customer: row['customer_metadata']
        ? { email: row['email'] ?? null, name: row['name'] ?? null }
        : null,
      customerMetadata: row['customer_metadata'] ?? null,
    });
  }
  return cards.sort((a, b) => String(a.number).localeCompare(String(b.number)));
};

export const newAccountScope = (world: World, livemode = false): Promise<Scope> =>
  testAccount(world.context, livemode);
