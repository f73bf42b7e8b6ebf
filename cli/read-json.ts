import { readFileSync } from 'node:fs';
import { CliError } from './errors.ts';

export const readJson = (file: string): unknown => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new CliError(`${file} cannot be read as JSON: ${String(error)}`);
  }
};
