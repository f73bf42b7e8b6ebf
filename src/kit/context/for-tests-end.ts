// What a test opened is closed when its file is through. A process that does a part of a long run is no test
// file: with the test runner in it, every promise and timer is watched, which costs it a fifth of its speed.
// There it is closed when that process says so.

import { after } from 'node:test';

type Close = () => unknown;

let byHand: Close[] | undefined;
/** Of a test file, in the order in which they were opened. */
const open: Close[] = [];

/** Outside of hooks: one that is registered inside another ends with it. */
export const atEnd = (close: Close): void => {
  if (byHand !== undefined) return void byHand.push(close);
  open.push(close);
  after(async () => {
    const at = open.indexOf(close);
    if (at < 0) return;
    open.splice(at, 1);
    try {
      await close();
    } catch (error) {
      // The runner calls no hook after one that fails, and what is left open keeps the file until its limit.
      await closeLeft(at);
      throw error;
    }
  });
};

const ofEachFile: Close[][] = [];

/** What a module opens for tests, to be closed in that order at the end of the file that is under way. */
export const closedAtEnd = (): Close[] => {
  const closing: Close[] = [];
  ofEachFile.push(closing);
  atEnd(() => closeIn(closing));
  return closing;
};

/** Where files run together a module is loaded by the first, and its hook ends with that one. */
export const endFile = (): Promise<void> =>
  inTurn(ofEachFile.flatMap((closing) => closing.splice(0)));

/** What it gives closes what was opened since and left: a hook of a file's own that fails keeps the runner from others. */
export const closerFromHere = (): (() => Promise<void>) => {
  const from = open.length;
  return () => closeLeft(from);
};

/** Something failed before, and has been told of. */
const closeLeft = async (from: number): Promise<void> => {
  try {
    await inTurn(open.splice(from));
  } catch {}
};

const closeIn = (closing: Close[]): Promise<void> => inTurn(closing.splice(0));

/** All of them; of those that fail the first is told of. */
const inTurn = async (closing: readonly Close[]): Promise<void> => {
  const failed: unknown[] = [];
  for (const close of closing) {
    try {
      await close();
    } catch (error) {
      failed.push(error);
    }
  }
  if (failed.length > 0) throw failed[0];
};

/** Before anything is opened; what it gives closes all of it, in the order in which it was opened. */
export const endByHand = (): (() => Promise<void>) => {
  const closing: Close[] = [];
  byHand = closing;
  return () => closeIn(closing);
};
