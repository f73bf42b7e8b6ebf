// Which route or handler a request is for.

import findMyWay from 'find-my-way';
import { type CompiledRoute, compileRoute } from './frame.ts';
import type { Route } from './route.ts';
import type { PlainHandler } from './server.ts';

export type Target =
  | { readonly kind: 'api'; readonly compiled: CompiledRoute }
  | { readonly kind: 'plain'; readonly handler: PlainHandler }
  | { readonly kind: 'preflight' }
  | { readonly kind: 'closed' };

export type Match = { readonly target: Target; readonly params: Readonly<Record<string, string>> };

export type Find = (method: string, path: string) => Match | null;

export const createFinder = (routes: readonly Route[], handlers: readonly PlainHandler[]): Find => {
  const router = findMyWay({ maxParamLength: 500 });
  // A path without a place for a name is found as it is, before any that has one: no need to walk there.
  const named: Partial<Record<string, Map<string, Match>>> = {};
  const add = (method: findMyWay.HTTPMethod, path: string, target: Target): void => {
    router.on(method, path, () => {}, target);
    if (/[:*]/.test(path) || target.kind === 'closed') return;
    (named[method] ??= new Map()).set(path, { target, params: {} });
  };

  for (const route of routes) {
    add(route.method, route.path, { kind: 'api', compiled: compileRoute(route) });
  }
  const open = new Set(routes.filter(({ keys }) => keys !== 'secret').map(({ path }) => path));
  for (const path of open) add('OPTIONS', path, { kind: 'preflight' });
  // A closed path stands as itself, or a page that asks about it would be told of an open one with a place
  // for any name in it: `/v1/payment_intents/search` is no `/v1/payment_intents/:intent`.
  const closed = new Set(routes.map(({ path }) => path).filter((path) => !open.has(path)));
  for (const path of closed) add('OPTIONS', path, { kind: 'closed' });
  for (const handler of handlers) add(handler.method, handler.path, { kind: 'plain', handler });

  return (method, path) => {
    // The router would take `*`, and an address with its host, for `/`.
    if (!path.startsWith('/')) return null;
    const looked = method === 'HEAD' ? 'GET' : method;
    const known = named[looked]?.get(path);
    if (known !== undefined) return known;
    const found = router.find(looked as findMyWay.HTTPMethod, path);
    if (found === null || found.store === null || found.store === undefined) return null;
    const target = found.store as Target;
    if (target.kind === 'closed') return null;
    const params = found.params as Record<string, string>;
    // `/v1/customers/` names no customer.
    if (Object.values(params).includes('')) return null;
    return { target, params };
  };
};
