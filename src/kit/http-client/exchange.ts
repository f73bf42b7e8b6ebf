// What is sent out and what comes back: bytes, as they were.

import type { Exchange, Reach } from '#kit/context';

export type HttpRequest = Pick<Exchange, 'method' | 'url' | 'body'> & {
  readonly headers?: Exchange['headers'];
};

/** Signatures are made over bytes, so they are kept. */
export type { HttpAnswer as HttpResponse } from '#kit/context';

export type Limits = {
  /** For everything: names, connecting, sending, the last byte of the answer. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
  readonly bytesMax?: number;
  /** Where the name of the other side may lead; anywhere, if nobody says. */
  readonly reach?: Reach;
};
