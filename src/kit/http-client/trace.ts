// Whether a byte of a request has left. An error alone cannot tell: a reset after the request and a
// handshake that failed look the same. The client of the runtime publishes on diagnostics channels when
// it makes a request and when it writes its head; the request is tied to the call that made it by the
// asynchronous context, so that calls beside each other are told apart.

import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { beside } from '#kit/beside';

export type Trace = {
  /** The client that publishes made the request. Where it did not, nothing is proven. */
  made: boolean;
  /** Its head was handed to a socket, or was just about to be when its time was over. */
  sent: boolean;
  /**
   * Asked before its head is handed to a socket: a process that stood still while it connected hears of the connection
   * before its own alarm. By then others may have said what came of the call. Ends the request where its time is over, and
   * says so.
   */
  readonly endIfLate: () => boolean;
};

const calls = new AsyncLocalStorage<Trace>();
const traces = beside<object, Trace>();

subscribe('undici:request:create', (message) => {
  const trace = calls.getStore();
  if (trace === undefined) return;
  trace.made = true;
  traces.set((message as { request: object }).request, trace);
});

subscribe('undici:client:sendHeaders', (message) => {
  const { request, socket } = message as { request: object; socket: Socket };
  const trace = traces.get(request);
  if (trace === undefined) return;
  // That nothing leaves any more is true, and not what is proven.
  trace.sent = true;
  // The client may be about to write all the same: only what it would leave by can keep it here.
  if (trace.endIfLate()) socket.destroy();
});

export const traced = <T>(trace: Trace, work: () => Promise<T>): Promise<T> =>
  calls.run(trace, work);
