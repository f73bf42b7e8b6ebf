// Between a gateway and its PostgreSQL, and bad at it: cuts a connection after so many bytes one way or the other, or
// takes everything and passes nothing on.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

type Way = 'there' | 'back';

export type Proxy = {
  /** The same database by way of it. */
  readonly url: string;
  /** From now on nothing goes this way through what is open. */
  swallow(way: Way): void;
  /** Nor through what is opened, any way; or again. */
  swallowAll(isOn: boolean): void;
  /** Whatever is open is cut as soon as so many bytes more went this way; what is opened after that is not. */
  cutAfter(bytes: number, way: Way): void;
  /** How many bytes went this way since it was told to cut. */
  passed(way: Way): number;
  /** Whatever is open is closed. */
  endAll(): void;
  close(): void;
};

export const proxyBefore = async (url: string): Promise<Proxy> => {
  const given = new URL(url);
  const folder = given.searchParams.get('host') ?? '';
  const lines = new Set<{ readonly swallowed: Set<Way>; end(): void }>();
  let swallowsAll = false;
  let passed = { there: 0, back: 0 };
  let cut: { readonly bytes: number; readonly way: Way } | null = null;

  const server = createServer({ allowHalfOpen: true }, (gateway) => {
    const database = connect({ path: `${folder}/.s.PGSQL.5432`, allowHalfOpen: true });
    const end = (): void => {
      lines.delete(line);
      gateway.destroy();
      database.destroy();
    };
    const line = { swallowed: new Set<Way>(), end };
    lines.add(line);
    const pass = (from: Socket, to: Socket, way: Way): void => {
      const swallows = (): boolean => swallowsAll || line.swallowed.has(way);
      from.setNoDelay(true).on('error', () => {});
      // That it was closed is swallowed as well.
      const ends = (): void => {
        if (!swallowsAll && line.swallowed.size === 0) end();
      };
      from.on('end', ends).on('close', ends);
      from.on('data', (piece: Buffer) => {
        if (swallows()) return;
        const left = cut?.way === way ? cut.bytes - passed[way] : piece.length + 1;
        passed[way] += piece.length;
        if (left > piece.length) {
          to.write(piece);
          return;
        }
        cut = null;
        to.write(piece.subarray(0, left), end);
      });
    };
    pass(gateway, database, 'there');
    pass(database, gateway, 'back');
  });
  const endAll = (): void => {
    for (const { end } of lines) end();
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const { port } = server.address() as AddressInfo;
  return {
    url: `postgres://${given.username}:${given.password}@127.0.0.1:${port}${given.pathname}`,
    swallow: (way) => {
      for (const { swallowed } of lines) swallowed.add(way);
    },
    swallowAll: (isOn) => {
      swallowsAll = isOn;
    },
    cutAfter: (bytes, way) => {
      cut = { bytes, way };
      passed = { there: 0, back: 0 };
    },
    passed: (way) => passed[way],
    endAll,
    close: () => {
      server.close();
      endAll();
    },
  };
};
