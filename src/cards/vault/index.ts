export { type AwsKmsSettings, awsKmsKeys } from './aws-kms.ts';
export { connectVault } from './connect-vault.ts';
export {
  KeyMissing,
  Tampered,
  VaultForbidden,
  VaultRefused,
  VaultUnavailable,
} from './failures.ts';
export type { KeyProvider } from './key-provider.ts';
export { createLocalKey, localKeys } from './local-keys.ts';
export { openVault } from './open-vault.ts';
export { type ServedVault, serveVault } from './serve-vault.ts';
export * from './vault.ts';
export type { MutualTls, VaultAddress } from './vault-address.ts';
export { defaultVaultSettings, type VaultSettings } from './vault-context.ts';
export { provideVault, vaultOf } from './vault-of.ts';
