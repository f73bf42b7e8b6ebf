// tollgate keys: API keys, for those who run the installation. Every change is in the audit log.

import { isIP } from 'node:net';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type ApiKey, createKey, type KeyKind, listKeys, revokeKey, rollKey } from '#identity/keys';
import { parseId, spellId } from '#kit/ids';
import type { Runtime } from '../../src/runtime.ts';
import { scopeOf, type Where } from '../account-scope.ts';
import { CliError } from '../errors.ts';
import { paint, say } from '../say.ts';
import { inColumns } from '../terminal.ts';
import { withRuntime } from '../with-runtime.ts';

type Permissions = Record<string, 'read' | 'write'>;

export const addKeys = (program: Command): void => {
  const keys = program.command('keys').description('make, list, roll and revoke API keys');
  const add = (name: string, says: string) =>
    keys
      .command(name)
      .description(says)
      .option('--account <id>', 'whose keys; needed when there are several accounts')
      .option('--live', 'live keys rather than test keys', false);

  add('create', 'make a key and print it, this once')
    .option('--name <name>', 'what it is for', 'Made on the command line')
    .addOption(
      new Option('--kind <kind>', 'what it may do')
        .choices(['secret', 'restricted', 'publishable'])
        .default('secret'),
    )
    .addOption(
      new Option(
        '--allow <permissions>',
        'for restricted keys: customers=write,events=read',
      ).argParser(parsePermissions),
    )
    .addOption(
      new Option(
        '--from <networks>',
        'where it may be used from: 10.0.0.0/8,2001:db8::/32',
      ).argParser(parseNetworks),
    )
    .action(
      (options: Where & { name: string; kind: KeyKind; allow?: Permissions; from?: string[] }) =>
        withRuntime(async (runtime) => {
          if ((options.kind === 'restricted') !== (options.allow !== undefined)) {
            throw new CliError('--allow goes with --kind restricted, and the other way round.');
          }
          const scope = await scopeOf(runtime, options);
          const text = await createKey(runtime.context, {
            scope,
            kind: options.kind,
            name: options.name,
            ...(options.allow ? { permissions: options.allow } : {}),
            ...(options.from ? { allowedAddresses: options.from } : {}),
          });
          say(text);
          if (process.stdout.isTTY) say(paint.dim('Keep it now: it is not shown again.'));
        }),
    );

  add('list', 'list the keys, without their secrets').action((options: Where) =>
    withRuntime(async (runtime) => {
      const found = await listKeys(runtime.context, await scopeOf(runtime, options));
      if (found.length === 0) say('There are no keys.');
      else
        say(
          ...inColumns(
            found.map((key) => [spellId('mk', key.id), describe(key)]),
            paint,
          ),
        );
    }),
  );

  add('roll <key>', 'make a new key like this one, and end this one after an overlap')
    .addOption(
      new Option('--overlap <hours>', 'how long both work, at most 168')
        .default(24)
        .argParser(parseHours),
    )
    .action((spelled: string, options: Where & { overlap: number }) =>
      withRuntime(async (runtime) => {
        const key = await findKey(runtime, spelled, options);
        const text = await rollKey(runtime.context, key, options.overlap * 3_600_000);
        if (text === null) throw new CliError(`The key ${spelled} has been revoked.`);
        say(text);
      }),
    );

  add('revoke <key>', 'end a key at once').action((spelled: string, options: Where) =>
    withRuntime(async (runtime) => {
      const key = await findKey(runtime, spelled, options);
      const ended = await revokeKey(runtime.context, key);
      say(
        ended
          ? 'Revoked. Other processes refuse it within a second.'
          : 'It had been revoked before.',
      );
    }),
  );
};

const findKey = async (runtime: Runtime, spelled: string, where: Where): Promise<ApiKey> => {
  const id = parseId('mk', spelled);
  const found = await listKeys(runtime.context, await scopeOf(runtime, where));
  const key = found.find((known) => known.id === id);
  if (key) return key;
  throw new CliError(`There is no key ${spelled}; tollgate keys list shows those there are.`);
};

const describe = (key: ApiKey): string => {
  const day = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
  const state =
    key.revokedAtMs !== null
      ? `revoked ${day(key.revokedAtMs)}`
      : key.expiresAtMs !== null
        ? `ends ${day(key.expiresAtMs)}`
        : 'works';
  const used = key.lastUsedAtMs === null ? 'never used' : `used ${day(key.lastUsedAtMs)}`;
  return `${key.kind}  …${key.hint}  ${state}  ${used}  ${key.name}`;
};

const parsePermissions = (text: string): Permissions => {
  const permissions: Permissions = {};
  for (const part of text.split(',')) {
    const match = /^\s*([a-z_]+)=(read|write)\s*$/.exec(part);
    if (!match) throw new InvalidArgumentError('Write it like customers=write,events=read.');
    permissions[match[1] ?? ''] = match[2] as 'read' | 'write';
  }
  return permissions;
};

const parseNetworks = (text: string): string[] =>
  text.split(',').map((part) => {
    const [address = '', bits = ''] = part.trim().split('/');
    const family = isIP(address);
    const bitsMax = family === 4 ? 32 : 128;
    if (family === 0 || !/^\d{0,3}$/.test(bits) || Number(bits) > bitsMax) {
      throw new InvalidArgumentError('Write it like 10.0.0.0/8,203.0.113.7.');
    }
    return bits === '' ? `${address}/${bitsMax}` : `${address}/${bits}`;
  });

const parseHours = (text: string): number => {
  const hours = Number(text);
  if (Number.isFinite(hours) && hours >= 0 && hours <= 168) return hours;
  throw new InvalidArgumentError('It must be a number of hours from 0 to 168.');
};
