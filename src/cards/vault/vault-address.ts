import type { SecureContextOptions } from 'node:tls';

/** A socket on this machine, which only its owner may open; or another machine, which must prove itself. */
export type VaultAddress =
  | { readonly socket: string }
  | { readonly host: string; readonly port: number; readonly tls: MutualTls };

/** PEM texts. Both sides show a certificate that `ca` has signed. */
export type MutualTls = { readonly ca: string; readonly cert: string; readonly key: string };

export const tlsOptions = ({
  ca,
  cert,
  key,
}: MutualTls): SecureContextOptions & { readonly rejectUnauthorized: true } => ({
  ca,
  cert,
  key,
  minVersion: 'TLSv1.3',
  rejectUnauthorized: true,
});
