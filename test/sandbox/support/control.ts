// Asking the control API of a sandbox, and moving its days on.

import assert from 'node:assert/strict';

export type Control = {
  get<T>(path: string): Promise<T>;
  text(path: string): Promise<string>;
  send(
    method: string,
    path: string,
    body: unknown,
  ): Promise<{ readonly status: number; readonly body: Record<string, unknown> }>;
  sendXml(path: string, xml: string): Promise<{ readonly status: number; readonly text: string }>;
  /** Moves the clock to this time of a day that many days from now. */
  moveTo(moment: string): Promise<void>;
  advance(ms: number): Promise<void>;
};

export const DAY_MS = 86_400_000;

export const controlOf = (port: number): Control => {
  const address = `http://127.0.0.1:${port}`;
  const text = async (path: string): Promise<string> => (await fetch(address + path)).text();
  const get = async <T>(path: string): Promise<T> => JSON.parse(await text(path)) as T;
  const send: Control['send'] = async (method, path, body) => {
    const response = await fetch(address + path, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const advance = async (ms: number): Promise<void> => {
    assert.equal((await send('POST', '/clock', { advance_ms: ms })).status, 200);
  };
  return {
    get,
    text,
    send,
    sendXml: async (path, xml) => {
      const headers = { 'content-type': 'application/xml' };
      const response = await fetch(address + path, { method: 'POST', headers, body: xml });
      return { status: response.status, text: await response.text() };
    },
    moveTo: async (moment) => {
      const { now } = await get<{ now: string }>('/clock');
      const ms = Date.parse(moment) - Date.parse(now);
      assert.ok(ms >= 0, `${moment} is over`);
      await advance(ms);
    },
    advance,
  };
};

/** A clock that stands on this moment; the world's own offset moves on top of it. */
export const clockAt = (moment: string) => {
  const startMs = Date.parse(moment);
  const began = performance.now();
  return {
    now: () => startMs + Math.floor(performance.now() - began),
    monotonicMs: () => performance.now(),
    sleep: (durationMs: number, signal?: AbortSignal): Promise<void> =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve();
        const timer = setTimeout(resolve, durationMs);
        signal?.addEventListener('abort', () => {
          clearTimeout(timer);
          resolve();
        });
      }),
    alarm: (durationMs: number, ring: () => void): (() => void) => {
      const timer = setTimeout(ring, durationMs);
      return () => clearTimeout(timer);
    },
  };
};
