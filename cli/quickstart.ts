// What the quick start leaves for programs (a file) and for people (a few lines).

import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { inColumns, type Paint } from './terminal.ts';

export type Quickstart = {
  /** Base URL without /v1. */
  readonly url: string;
  readonly secretKey: string;
  readonly publishableKey: string;
  /** The world to pay in, when one runs. */
  readonly sandbox?: { readonly url: string; readonly acquirer: Address };
  /** Where to buy something. */
  readonly shop?: string;
  /** Where the mails of payers are caught. */
  readonly mails?: string;
};

type Address = { readonly host: string; readonly port: number };

const fileIn = (dataFolder: string): string => join(dataFolder, 'quickstart.json');

/** Whoever waits for the file finds it complete, and only while the gateway behind it is up. */
export const writeQuickstart = (dataFolder: string, quickstart: Quickstart): void => {
  const content = {
    api: quickstart.url,
    secret_key: quickstart.secretKey,
    publishable_key: quickstart.publishableKey,
    ...(quickstart.sandbox === undefined
      ? {}
      : { sandbox: quickstart.sandbox.url, acquirer: quickstart.sandbox.acquirer }),
    ...(quickstart.shop === undefined ? {} : { shop: quickstart.shop }),
    ...(quickstart.mails === undefined ? {} : { mails: quickstart.mails }),
  };
  const file = fileIn(dataFolder);
  rmSync(`${file}.new`, { force: true });
  writeFileSync(`${file}.new`, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
};

/** Null when no quick start is up on these data. */
export const readQuickstart = (dataFolder: string): Quickstart | null => {
  try {
    const content = JSON.parse(readFileSync(fileIn(dataFolder), 'utf8')) as Record<string, string>;
    return {
      url: content['api'] ?? '',
      secretKey: content['secret_key'] ?? '',
      publishableKey: content['publishable_key'] ?? '',
    };
  } catch {
    return null;
  }
};

export const removeQuickstart = (dataFolder: string): void =>
  rmSync(fileIn(dataFolder), { force: true });

export const welcome = (
  { url, secretKey, publishableKey, sandbox, shop, mails }: Quickstart,
  { dataFolder, database, paint }: { dataFolder: string; database: string; paint: Paint },
): string =>
  [
    '',
    `${paint.green('●')} ${paint.bold('Tollgate is ready.')}`,
    ...(shop === undefined
      ? []
      : ['', `Open this, and buy something:  ${paint.bold(paint.cyan(shop))}`]),
    '',
    ...inColumns(
      [
        ['API', paint.cyan(`${url}/v1`)],
        ['Reference', paint.cyan(`${url}/docs`)],
        ['Secret key', secretKey],
        ['Publishable key', publishableKey],
        ...(sandbox === undefined
          ? []
          : [['Sandbox bank', `${sandbox.url} ${paint.dim('(what really happened)')}`] as const]),
        ...(mails === undefined
          ? []
          : [['Mails', `${mails} ${paint.dim('(what payers are sent)')}`] as const]),
        ['Data', `${shortened(dataFolder)} ${paint.dim(`(${database})`)}`],
      ],
      paint,
    ).map((line) => `  ${line}`),
    '',
    paint.dim('Try it, in another terminal:'),
    '',
    // In lines that fit a terminal of eighty columns, and can be copied as they stand.
    `  curl ${url}/v1/customers \\`,
    `    -u ${secretKey}: \\`,
    '    -d email=jenny@example.com',
    '',
    paint.dim('These are test keys: no real money moves. Ctrl-C stops everything.'),
    '',
  ]
    .map((line) => (line === '' ? '' : `  ${line}`))
    .join('\n');

const shortened = (folder: string): string => {
  const fromHere = relative(process.cwd(), folder);
  return fromHere !== '' && !fromHere.startsWith('..') ? fromHere : folder;
};
