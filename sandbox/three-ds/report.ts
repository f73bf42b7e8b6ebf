// The result of a challenge, told to the merchant's side until it says that it has heard.

import type { Clock } from '#kit/context';
import type { FaultRule } from '../faults/fault.ts';

const pausesMs = [0, 250, 1_000, 3_000, 10_000] as const;
const TIMEOUT_MS = 5_000;

export type Reported = { readonly arrivals: number; readonly isAcknowledged: boolean };

export const report = async (
  clock: Clock,
  url: string,
  result: Readonly<Record<string, unknown>>,
  fault: FaultRule | undefined,
  stopped: AbortSignal,
): Promise<Reported> => {
  if (fault?.kind === 'hang' || fault?.kind === 'down')
    return { arrivals: 0, isAcknowledged: false };
  if (fault?.kind === 'slow') await clock.sleep(fault.delayMs ?? 1_000, stopped);
  let arrivals = 0;
  for (const pauseMs of pausesMs) {
    if (pauseMs > 0) await clock.sleep(pauseMs, stopped);
    if (stopped.aborted) break;
    arrivals += 1;
    if (!(await send(url, result, stopped))) continue;
    if (fault?.kind === 'twice') {
      arrivals += 1;
      await send(url, result, stopped);
    }
    return { arrivals, isAcknowledged: true };
  }
  return { arrivals, isAcknowledged: false };
};

const send = async (
  url: string,
  result: Readonly<Record<string, unknown>>,
  stopped: AbortSignal,
): Promise<boolean> => {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify(result),
      redirect: 'error',
      signal: AbortSignal.any([stopped, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    const answer = (await response.json()) as { messageType?: unknown } | null;
    return response.ok && answer?.messageType === 'RRes';
  } catch {
    return false;
  }
};
