// Numbers about the front door: how many requests, how long they took, how many are inside, and how many were sent away
// while they were still sending.

import type { Registry } from '@prometheus-io/client';
import { Counter, Gauge, Histogram } from '@prometheus-io/client';

export type HttpMetrics = {
  /** `operation` is from a closed list: a name a caller can choose would grow the memory. */
  observe(operation: string, status: number, durationMs: number): void;
  inFlight(change: 1 | -1): void;
  /** On who sent a body for longest, so that others have room. */
  hungUp(): void;
};

export const noMetrics: HttpMetrics = { observe() {}, inFlight() {}, hungUp() {} };

const durationBucketsSeconds = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export const createHttpMetrics = (registry: Registry): HttpMetrics => {
  const registers = [registry];
  const requests = new Counter({
    name: 'tollgate_http_requests_total',
    help: 'Answered requests by operation and status.',
    labelNames: ['operation', 'status'] as const,
    registers,
  });
  const durations = new Histogram({
    name: 'tollgate_http_request_duration_seconds',
    help: 'Time from the head of a request to its answer.',
    labelNames: ['operation'] as const,
    buckets: durationBucketsSeconds,
    registers,
  });
  const inFlight = new Gauge({
    name: 'tollgate_http_requests_in_flight',
    help: 'Requests that are being worked on.',
    registers,
  });
  const hungUp = new Counter({
    name: 'tollgate_http_bodies_hung_up_on_total',
    help: 'Callers who were hung up on while they sent a body, since too many did.',
    registers,
  });

  return {
    observe: (operation, status, durationMs) => {
      requests.inc({ operation, status: String(status) });
      durations.observe({ operation }, durationMs / 1000);
    },
    inFlight: (change) => (change === 1 ? inFlight.inc() : inFlight.dec()),
    hungUp: () => hungUp.inc(),
  };
};
