// The state of a session as it changes, for as long as its page listens. Each connection is short and is
// made again by the browser, so that a server that stops waits for nobody; where there are too many of
// them the page asks instead.

import type { ServerResponse } from 'node:http';
import type { Context } from '#kit/context';
import type { PageView } from '../page-view.ts';
import { pageState } from './state.ts';

const LISTENERS_MAX = 500;
const LASTS_MS = 20_000;
const LOOK_MS = { open: 3_000, busy: 700 } as const;
const AGAIN_MS = 1_000;

let listeners = 0;

export const sendLiveState = async (
  { clock }: Pick<Context, 'clock'>,
  response: ServerResponse,
  look: () => Promise<PageView | null>,
): Promise<void> => {
  const first = await look();
  if (first === null || listeners >= LISTENERS_MAX) {
    response.writeHead(first === null ? 404 : 503, { 'Cache-Control': 'no-store' }).end();
    return;
  }
  listeners += 1;
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  response.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-store',
    // Some proxies hold an answer back until it is complete.
    'X-Accel-Buffering': 'no',
  });
  response.write(`retry: ${AGAIN_MS}\n\n`);

  try {
    const endsMs = clock.monotonicMs() + LASTS_MS;
    let view: PageView | null = first;
    let told = '';
    while (view !== null && !gone.signal.aborted && clock.monotonicMs() < endsMs) {
      const { vaultKey: _, attempt: __, ...changing } = pageState(view);
      const now = JSON.stringify(changing);
      if (now !== told) response.write(`data: ${JSON.stringify(pageState(view))}\n\n`);
      told = now;
      await clock.sleep(view.status === 'open' ? LOOK_MS.open : LOOK_MS.busy, gone.signal);
      if (!gone.signal.aborted) view = await look();
    }
  } finally {
    listeners -= 1;
    response.end();
  }
};
