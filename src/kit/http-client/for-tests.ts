// Other ends that misbehave, on real sockets of this machine.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { temporaryFolder } from '../context/for-tests.ts';

export type OddServer = {
  readonly port: number;
  /** What came in, as text: of every connection, or each request. */
  readonly heard: string[];
  close(): Promise<void>;
};

/** Calls `react` once the head of a request is there. */
export const oddServer = (react: (socket: Socket, head: string) => void): Promise<OddServer> => {
  const heard: string[] = [];
  const server = createServer((socket) => {
    const at = heard.push('') - 1;
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      const had = heard[at] ?? '';
      heard[at] = had + bytes.toString('latin1');
      if (!had.includes('\r\n\r\n') && heard[at].includes('\r\n\r\n')) react(socket, heard[at]);
    });
  });
  return listening(server, heard);
};

/** Ends every connection before a byte of a request could come. */
export const closingServer = (): Promise<OddServer> =>
  listening(
    createServer((socket) => socket.resetAndDestroy()),
    [],
  );

/** A certificate that nobody has signed. */
export const untrustedServer = (): Promise<OddServer> => {
  const server = createTlsServer(ownCertificate());
  server.on('tlsClientError', () => {});
  return listening(server, []);
};

/** Speaks HTTP/2 with whoever can, and HTTP/1.1 with others; answers each request by the version that it came in. */
export const http2Server = async (): Promise<OddServer & { readonly cert: string }> => {
  const given = ownCertificate();
  const server = createSecureServer({ ...given, allowHTTP1: true });
  const heard: string[] = [];
  server.on('sessionError', () => {});
  server.on('request', (request, response) => {
    heard.push(`HTTP/${request.httpVersion} ${request.url}`);
    response.end(request.httpVersion);
  });
  return { ...(await listening(server, heard)), cert: given.cert.toString() };
};

const ownCertificate = (): { readonly key: Buffer; readonly cert: Buffer } => {
  const folder = temporaryFolder('certificate');
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const files = ['-nodes', '-days', '2', '-keyout', key, '-out', cert];
  execFileSync('openssl', [...args, ...names, ...files], { stdio: 'ignore' });
  return { key: readFileSync(key), cert: readFileSync(cert) };
};

const listening = (server: Server, heard: string[]): Promise<OddServer> => {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve({
        port: typeof address === 'object' && address !== null ? address.port : 0,
        heard,
        close: () =>
          new Promise((closed) => {
            for (const socket of sockets) socket.destroy();
            server.close(() => closed());
          }),
      });
    });
  });
};
