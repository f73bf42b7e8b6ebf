// tollgate cards: stored cards out to another provider and in from one, in files that only their
// recipient can read. Who did it, and to which key, is in the audit log.

import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  type Columns,
  columnsWith,
  customerVerbs,
  exportCards,
  type Format,
  filesToImport,
  formats,
  type ImportSummary,
  importCards,
  manifestPath,
  openPrivateKey,
  PortabilityError,
  readRecipient,
} from '#cards/portability';
import { KeyMissing } from '#cards/vault';
import { gather, modules } from '../../src/modules.ts';
import { scopeOf, type Where } from '../account-scope.ts';
import { CliError } from '../errors.ts';
import { paint, say } from '../say.ts';
import { inColumns } from '../terminal.ts';
import { withRuntime } from '../with-runtime.ts';

type ExportOptions = Where & { toKey: string; out: string; format: Format };
type ImportOptions = Where & {
  key: string;
  passphraseFile?: string;
  format?: Format;
  columns: Columns;
  from: string;
  results?: string;
  dryRun: boolean;
};

export const addCards = (program: Command): void => {
  const cards = program.command('cards').description('move stored cards out and in');
  const add = (name: string, says: string) =>
    cards
      .command(name)
      .description(says)
      .option('--account <id>', 'whose cards; needed when there are several accounts')
      .option('--live', 'live cards rather than test cards', false);

  add('export', 'write all cards of an account to a file that only the recipient can read')
    .requiredOption('--to-key <file>', 'the public PGP key of the recipient')
    .requiredOption('--out <file>', 'the encrypted file to write, such as cards.jsonl.pgp')
    .addOption(
      new Option('--format <format>', 'how cards are written').choices(formats).default('jsonl'),
    )
    .action((options: ExportOptions) => explained(() => runExport(options)));

  add('import <file>', 'take cards from an encrypted file, or from the manifest of an export')
    .requiredOption('--key <file>', 'your private PGP key')
    .option('--passphrase-file <file>', 'what opens the key; asked for otherwise')
    .addOption(
      new Option('--format <format>', 'seen from the file where it is not said').choices(formats),
    )
    .addOption(
      new Option('--columns <names>', 'what other columns are called: number=PAN,phone=')
        .argParser(parseColumns)
        .default(columnsWith(''), 'those of Stripe, Braintree and Tollgate'),
    )
    .option('--from <name>', 'the provider, where ids of two providers may be alike', 'default')
    .option('--results <folder>', 'where the mapping and the refused rows go; beside the file')
    .option('--dry-run', 'look at every row and store nothing', false)
    .action((file: string, options: ImportOptions) => explained(() => runImport(file, options)));
};

const runExport = async (options: ExportOptions): Promise<void> => {
  // Before anything is started: a key that does not fit is the commonest reason to stop.
  const key = await readGiven(options.toKey, 'key');
  await withRuntime(async (runtime) => {
    const scope = await scopeOf(runtime, options);
    const recipient = await readRecipient(key, runtime.context.clock.now());
    const progress = createProgress();
    const manifest = await exportCards(runtime.context, {
      scope,
      recipient,
      out: options.out,
      format: options.format,
      onProgress: (cards) => progress.show(`${cards} cards written`),
    }).finally(progress.end);
    if (manifest.parts.length === 0) say('There are no cards to export.');
    else {
      say(
        ...inColumns(
          [
            ['Cards', String(manifest.cards)],
            ['Files', manifest.parts.map(({ file }) => file).join(', ')],
            ['Manifest', basename(manifestPath(options.out))],
            ['Readable by', manifest.recipient.toUpperCase()],
          ],
          paint,
        ),
      );
    }
    if (manifest.skipped.length === 0) return;
    say(
      `${manifest.skipped.length} cards could not be opened and are not in it; the manifest names them.`,
    );
    process.exitCode = 1;
  });
};

const runImport = async (file: string, options: ImportOptions): Promise<void> => {
  const key = await openPrivateKey(await readGiven(options.key, 'key'), () =>
    passphraseOf(options.passphraseFile),
  );
  const files = await filesToImport(file);
  const folder = options.results ?? dirname(file);
  await withRuntime(async (runtime) => {
    const scope = await scopeOf(runtime, options);
    for (const one of files) {
      const name = join(folder, basename(one));
      const results = { mappingFile: `${name}.mapping.csv`, refusedFile: `${name}.refused.csv` };
      const progress = createProgress();
      const summary = await importCards(runtime.context, {
        scope,
        file: one,
        key,
        format: options.format ?? null,
        columns: options.columns,
        source: options.from,
        dryRun: options.dryRun,
        ...results,
        verbs: verbsOfCustomers(),
        onProgress: (done, total) => progress.show(`${done} of ${total} rows`),
      }).finally(progress.end);
      if (files.length > 1) say(paint.bold(basename(one)));
      tell(summary, { ...results, dryRun: options.dryRun });
    }
  });
};

const tell = (
  summary: ImportSummary,
  {
    mappingFile,
    refusedFile,
    dryRun,
  }: { mappingFile: string; refusedFile: string; dryRun: boolean },
): void => {
  const rows: [string, string][] = [
    [dryRun ? 'Would be stored' : 'Stored', String(summary.imported)],
    ['Here already', String(summary.known)],
    ['Refused', summary.refused === 0 ? '0' : `${summary.refused}, listed in ${refusedFile}`],
  ];
  if (summary.withoutCard > 0) rows.push(['Rows without a card', String(summary.withoutCard)]);
  if (!dryRun) rows.push(['Which became which', mappingFile]);
  say(...inColumns(rows, paint));
  if (summary.refused > 0) process.exitCode = 1;
};

/** Customers are made by the routes of the API, whose module stands before the one that imports. */
const verbsOfCustomers = () => {
  const customers = modules.find(({ name }) => name === 'cards/customers');
  return customerVerbs(customers?.routes?.(gather()) ?? []);
};

const readGiven = async (path: string, what: string): Promise<Buffer> => {
  try {
    return await readFile(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new CliError(
      `The ${what} file ${path} cannot be read (${code}): check its name and who may read it.`,
    );
  }
};

/** From a file or from a person: an argument or the environment would show it to other processes. */
const passphraseOf = async (file: string | undefined): Promise<string> => {
  if (file !== undefined) {
    return (await readGiven(file, 'passphrase')).toString('utf8').replace(/\r?\n$/, '');
  }
  if (!process.stdin.isTTY) {
    throw new CliError('The private key is locked: give its passphrase with --passphrase-file.');
  }
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const prompt = createInterface({ input: process.stdin, output: silent, terminal: true });
  process.stderr.write('Passphrase of the private key: ');
  try {
    return await prompt.question('');
  } finally {
    prompt.close();
    process.stderr.write('\n');
  }
};

const parseColumns = (text: string): Columns => {
  try {
    return columnsWith(text);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
};

/** Of what can go wrong on the way, all that running it again mends. */
const passing = ['VaultUnavailable', 'DatabaseUnavailable', 'CommitUnknown'];

/** Errors about cards and keys are whole sentences already. */
const explained = async (work: () => Promise<void>): Promise<void> => {
  try {
    await work();
  } catch (error) {
    if (error instanceof PortabilityError || error instanceof KeyMissing) {
      throw new CliError(error.message);
    }
    if (error instanceof Error && passing.includes(error.name)) {
      const says = error.message.replace(/[.]$/, '');
      throw new CliError(`${says}: run the command again, and it goes on where it stopped.`);
    }
    throw error;
  }
};

const PROGRESS_EVERY_MS = 1_000;

/** One line that is written over on a terminal; a line now and then in a file. */
const createProgress = () => {
  const every = process.stderr.isTTY ? PROGRESS_EVERY_MS / 4 : PROGRESS_EVERY_MS * 5;
  let shownAt = performance.now();
  let hasShown = false;
  return {
    show: (text: string): void => {
      if (performance.now() - shownAt < every) return;
      shownAt = performance.now();
      hasShown = true;
      process.stderr.write(process.stderr.isTTY ? `\r\u001B[K${text}` : `${text}\n`);
    },
    end: (): void => {
      if (hasShown && process.stderr.isTTY) process.stderr.write('\r\u001B[K');
    },
  };
};
