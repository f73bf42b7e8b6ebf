// What is sent out and what comes back: bytes, as they were.

import type { Reach } from '#kit/context';

export type HttpRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
};

export type HttpResponse = {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Signatures are made over bytes, so they are kept. */
  readonly body: Buffer;
};

export type Limits = {
  /** For everything: names, connecting, sending, the last byte of the answer. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
  readonly bytesMax?: number;
  /** Where the name of the other side may lead; anywhere, if nobody says. */
  readonly reach?: Reach;
};
