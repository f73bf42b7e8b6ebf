// Cards go out into encrypted files that only the recipient can read. The vault opens one at a time, and
// notes each in the audit log before it does; what is clear goes into the encryption and is zeroed when
// its part has been written. Each part is a whole message: an export that was interrupted goes on after
// the last of them.

import { access } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Customer, findCustomer } from '#cards/customers';
import {
  CUSTOMER,
  listMethods,
  type PaymentMethod,
  parseMethodId,
  spellMethod,
} from '#cards/methods';
import { Tampered, VaultForbidden, vaultOf } from '#cards/vault';
import { auditEntry } from '#identity/audit';
import type { Context, Scope } from '#kit/context';
import { newUuid, spellId } from '#kit/ids';
import {
  chainAfter,
  checkParts,
  type ExportManifest,
  loadManifest,
  manifestPath,
  partPath,
  saveManifest,
} from './export-manifest.ts';
import { headOf, recordOf } from './export-record.ts';
import { PortabilityError } from './failures.ts';
import type { Recipient } from './pgp-keys.ts';
import { encryptToFile } from './pgp-streams.ts';
import { alone, publish, unfinished } from './private-files.ts';
import type { Format } from './read-rows.ts';

export type ExportRequest = {
  readonly scope: Scope;
  readonly recipient: Recipient;
  readonly out: string;
  readonly format: Format;
  /** What is clear of a part is in memory until the part is written: some 600 bytes a card. */
  readonly cardsPerPart?: number;
  readonly onProgress?: (cards: number) => void;
};

const CARDS_PER_PART = 5_000;
const PAGE = 100;

export const exportCards = (context: Context, request: ExportRequest): Promise<ExportManifest> =>
  alone(request.out, () => exportAlone(context, request));

const exportAlone = async (context: Context, request: ExportRequest): Promise<ExportManifest> => {
  let manifest = await begin(context, request);
  const { export: id } = manifest;
  const details = { recipient: request.recipient.fingerprint, format: request.format };
  await note(context, request.scope, 'cards.export.start', id, {
    ...details,
    after: manifest.cards,
  });
  try {
    manifest = await writeParts(context, request, manifest);
  } catch (error) {
    // The reason may be that the database is away; it is what has to be told.
    await note(context, request.scope, 'cards.export.fail', id, details, false).catch(() => {});
    throw error;
  }
  await note(context, request.scope, 'cards.export.finish', id, {
    ...details,
    cards: manifest.cards,
    parts: manifest.parts.length,
    skipped: manifest.skipped.length,
    digest: manifest.parts.at(-1)?.chain ?? null,
  });
  return manifest;
};

/** A new export, or the one that was interrupted here. */
const begin = async (context: Context, request: ExportRequest): Promise<ExportManifest> => {
  const { scope, recipient, out, format } = request;
  const path = manifestPath(out);
  const found = await loadManifest(path);
  const remedy = `name another file, or remove ${basename(path)} and its parts`;
  if (found === null) {
    if (await exists(out)) {
      throw new PortabilityError(`The file ${out} is there already: name another one.`);
    }
    const manifest: ExportManifest = {
      kind: 'tollgate card export',
      version: 1,
      export: newUuid(context),
      account: spellId('acct', scope.accountId),
      livemode: scope.livemode,
      format,
      recipient: recipient.fingerprint,
      started_at: new Date(context.clock.now()).toISOString(),
      finished_at: null,
      cards: 0,
      skipped: [],
      parts: [],
    };
    await saveManifest(path, manifest);
    return manifest;
  }
  if (found.finished_at !== null) {
    throw new PortabilityError(`The export to ${out} has ended before: ${remedy}.`);
  }
  const isSame =
    found.account === spellId('acct', scope.accountId) &&
    found.livemode === scope.livemode &&
    found.format === format &&
    found.recipient === recipient.fingerprint;
  if (!isSame) {
    throw new PortabilityError(
      `An export to ${out} was begun for another account, mode, format or key: ${remedy}.`,
    );
  }
  await checkParts(path, found);
  return found;
};

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

type Opened = { readonly method: PaymentMethod; readonly line: Buffer };
type Skipped = ExportManifest['skipped'][number];

const writeParts = async (
  context: Context,
  request: ExportRequest,
  begun: ExportManifest,
): Promise<ExportManifest> => {
  const path = manifestPath(request.out);
  let manifest = begun;
  const skipped: Skipped[] = [...begun.skipped];
  const cards = openedCards(context, request, begun, skipped);
  for (let first = await cards.next(); first.done !== true; first = await cards.next()) {
    const part = await writePart(context, request, manifest, { first: first.value, cards });
    manifest = {
      ...manifest,
      cards: manifest.cards + part.cards,
      parts: [...manifest.parts, part],
      skipped: [...skipped],
    };
    await saveManifest(path, manifest);
  }
  const finishedAt = new Date(context.clock.now()).toISOString();
  manifest = { ...manifest, skipped: [...skipped], finished_at: finishedAt };
  await saveManifest(path, manifest);
  return manifest;
};

const writePart = async (
  context: Context,
  request: ExportRequest,
  manifest: ExportManifest,
  input: { readonly first: Opened; readonly cards: AsyncGenerator<Opened> },
): Promise<ExportManifest['parts'][number]> => {
  const path = partPath(request.out, manifest.parts.length + 1);
  const most = request.cardsPerPart ?? CARDS_PER_PART;
  const clear: Buffer[] = [];
  let last = input.first;

  async function* lines(): AsyncGenerator<Uint8Array> {
    const head = headOf(request.format);
    if (head !== '') yield Buffer.from(head);
    for (;;) {
      clear.push(last.line);
      request.onProgress?.(manifest.cards + clear.length);
      yield last.line;
      if (clear.length === most) return;
      const next = await input.cards.next();
      if (next.done === true) return;
      last = next.value;
    }
  }

  try {
    const written = await encryptToFile(
      request.recipient,
      lines(),
      unfinished(path),
      context.clock.now(),
    );
    await publish(path);
    return {
      file: basename(path),
      cards: clear.length,
      ...written,
      chain: chainAfter(manifest.parts, written.sha256),
      last: spellMethod(last.method),
    };
  } finally {
    // Not earlier: the encryption works on them, and on views of them, until its last byte is out.
    for (const line of clear) line.fill(0);
  }
};

async function* openedCards(
  context: Context,
  request: ExportRequest,
  { export: id, parts }: ExportManifest,
  skipped: Skipped[],
): AsyncGenerator<Opened> {
  const { scope, format } = request;
  const vault = vaultOf(context);
  const customerOf = customers(context, scope);
  for await (const method of storedCards(context, scope, parts.at(-1)?.last ?? null)) {
    const customer = await customerOf(method.customerId);
    try {
      const opened = await vault.withCard(
        context,
        { scope, card: method.cardId, operation: `export ${id}` },
        async (card) => recordOf(format, { method, customer }, card),
      );
      if (opened.ok) yield { method, line: opened.value };
      else skipped.push({ id: spellMethod(method), reason: 'it was deleted' });
    } catch (error) {
      if (error instanceof VaultForbidden) {
        throw new PortabilityError(
          'The vault lets this process take cards in and not out: run the export where the vault may be opened.',
        );
      }
      // One card that was changed in the database must not keep all others in; it is told at the end.
      if (!(error instanceof Tampered)) throw error;
      skipped.push({ id: spellMethod(method), reason: 'its sealed bytes were changed' });
    }
  }
}

type StoredMethod = PaymentMethod & { readonly cardId: string };

/** Oldest first, so that what comes meanwhile comes at the end. */
async function* storedCards(
  context: Context,
  scope: Scope,
  after: string | null,
): AsyncGenerator<StoredMethod> {
  for (let from = after === null ? null : parseMethodId(after); ; ) {
    const methods: PaymentMethod[] = await listMethods(context, scope, {
      direction: 'newer',
      from,
      customerId: null,
      type: 'card',
      allowRedisplay: null,
      limit: PAGE,
    });
    for (const method of methods) {
      if (method.cardId !== null) yield { ...method, cardId: method.cardId };
    }
    if (methods.length < PAGE) return;
    from = methods.at(-1)?.id ?? null;
  }
}

/** Cards of one customer often stand together. */
const customers = (context: Context, scope: Scope) => {
  let last: Customer | null = null;
  return async (id: string | null): Promise<Customer | null> => {
    if (id === null) return null;
    if (last?.id !== id) last = await findCustomer(context, scope, spellId(CUSTOMER, id));
    return last;
  };
};

const note = async (
  context: Context,
  scope: Scope,
  action: string,
  target: string,
  details: Readonly<Record<string, unknown>>,
  succeeded = true,
): Promise<void> => {
  await context.database.commit(scope, [
    auditEntry(context, { scope, action, target, succeeded, details }),
  ]);
};
