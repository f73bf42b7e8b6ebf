// Whose request it is and whether it may be made: the key from where it may stand, the route's demand
// on the kind of key, a restricted key's permission, and the account a request speaks for.

import type { IncomingHttpHeaders } from 'node:http';
import type { Raw, RawMap } from './raw.ts';
import { permissionMissing, secretKeyRequired } from './refusals.ts';
import type { Principal, Route } from './route.ts';

/** From `Authorization`, as Bearer, or as the user name of Basic. Null when neither is there. */
export const keyFromHeaders = ({ authorization }: IncomingHttpHeaders): string | null => {
  if (authorization === undefined) return null;

  const space = authorization.indexOf(' ');
  const scheme = authorization.slice(0, space).toLowerCase();
  const value = authorization.slice(space + 1).trim();
  if (scheme === 'bearer') return value === '' ? null : value;
  if (scheme !== 'basic') return null;

  const [user = ''] = Buffer.from(value, 'base64').toString('latin1').split(':', 1);
  return user === '' ? null : user;
};

/** Browser libraries put a publishable key into the form. */
export const keyFromParameters = (raw: RawMap): string | null => {
  const key: Raw | undefined = raw.get('key');
  return typeof key === 'string' && key !== '' ? key : null;
};

/** Nobody in particular, for routes that take no key. Row level security shows such a scope nothing. */
export const nobody: Principal = {
  scope: { accountId: '00000000-0000-0000-0000-000000000000', livemode: false },
  keyId: 'public',
  kind: 'publishable',
  permissions: {},
};

/** Throws the refusal when this kind of key, or this key's permissions, do not reach so far. */
export const checkAccess = (principal: Principal, route: Route): void => {
  if (principal.kind === 'secret') return;
  if (principal.kind === 'publishable') {
    if (route.keys === 'secret') throw secretKeyRequired();
    return;
  }

  const resource = resourceOf(route);
  const granted = principal.permissions[resource];
  const needed = route.method === 'GET' ? 'read' : 'write';
  if (granted === 'write' || granted === needed) return;
  throw permissionMissing(resource, needed);
};

export const resourceOf = ({ operation }: Route): string => operation.split('.', 1)[0]!;
