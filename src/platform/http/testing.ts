// A server in this process on a free port, with a database that is a list and keys that are known:
// for tests of the frame, and of modules that want to see their routes over HTTP.

import type { IncomingHttpHeaders } from 'node:http';
import { request as send } from 'node:http';
import type { Commit, Context, Database, Scope, Write, WriteStatement } from '#kit/context';
import { manualClock, noNetwork, seededRandom, silentLog } from '../../kit/context/for-tests.ts';
import type { AnswerToKeep, AskedAgain, IdempotencyStore } from './idempotency.ts';
import type { Principal } from './route.ts';
import type { HttpServerOptions } from './server.ts';
import { createHttpServer } from './server.ts';

export const testScope: Scope = { accountId: 'acct_test', livemode: false };

const principal = (
  kind: Principal['kind'],
  keyId: string,
  permissions: Principal['permissions'] = {},
  scope = testScope,
): Principal => ({ scope, keyId, kind, permissions });

/** The keys that a test server knows. */
export const testKeys = {
  secret: 'sk_test_0000000000000000secret',
  live: 'sk_live_0000000000000000secret',
  otherAccount: 'sk_test_0000000000000000other1',
  publishable: 'pk_test_0000000000000000public',
  restricted: 'rk_test_0000000000000000reader',
} as const;

export const testPrincipals: ReadonlyMap<string, Principal> = new Map([
  [testKeys.secret, principal('secret', 'key_secret')],
  [testKeys.live, principal('secret', 'key_live', {}, { ...testScope, livemode: true })],
  [
    testKeys.otherAccount,
    principal('secret', 'key_other', {}, { ...testScope, accountId: 'acct_2' }),
  ],
  [testKeys.publishable, principal('publishable', 'key_publishable')],
  [testKeys.restricted, principal('restricted', 'key_restricted', { things: 'read' })],
]);

/** A statement that puts its rows into `committed`. */
export const testInsert: WriteStatement = {
  name: 'test.insert',
  text: '',
  rank: 1,
  types: ['text'],
  keyColumn: 0,
  owner: null,
};

const testClaim: WriteStatement = { ...testInsert, name: 'test.claim', rank: 0 };
const testRelease: WriteStatement = { ...testInsert, name: 'test.release', rank: 0 };
const testHold: WriteStatement = { ...testInsert, name: 'test.hold', rank: 0 };
const testFinish: WriteStatement = { ...testInsert, name: 'test.finish', rank: 0 };
const ofTheKey = [testClaim, testRelease, testHold, testFinish];

export type MemoryStore = {
  readonly database: Database;
  readonly idempotency: IdempotencyStore;
  /** Rows written, in order, without claims. */
  readonly committed: readonly unknown[][];
  /** Lets the next commits lose to another request, as an older version would. */
  loseNext(times: number): void;
  failNext(error: Error): void;
  /** The next commit is made, and whoever made it hears this; so many after it do not find what it made. */
  hideNext(error: Error, unseenBy?: number): void;
  /** The next commit waits until it is let go. */
  holdNext(): () => void;
  /** As if the holder of every unfinished key had been gone for long: another has it now. */
  takeOverClaims(): void;
};

type Kept = AskedAgain & Partial<AnswerToKeep> & { readonly passesOn?: boolean };

const keyOf = ({ scope, key }: AskedAgain) => `${scope.accountId} ${scope.livemode} ${key}`;
const finishWrite = (answer: Kept): Write => ({ into: testFinish, row: [answer] });
const claimWrite = (answer: Kept): Write => ({ into: testClaim, row: [answer] });

export const createMemoryStore = (): MemoryStore => {
  const committed: unknown[][] = [];
  const kept = new Map<string, Kept>();
  let losing = 0;
  let failing: Error | null = null;
  let hiding: { readonly error: Error; readonly unseenBy: number } | null = null;
  let holding: Promise<void> | null = null;

  const commit = async (scope: Scope, writes: readonly Write[]): Promise<Commit> => {
    const hidden = hiding;
    const held = holding;
    [hiding, holding] = [null, null];
    await held;
    const done = await store(scope, writes);
    if (hidden === null) return done;
    losing = hidden.unseenBy;
    throw hidden.error;
  };
  const store = async (_scope: Scope, writes: readonly Write[]): Promise<Commit> => {
    await new Promise(setImmediate);
    if (failing !== null) {
      const error = failing;
      failing = null;
      throw error;
    }
    if (losing > 0) {
      losing -= 1;
      return { ok: false, lost: testInsert };
    }

    for (const { into, row } of writes) {
      if (!ofTheKey.includes(into)) continue;
      const [asked] = row as [Kept];
      const there = kept.get(keyOf(asked));
      const isOwn = there?.requestId === asked.requestId && there?.status === undefined;
      if (into === testClaim && there !== undefined) return { ok: false, lost: into };
      if ((into === testHold || into === testFinish) && !isOwn) return { ok: false, lost: into };
    }
    for (const { into, row } of writes) {
      const [asked] = row as [Kept];
      if (into === testClaim || into === testFinish) kept.set(keyOf(asked), asked);
      if (into === testHold) kept.set(keyOf(asked), { ...asked, passesOn: false });
      if (into === testRelease && kept.get(keyOf(asked))?.passesOn) kept.delete(keyOf(asked));
    }
    committed.push(
      ...writes.filter(({ into }) => !ofTheKey.includes(into)).map(({ row }) => [...row]),
    );
    return { ok: true };
  };

  return {
    committed,
    loseNext: (times) => (losing = times),
    failNext: (error) => (failing = error),
    hideNext: (error, unseenBy = 0) => (hiding = { error, unseenBy }),
    holdNext: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      holding = promise;
      return resolve;
    },
    takeOverClaims: () => {
      for (const [key, claim] of kept) {
        if (claim.status === undefined) kept.set(key, { ...claim, requestId: 'req_another' });
      }
    },
    database: {
      commit,
      read: () => Promise.resolve([]),
      transaction: () => Promise.reject(new Error('The test database has no transactions.')),
      system: () => Promise.reject(new Error('The test database has no transactions.')),
    },
    idempotency: {
      remember: (_context, answer) => claimWrite(answer),
      claim: (_context, asked) => claimWrite(asked),
      hold: (_context, asked) => ({ into: testHold, row: [asked] }),
      link: (_context, asked) => ({ into: testHold, row: [asked] }),
      takeOver: (_context, asked) => claimWrite(asked),
      finish: (_context, answer) => finishWrite(answer),
      release: (_context, asked) => ({ into: testRelease, row: [asked] }),
      isHeld: async (_context, asked) => {
        const found = kept.get(keyOf(asked));
        return found?.requestId === asked.requestId && found.status === undefined;
      },
      recall: async (_context, asked) => {
        const found = kept.get(keyOf(asked));
        if (found === undefined) return { state: 'unknown' };
        if (found.fingerprint !== asked.fingerprint) return { state: 'other_parameters' };
        if (found.status === undefined) {
          const { requestId } = found;
          return {
            state: 'in_flight',
            abandoned: false,
            subject: null,
            passesOn: false,
            requestId: requestId ?? '',
          };
        }
        return {
          state: 'finished',
          status: found.status,
          body: found.body!,
          requestId: found.requestId!,
        };
      },
      isClaim: (statement) => ofTheKey.includes(statement),
      spelled: ({ key, fingerprint }) => ({ key, fingerprint }),
      fingerprint: (canonical) => canonical,
    },
  };
};

export const testContext = (database: Database, changes: Partial<Context> = {}): Context => ({
  clock: manualClock(),
  random: seededRandom('http'),
  network: noNetwork,
  log: silentLog,
  database,
  actor: { kind: 'system', id: 'test' },
  crashPoint: () => {},
  ...changes,
});

export type TestAnswer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- a test reads what it expects
  readonly body: any;
};

export type TestRequest = {
  /** A key of `testKeys` by its text; null sends none. */
  readonly key?: string | null;
  readonly form?: string;
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

export type TestServer = MemoryStore & {
  readonly port: number;
  ask(method: string, path: string, request?: TestRequest): Promise<TestAnswer>;
  close(): Promise<void>;
};

/** Listens on 127.0.0.1 until `close`. */
export const startTestServer = async (
  options: Pick<HttpServerOptions, 'routes'> &
    Partial<HttpServerOptions> & { readonly contextChanges?: Partial<Context> },
): Promise<TestServer> => {
  const store = createMemoryStore();
  const { contextChanges = {}, ...rest } = options;
  const server = createHttpServer({
    context: testContext(store.database, contextChanges),
    authenticate: async (_context, { key }) => testPrincipals.get(key) ?? null,
    idempotency: store.idempotency,
    settings: { publicUrl: 'http://pay.test', closeTimeoutMs: 2_000 },
    ...rest,
  });
  const port = await server.listen(0);

  return {
    ...store,
    port,
    close: () => server.close(),
    ask: (method, path, request = {}) => ask(port, method, path, request),
  };
};

const ask = (
  port: number,
  method: string,
  path: string,
  { key = testKeys.secret, form, json, headers = {} }: TestRequest,
): Promise<TestAnswer> =>
  new Promise((resolve, reject) => {
    const body = json === undefined ? (form ?? '') : JSON.stringify(json);
    const type = json === undefined ? 'application/x-www-form-urlencoded' : 'application/json';
    const request = send({
      host: '127.0.0.1',
      port,
      method,
      path,
      agent: false,
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(body === '' ? {} : { 'content-type': type }),
        ...('transfer-encoding' in headers
          ? {}
          : { 'content-length': String(Buffer.byteLength(body)) }),
        ...headers,
      },
    });
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('error', reject);
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          body: text.startsWith('{') ? JSON.parse(text) : null,
        });
      });
    });
    request.end(body);
  });
