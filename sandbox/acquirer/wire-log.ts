// The last messages on the wire, decoded and masked, for people who look.

import { type Dialect, describeLine, type Message } from '#kit/iso8583';

export type WireEntry = {
  readonly number: number;
  readonly at: string;
  readonly link: number;
  readonly direction: 'in' | 'out' | 'link';
  readonly text: string;
};

export type WireLog = {
  message(link: number, direction: 'in' | 'out', message: Message): void;
  event(link: number, text: string): void;
  last(count: number): readonly WireEntry[];
};

const KEPT_MAX = 1_000;

export const createWireLog = (dialect: Dialect, now: () => number): WireLog => {
  const entries: WireEntry[] = [];
  let number = 0;
  const add = (link: number, direction: WireEntry['direction'], text: string): void => {
    number += 1;
    entries.push({ number, at: new Date(now()).toISOString(), link, direction, text });
    if (entries.length > KEPT_MAX * 2) entries.splice(0, entries.length - KEPT_MAX);
  };
  return {
    message: (link, direction, message) => add(link, direction, describeLine(dialect, message)),
    event: (link, text) => add(link, 'link', text),
    last: (count) => entries.slice(-Math.min(count, KEPT_MAX)),
  };
};
