// Which statements of the stores hold a condition on the account: each has to run without it.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ownRows } from '#platform/db';
import { modules } from '../../src/modules.ts';
import { withoutFilter } from './filterless.ts';

/** Statements with a filter that nothing here can reach, each with the reason. */
export const notServed: Readonly<Record<string, string>> = {
  'answers.take_over': 'takes over a claim of the same digest, which depends on the account',
  'answers.link': 'like answers.finish, under the same condition: by the request that claimed it',
  'answers.release':
    'like answers.finish, under the same condition: by the request that claimed it',
  'connector_accounts.list_newer': 'like connector_accounts.list_older, in the other direction',
  'mails.list_newer': 'like mails.list_older, in the other direction',
  'refunds.of_operation': 'runs for the resolver, by an operation that was read under its account',
  'refunds.of_void': 'like refunds.of_operation, of the void of a charge that was not captured',
  'api_keys.expire': 'like api_keys.revoke, under the same function and the same condition',
  'imports.find': 'runs for the operator of the command line, and no route comes to it',
  'imported_customers.find': 'runs for the operator of the command line, and no route comes to it',
};

/** Modules that the database of the context does not serve, so that nothing here can reach them. */
const withOwnConnection: Readonly<Record<string, string>> = {
  'cards/vault': 'has a role and connections of its own, which serve no other module',
};

/** Named statements of all mounted stores whose text holds a condition on the account. */
export const filteredStatements = (): string[] => {
  const names: string[] = [];
  const mounted = modules.filter(({ name }) => !(name in withOwnConnection));
  for (const file of mounted.flatMap(({ name }) => filesOf(name))) {
    const source = readFileSync(file, 'utf8');
    for (const [, name = '', text = ''] of source
      .replaceAll(`\${ownRows}`, ownRows)
      .matchAll(/\bname: '([\w.]+)',[^;]*?text: ([^;]*);|$^/g)) {
      if (withoutFilter(text) !== text) names.push(name);
    }
    for (const [, name = '', text = ''] of source
      .replaceAll(`\${ownRows}`, ownRows)
      .matchAll(/\bstatement\(\s*[`']([^`']+)[`'],([^;]*);/g)) {
      if (withoutFilter(text) === text || name === '') continue;
      names.push(...spelledOut(name));
    }
    for (const [, maker, name] of source.matchAll(
      /\b(findByIds?|updateRows|listPages|concluding|endingTry)\(\{\s*name: '([\w.]+)'/g,
    )) {
      names.push(...(maker === 'listPages' ? spelledOut(`${name}_\${direction}`) : [`${name}`]));
    }
  }
  return names;
};

const filesOf = (module: string): string[] => {
  const folder = fileURLToPath(new URL(`../../src/${module}/`, import.meta.url));
  return readdirSync(folder)
    .filter((name) => name.endsWith('.ts') && !name.includes('test'))
    .map((name) => join(folder, name));
};

/** `customers.list_${direction}` stands for two. */
const spelledOut = (name: string): string[] =>
  name.includes('${direction}')
    ? ['older', 'newer'].map((direction) => name.replace('${direction}', direction))
    : [name];
