// The second wall between accounts. A batch carries what several accounts write, and row level security admits all of
// them to it, so a store that forgets the account would find the rows of others there. Three things stand in the way:
// a unit whose row names another account or mode than its own is not taken; a statement that touches rows of accounts
// without asking whose they are is not made; and each row that is changed is told apart if it was not of the account
// of the row that was given for it: then its unit fails alone, and nothing of it is kept.

import { Bug } from '#kit/assert';
import type { Owner, Scope, Write } from '#kit/context';

/** `id`: what is written is the account itself. `nobody`: it belongs to no account. */
export type OwnedBy = 'id' | 'nobody';

const IN_NO_MODE = -1;

export const ownerIn = (
  name: string,
  columns: readonly string[],
  ownedBy?: OwnedBy,
): Owner | null => {
  if (ownedBy === 'nobody') return null;
  if (ownedBy === 'id') return { account: columns.indexOf('id'), livemode: IN_NO_MODE };
  const owner = {
    account: columns.indexOf('account_id'),
    livemode: columns.indexOf('livemode'),
  };
  if (owner.account < 0 || owner.livemode < 0)
    throw new Bug(`${name} does not say whose rows it writes`);
  return owner;
};

/** What is nobody's, as some of what the audit log tells, may come with whatever its teller does. */
export const isOfAnother = (scope: Scope, { into: { owner }, row }: Write): boolean => {
  if (owner === null) return false;
  const account = row[owner.account];
  if (account === null) return false;
  if (account !== scope.accountId) return true;
  return owner.livemode !== IN_NO_MODE && row[owner.livemode] !== scope.livemode;
};

/** A table of a schema, and how the statement calls it. */
const TOUCHED =
  /\b(?:update|delete from|(?<!distinct )from|join|using) [a-z_]+\.[a-z_]+\s+(?:as )?(\w+)/g;
const CONFLICT = /\bon conflict \((?!account_id, livemode\b)/;

/** Asked once, when the statement is made. */
export const mustAskWhose = (name: string, text: string): void => {
  const without = [...text.matchAll(TOUCHED)].find(([, called]) => {
    const asks = `${called}\\.account_id(, ${called}\\.livemode| = \\w+\\.account_id and ${called}\\.livemode = )`;
    return !new RegExp(asks).test(text);
  });
  if (without) throw new Bug(`${name} does not ask whose the rows are: ${without[0]}`);
  if (CONFLICT.test(text) && !text.includes('.account_id = excluded.account_id')) {
    throw new Bug(`${name} does not ask whose the row is that stands in its way`);
  }
};

const CHANGES = /^(?:update|delete from) \S+ (\w+)\s/;
const RETURNING = /\breturning ([\w.:]+)(?: as key)?$/;

/** Not null where what was changed for a row that was given is not of the account of that row. */
export const strayedIn = (text: string): string | null => {
  const [, changed] = CHANGES.exec(text) ?? [];
  return changed === undefined ? null : `nullif(given.account_id, ${changed}.account_id)`;
};

/** For whom it was changed is told by account and key: what was changed may have another key. */
export const tellingStrays = (text: string, key: string): string => {
  const strayed = strayedIn(text);
  const told = `${strayed}::text || ' ' || given.${key} as strayed`;
  return strayed === null ? text : text.replace(RETURNING, `returning $1 as key, ${told}`);
};

export const strayOf = (accountId: string, key: unknown): string => `${accountId} ${String(key)}`;
