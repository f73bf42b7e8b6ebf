// Certificates for tests of the vault over mutual TLS.

import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '../../kit/context/for-tests.ts';
import type { MutualTls } from './vault-address.ts';

/** An authority and certificates by it, for one test. */
export const certificates = async (): Promise<{ of: (name: string) => Promise<MutualTls> }> => {
  const folder = temporaryFolder('tls');
  const run = (...words: string[]): Buffer =>
    execFileSync('openssl', words, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  run('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=authority');
  return {
    of: async (name) => {
      const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost'];
      run('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, ...subject);
      const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'];
      run(
        'x509',
        '-req',
        '-in',
        `${name}.csr`,
        ...by,
        '-copy_extensions',
        'copy',
        '-out',
        `${name}.pem`,
      );
      return {
        ca: await readFile(join(folder, 'ca.pem'), 'utf8'),
        cert: await readFile(join(folder, `${name}.pem`), 'utf8'),
        key: await readFile(join(folder, `${name}.key`), 'utf8'),
      };
    },
  };
};
