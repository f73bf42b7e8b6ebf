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
      for (const left of open.splice(at)) await closedAnyway(left);
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
export const endFile = async (): Promise<void> => {
  for (const closing of ofEachFile) await closeIn(closing);
};

const closeIn = async (closing: Close[]): Promise<void> => {
  for (const close of closing.splice(0)) await close();
};

/** The first that failed is told of. */
const closedAnyway = async (close: Close): Promise<void> => {
  try {
    await close();
  } catch {}
};

/** Before anything is opened; what it gives closes all of it, in the order in which it was opened. */
export const endByHand = (): (() => Promise<void>) => {
  const closing: Close[] = [];
  byHand = closing;
  return async () => {
    for (const close of closing.splice(0)) await close();
  };
};
