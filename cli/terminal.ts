// How output looks: bold and dim on a terminal, plain text in a file or a pipe, and plain for those
// who say so (https://no-color.org).

import { styleText } from 'node:util';

export type Paint = {
  bold(text: string): string;
  dim(text: string): string;
};

type Stream = { readonly isTTY?: boolean };

export const paintFor = (stream: Stream, env: NodeJS.ProcessEnv = process.env): Paint => {
  const isPlain = stream.isTTY !== true || Boolean(env.NO_COLOR) || env.TERM === 'dumb';
  const paint = (style: 'bold' | 'dim') => (text: string) =>
    isPlain ? text : styleText(style, text, { validateStream: false });
  return { bold: paint('bold'), dim: paint('dim') };
};

/** Names in one column, values in the next. */
export const inColumns = (
  rows: readonly (readonly [name: string, value: string])[],
  paint: Paint,
): string[] => {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${paint.dim(name.padEnd(width))}  ${value}`);
};
