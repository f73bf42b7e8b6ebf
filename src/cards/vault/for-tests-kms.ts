// A server that speaks as much of the KMS wire protocol as the vault needs (JSON 1.1), and believes
// nobody: each request's Signature Version 4 is computed again from what arrived.

import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type TestKms = {
  readonly endpoint: string;
  readonly targets: string[];
  readonly refusedSignatures: () => number;
  addKey(arn: string): void;
  removeKey(arn: string): void;
  /** Every answer from now on. */
  answer(how: 'well' | 'never' | '500'): void;
  close(): Promise<void>;
};

export const testCredentials = {
  accessKeyId: 'AKIDTOLLGATE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};

export const startTestKms = async (arn: string): Promise<TestKms> => {
  const keys = new Map<string, Buffer>([[arn, randomBytes(32)]]);
  const targets: string[] = [];
  let refusedSignatures = 0;
  let mood: 'well' | 'never' | '500' = 'well';

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (mood === 'never') return;
      const body = Buffer.concat(chunks);
      const say = sayTo(response);
      if (mood === '500') return say(500, { __type: 'KMSInternalException' });
      if (!isSigned(request, body)) {
        refusedSignatures += 1;
        return say(400, { __type: 'InvalidSignatureException', message: 'no' });
      }
      const target = String(request.headers['x-amz-target']);
      targets.push(target);
      const [status, value] = perform(keys, target, JSON.parse(body.toString()) as KmsInput);
      say(status, value);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    targets,
    refusedSignatures: () => refusedSignatures,
    addKey: (added) => keys.set(added, randomBytes(32)),
    removeKey: (removed) => keys.delete(removed),
    answer: (how) => {
      mood = how;
    },
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => {
        server.close(() => resolve());
      });
    },
  };
};

const sayTo =
  (response: ServerResponse) =>
  (status: number, value: object): void => {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(value));
  };

type KmsInput = {
  readonly KeyId: string;
  readonly Plaintext?: string;
  readonly CiphertextBlob?: string;
  readonly EncryptionContext?: Record<string, string>;
};

const perform = (
  keys: ReadonlyMap<string, Buffer>,
  target: string,
  input: KmsInput,
): [number, object] => {
  const key = keys.get(input.KeyId);
  if (key === undefined) return [400, { __type: 'NotFoundException', message: 'no such key' }];
  const bound = Buffer.from(
    JSON.stringify([input.KeyId, sortedEntries(input.EncryptionContext ?? {})]),
  );
  const encrypt = (clear: Buffer): string => {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(bound);
    const sealed = Buffer.concat([cipher.update(clear), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64');
  };
  switch (target) {
    case 'TrentService.Encrypt': {
      const clear = Buffer.from(input.Plaintext ?? '', 'base64');
      return [200, { KeyId: input.KeyId, CiphertextBlob: encrypt(clear) }];
    }
    case 'TrentService.GenerateDataKey': {
      const clear = randomBytes(32);
      const CiphertextBlob = encrypt(clear);
      return [200, { KeyId: input.KeyId, Plaintext: clear.toString('base64'), CiphertextBlob }];
    }
    case 'TrentService.Decrypt': {
      const blob = Buffer.from(input.CiphertextBlob ?? '', 'base64');
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, blob.subarray(0, 12))
          .setAAD(bound)
          .setAuthTag(blob.subarray(12, 28));
        const clear = Buffer.concat([decipher.update(blob.subarray(28)), decipher.final()]);
        return [200, { KeyId: input.KeyId, Plaintext: clear.toString('base64') }];
      } catch {
        return [400, { __type: 'InvalidCiphertextException' }];
      }
    }
    default:
      return [400, { __type: 'UnknownOperationException' }];
  }
};

const sortedEntries = (object: Record<string, string>): [string, string][] =>
  Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1));

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string): Buffer =>
  createHmac('sha256', key).update(data).digest();

/** AWS Signature Version 4, for a POST without a query. */
const isSigned = (request: IncomingMessage, body: Buffer): boolean => {
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/kms\/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$/.exec(
      request.headers.authorization ?? '',
    );
  const [, access, day = '', region = '', signed = '', signature] = match ?? [];
  if (access !== testCredentials.accessKeyId) return false;
  const names = signed.split(';');
  if (!names.includes('host') || !names.includes('x-amz-target')) return false;
  const headers = names.map((name) => `${name}:${String(request.headers[name] ?? '').trim()}\n`);
  const canonical = [request.method, request.url, '', headers.join(''), signed, sha256(body)];
  const scope = `${day}/${region}/kms/aws4_request`;
  const text = [
    'AWS4-HMAC-SHA256',
    request.headers['x-amz-date'],
    scope,
    sha256(canonical.join('\n')),
  ];
  const secret = `AWS4${testCredentials.secretAccessKey}`;
  const key = [region, 'kms', 'aws4_request'].reduce(hmac, hmac(secret, day));
  return hmac(key, text.join('\n')).toString('hex') === signature;
};
