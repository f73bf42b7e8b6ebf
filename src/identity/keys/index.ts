export type { ApiKey, KeyKind, Permissions } from './api-key.ts';
export { type Authenticator, createAuthenticator } from './authenticate.ts';
export { listKeys } from './keys.store.ts';
export { createKey, revokeKey, rollKey } from './manage-keys.ts';
