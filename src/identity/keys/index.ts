export type { ApiKey, KeyKind, Permissions } from './api-key.ts';
export { type Authenticated, type Authenticator, createAuthenticator } from './authenticate.ts';
export { listKeys } from './keys.store.ts';
export {
  createKey,
  type NewKey,
  newKey,
  ROLL_OVERLAP_MAX_MS,
  revokeKey,
  rollKey,
} from './manage-keys.ts';
