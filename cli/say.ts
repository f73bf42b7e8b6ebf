// What commands print.

import { paintFor } from './terminal.ts';

export const say = (...lines: readonly string[]): void => {
  process.stdout.write(`${lines.join('\n')}\n`);
};

export const paint = paintFor(process.stdout);
