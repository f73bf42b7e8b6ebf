// A long run in parts: each in a process of its own, with a gateway and a database of its own, as many as use
// the machine. A short run is one part, in the process of the test, and the same in all else.

import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { atEnd } from '../../src/kit/context/for-tests-end.ts';
import { isFull } from './full.ts';

/** What a part can be asked to do, by name. Its module exports `open`, which makes one. */
export type Side = Readonly<Record<string, (input: never) => Promise<unknown>>>;

type Asked = { readonly name: string; readonly input: unknown };
export type Told = { readonly result: unknown } | { readonly failed: string };

export type Sides<S extends Side> = {
  readonly count: number;
  /** Asks every part at once, each with its own input. */
  ask<N extends keyof S & string>(
    name: N,
    inputOf: (index: number) => Parameters<S[N]>[0],
  ): Promise<Awaited<ReturnType<S[N]>>[]>;
};

const sideProcess = fileURLToPath(new URL('./side-process.ts', import.meta.url));

/** Parts take most of their memory for what dies young: with room for it, they are a tenth faster. */
const execArgv = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=64'];

/** Call it outside of hooks; every part is closed, with its checks, after the file. */
export const openSides = async <S extends Side>(module: URL): Promise<Sides<S>> => {
  const parts = isFull
    ? Array.from({ length: Math.max(2, availableParallelism()) }, () => openProcess(module))
    : [await openHere(module)];
  return {
    count: parts.length,
    ask: async (name, inputOf) =>
      (await Promise.all(
        parts.map((part, index) => part({ name, input: inputOf(index) })),
      )) as never,
  };
};

type Part = (asked: Asked) => Promise<unknown>;

const openHere = async (module: URL): Promise<Part> => {
  const { open } = (await import(module.href)) as { open: () => Promise<Side> };
  const side = await open();
  return ({ name, input }) => doneBy(side, name, input);
};

export const doneBy = (side: Side, name: string, input: unknown): Promise<unknown> => {
  const verb = side[name];
  assert.ok(verb, `Nothing is named ${name}`);
  return verb(input as never);
};

const openProcess = (module: URL): Part => {
  const child = fork(sideProcess, [module.href], { execArgv, serialization: 'advanced' });
  const ended = once(child, 'exit');
  atEnd(async () => {
    // It ends by itself when nobody can ask it any more, and says whether all was well.
    if (child.connected) child.disconnect();
    const [code] = await ended;
    assert.equal(code, 0, 'A part did not end well');
  });
  return async (asked) => {
    child.send(asked);
    const told = await Promise.race([toldBy(child), ended]);
    assert.ok(!Array.isArray(told), `A part ended while it was asked for ${asked.name}`);
    if ('failed' in told) assert.fail(told.failed);
    return told.result;
  };
};

const toldBy = async (child: ChildProcess): Promise<Told> => (await once(child, 'message'))[0];
