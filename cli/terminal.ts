// How output looks: bold and dim on a terminal, plain text in a file or a pipe, and plain for those
// who say so (https://no-color.org).

import { styleText } from 'node:util';

export type Paint = {
  bold(text: string): string;
  dim(text: string): string;
  /** What went well. */
  green(text: string): string;
  /** What leads somewhere: an address to open. */
  cyan(text: string): string;
};

type Stream = { readonly isTTY?: boolean };

export const paintFor = (stream: Stream, env: NodeJS.ProcessEnv = process.env): Paint => {
  const isPlain = stream.isTTY !== true || Boolean(env.NO_COLOR) || env.TERM === 'dumb';
  const paint = (style: 'bold' | 'dim' | 'green' | 'cyan') => (text: string) =>
    isPlain ? text : styleText(style, text, { validateStream: false });
  return { bold: paint('bold'), dim: paint('dim'), green: paint('green'), cyan: paint('cyan') };
};

/** Names in one column, values in the next. */
export const inColumns = (
  rows: readonly (readonly [name: string, value: string])[],
  paint: Paint,
): string[] => {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${paint.dim(name.padEnd(width))}  ${value}`);
};

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameMs = 100;

type Screen = Stream & { readonly columns?: number; write(text: string): unknown };

/** Beside what is being done: the frame, the dots, and a column at the end, beyond which terminals begin a new line. */
const BESIDE = 7;

/**
 * One moving line for what takes longer than a moment, on a terminal only. It says what is being done, as long as that
 * is one line. What it returns takes the line away, and does nothing when called again.
 */
export const showWaiting = (stream: Screen, doing: string | (() => string)): (() => void) => {
  if (stream.isTTY !== true || process.env.TERM === 'dumb') return () => {};
  let frame = 0;
  const draw = (): void => {
    const said = typeof doing === 'string' ? doing : doing();
    const room = Math.max(0, (stream.columns ?? 80) - BESIDE);
    stream.write(`\r\x1b[2K  ${frames[frame % frames.length]} ${said.slice(0, room)} …`);
    frame += 1;
  };
  draw();
  const timer = setInterval(draw, frameMs);
  timer.unref();
  let isShown = true;
  return () => {
    clearInterval(timer);
    if (isShown) stream.write('\r\x1b[2K');
    isShown = false;
  };
};
