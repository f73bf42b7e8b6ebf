// What the control API looks at and acts on, and what a route of it is.

import type { AcquirerHost } from '../acquirer/host.ts';
import type { SandboxContext } from '../context.ts';
import type { Faults } from '../faults/fault.ts';
import type { ThreeDs } from '../three-ds/server.ts';
import type { SandboxWorld } from '../world/world.ts';

export type Controlled = {
  readonly context: SandboxContext;
  readonly world: SandboxWorld;
  readonly host: AcquirerHost;
  readonly faults: Faults;
  readonly threeDs: Pick<ThreeDs, 'setBehaviour'>;
};

export type Reply = {
  readonly status: number;
  readonly body: unknown;
  /** Of a body that is text already; otherwise it is JSON. */
  readonly type?: 'text/csv' | 'application/xml';
};

export type Asked = {
  readonly query: URLSearchParams;
  readonly params: readonly string[];
  /** Text where XML or CSV was sent. */
  readonly body: unknown;
};

export type Route = (asked: Asked) => Promise<Reply> | Reply;
/** `POST /disputes/*`: a star stands for one part of the path. */
export type Routes = Readonly<Record<string, Route>>;

export const ok = (body: unknown): Reply => ({ status: 200, body });
export const refuse = (status: number, reason: string): Reply => ({ status, body: { reason } });

export const PAGE_ROWS_MAX = 1_000;

export const countOf = (query: URLSearchParams, name: string, otherwise: number): number => {
  const given = query.get(name);
  return given !== null && /^\d{1,9}$/.test(given) ? Number(given) : otherwise;
};

export const fieldsOf = (body: unknown): Readonly<Record<string, unknown>> =>
  typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};

export const momentOf = (atMs: number): string => new Date(atMs).toISOString();
