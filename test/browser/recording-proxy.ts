// Stands where a load balancer, a firewall or a curious colleague would stand: between the payer and
// the gateway. It keeps every byte that passes, and can change a script on the way.

import { createServer, type IncomingHttpHeaders, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Recorded = {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Head and body as they came. */
  readonly raw: Buffer;
};

export type RecordingProxy = {
  readonly origin: string;
  readonly requests: Recorded[];
  /** The bodies that were answered. */
  readonly answers: Buffer[];
  /** Changes what is answered to a path; null leaves all as it is. */
  tamper: ((path: string, body: Buffer) => Buffer) | null;
  close(): Promise<void>;
};

export const startRecordingProxy = async (gatewayPort: number): Promise<RecordingProxy> => {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('error', () => response.destroy());
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = 'GET', url: path = '/', rawHeaders } = request;
      const body = Buffer.concat(chunks);
      const head = `${method} ${path}\r\n${rawHeaders.join('\r\n')}\r\n\r\n`;
      const raw = Buffer.concat([Buffer.from(head), body]);
      proxy.requests.push({ method, path, headers: request.headers, body, raw });

      // Answers are kept as plain bytes, so that they can be searched and changed.
      const headers = { ...request.headers, 'accept-encoding': 'identity' };
      const onward = send(
        { host: '127.0.0.1', port: gatewayPort, method, path, headers, timeout: 30_000 },
        (answer) => {
          const parts: Buffer[] = [];
          answer.on('error', () => response.destroy());
          answer.on('data', (part: Buffer) => parts.push(part));
          answer.on('end', () => {
            const whole = Buffer.concat(parts);
            proxy.answers.push(whole);
            const told = proxy.tamper?.(path, whole) ?? whole;
            const length = told === whole ? {} : { 'content-length': String(told.length) };
            response.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...length });
            response.end(told);
          });
        },
      );
      onward.on('timeout', () => onward.destroy());
      onward.on('error', () => response.destroy());
      onward.end(body);
    });
  });
  const port = await listenOnLoopback(server);

  const proxy: RecordingProxy = {
    origin: `http://127.0.0.1:${port}`,
    requests: [],
    answers: [],
    tamper: null,
    close: () => closeServer(server),
  };
  return proxy;
};

type Server = ReturnType<typeof createServer>;

export const listenOnLoopback = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
};

export const closeServer = async (server: Server): Promise<void> => {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
};
