// Key-encryption keys at AWS KMS, which never gives them out: each data key is wrapped and unwrapped by
// a call, with its purpose as encryption context, so that KMS binds it and CloudTrail tells of it. The
// SDK is an optional package; it signs, and our network carries.

import { Readable } from 'node:stream';
import type { Network } from '#kit/context';
import { KeyMissing, Tampered, VaultRefused, VaultUnavailable } from './failures.ts';
import type { KeyProvider, KeyPurpose } from './key-provider.ts';

export type AwsKmsSettings = {
  /** The ARN of the key that wraps from now on. Keys that wrapped earlier are found by their rows. */
  readonly keyArn: string;
  readonly region: string;
  readonly network: Network;
  /** Instead of AWS's own, for a private endpoint or a test. */
  readonly endpoint?: string;
  /** Absent: where the SDK looks by itself (environment, instance role …). */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly timeoutMs?: number;
};

const PREFIX = 'aws-kms:';
const PACKAGE: string = '@aws-sdk/client-kms';
const ATTEMPTS_MAX = 3;

export const awsKmsKeys = async (settings: AwsKmsSettings): Promise<KeyProvider> => {
  const { region, endpoint, credentials, keyArn } = settings;
  const sdk = await loadSdk();
  const client = new sdk.KMSClient({
    region,
    maxAttempts: ATTEMPTS_MAX,
    requestHandler: handlerOver(settings.network, settings.timeoutMs ?? 5_000),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  });

  const ask = async (command: unknown, keyId: string): Promise<KmsAnswer> => {
    try {
      return await client.send(command);
    } catch (error) {
      throw inOurWords(error, keyId);
    }
  };

  return {
    id: 'aws-kms',
    currentKeyId: async () => PREFIX + keyArn,
    wrap: async (clear, purpose) => {
      const keyId = PREFIX + keyArn;
      const { CiphertextBlob } = await ask(
        new sdk.EncryptCommand({
          KeyId: keyArn,
          Plaintext: clear,
          EncryptionContext: contextOf(purpose),
        }),
        keyId,
      );
      if (CiphertextBlob === undefined) throw unavailable('an answer without a key');
      return { keyId, sealed: Buffer.from(CiphertextBlob) };
    },
    unwrap: async ({ keyId, sealed }, purpose) => {
      const { Plaintext } = await ask(
        new sdk.DecryptCommand({
          KeyId: keyId.slice(PREFIX.length),
          CiphertextBlob: sealed,
          EncryptionContext: contextOf(purpose),
        }),
        keyId,
      );
      if (Plaintext === undefined) throw unavailable('an answer without a key');
      const clear = Buffer.from(Plaintext);
      Plaintext.fill(0);
      return clear;
    },
    refusalsOfLiveMode: async () =>
      endpoint === undefined || endpoint.startsWith('https://')
        ? []
        : ['The endpoint of AWS KMS must begin with https:// in live mode.'],
  };
};

const contextOf = (purpose: KeyPurpose): Record<string, string> => ({ ...purpose });

/** As much of the SDK as is used here. */
type KmsAnswer = { readonly CiphertextBlob?: Uint8Array; readonly Plaintext?: Uint8Array };
type Sdk = {
  readonly KMSClient: new (settings: object) => { send(command: unknown): Promise<KmsAnswer> };
  readonly EncryptCommand: new (input: object) => unknown;
  readonly DecryptCommand: new (input: object) => unknown;
};

const loadSdk = async (): Promise<Sdk> => {
  try {
    return (await import(PACKAGE)) as Sdk;
  } catch (error) {
    throw new VaultRefused(
      `Keys at AWS KMS need a package that is not here: run npm install ${PACKAGE}.`,
      {
        cause: error,
      },
    );
  }
};

type SdkRequest = {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string | Uint8Array;
};

/** The SDK's way of asking, over the network of the context. */
const handlerOver = (network: Network, timeoutMs: number) => ({
  handle: async (request: SdkRequest) => {
    const port = request.port === undefined ? '' : `:${request.port}`;
    const response = await network.fetch(
      `${request.protocol}//${request.hostname}${port}${request.path}`,
      {
        method: request.method,
        headers: Object.fromEntries(
          Object.entries(request.headers).filter(([name]) => name.toLowerCase() !== 'host'),
        ),
        body: (request.body ?? '') as RequestInit['body'] & string,
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      },
    );
    return {
      response: {
        statusCode: response.status,
        headers: Object.fromEntries(response.headers),
        body: Readable.from([Buffer.from(await response.arrayBuffer())]),
      },
    };
  },
});

const keyIsNotThere = new Set([
  'NotFoundException',
  'DisabledException',
  'KMSInvalidStateException',
  'AccessDeniedException',
  'IncorrectKeyException',
]);

const inOurWords = (error: unknown, keyId: string): Error => {
  const name = error instanceof Error ? error.name : 'an unknown failure';
  if (name === 'InvalidCiphertextException') {
    return new Tampered(`A key wrapped by ${keyId} was changed or moved.`);
  }
  if (keyIsNotThere.has(name)) {
    return new KeyMissing(keyId, `AWS KMS says ${name}: enable it, and allow this role to use it.`);
  }
  return unavailable(name, error);
};

const unavailable = (what: string, cause?: unknown): VaultUnavailable =>
  new VaultUnavailable(`AWS KMS does not answer: ${what}.`, { cause });
