// The passwords of the embedded database. Nobody ever types them: they are made once, kept beside
// the data and readable by the gateway's user alone.

import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { explainFileError, StartError } from './start-error.ts';

export type Passwords = {
  /** Of the role that owns the tables and migrates them. */
  readonly owner: string;
  /** For the role that serves requests; the migrations make it and give it this password. */
  readonly app: string;
};

const fileIn = (dataFolder: string): string => join(dataFolder, 'postgres-passwords.json');

/** A database whose passwords are lost is not opened with new ones: they would not fit. */
export const passwordsFor = (dataFolder: string, clusterIsMade: boolean): Passwords => {
  const file = fileIn(dataFolder);
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Passwords;
  if (!clusterIsMade) return makePasswords(file);
  throw new StartError(
    'data_folder_not_ours',
    `The file ${file} with the database's passwords is missing; restore it from a backup of the data folder.`,
  );
};

const makePasswords = (file: string): Passwords => {
  const passwords = { owner: secret(), app: secret() };
  try {
    writeFileSync(`${file}.new`, JSON.stringify(passwords), { mode: 0o600, flush: true });
    renameSync(`${file}.new`, file);
  } catch (error) {
    throw explainFileError(error, file);
  }
  return passwords;
};

const secret = (): string => randomBytes(24).toString('base64url');
