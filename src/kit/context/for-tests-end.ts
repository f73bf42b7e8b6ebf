// What a test opened is closed when its file is through. A process that does a part of a long run is no test
// file: with the test runner in it, every promise and timer is watched, which costs it a fifth of its speed.
// There it is closed when that process says so.

import { after } from 'node:test';

type Close = () => unknown;

let byHand: Close[] | undefined;

/** Outside of hooks: one that is registered inside another ends with it. */
export const atEnd = (close: Close): void => {
  if (byHand === undefined) after(async () => void (await close()));
  else byHand.push(close);
};

/** Before anything is opened; what it gives closes all of it, in the order in which it was opened. */
export const endByHand = (): (() => Promise<void>) => {
  const closing: Close[] = [];
  byHand = closing;
  return async () => {
    for (const close of closing.splice(0)) await close();
  };
};
