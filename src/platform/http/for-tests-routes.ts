// Routes to things, for tests of the frame: some are made, one is slow, and one is broken.

import { Type } from 'typebox';
import { parametersExclusive } from './refusals.ts';
import type { Route } from './route.ts';
import { route } from './route.ts';
import { amount, id, metadata, parameters, required, text } from './schema.ts';
import { testInsert } from './testing.ts';

const common = {
  group: 'Things',
  object: 'thing',
  answer: Type.Object({}),
  summary: 'A thing',
} as const;

const newGate = () => ({
  entered: Promise.withResolvers<void>(),
  opened: Promise.withResolvers<void>(),
});
let gate = newGate();
/** A slow request says when it is inside its handler, and stays there until the gate is opened. */
export const closeGate = () => {
  gate = newGate();
  return gate;
};

export const routes: readonly Route[] = [
  route({
    ...common,
    method: 'POST',
    path: '/v1/things',
    operation: 'things.create',
    keys: 'secret',
    parameters: parameters({ amount: required(amount()), name: text(), metadata: metadata() }),
    handle: async (context, { parameters, requestId }) => ({
      body: { id: 'thing_1', object: 'thing', ...parameters, by: context.actor.id, requestId },
      writes: [{ into: testInsert, row: [parameters.amount] }],
    }),
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/things/:thing',
    operation: 'things.retrieve',
    keys: 'secret',
    parameters: parameters({}),
    handle: async (_context, { path, url }) => ({
      body: { id: path['thing'], object: 'thing', url },
    }),
  }),
  route({
    ...common,
    method: 'DELETE',
    path: '/v1/things/:thing',
    operation: 'things.delete',
    keys: 'secret',
    parameters: parameters({ now: text() }),
    handle: async (_context, { path, parameters }) => ({
      body: { id: path['thing'], object: 'thing', deleted: true, ...parameters },
      writes: [{ into: testInsert, row: ['deleted'] }],
    }),
  }),
  route({
    ...common,
    method: 'POST',
    path: '/v1/tokens',
    operation: 'tokens.create',
    keys: 'publishable',
    parameters: parameters({ customer: id() }),
    handle: async (_context, { principal }) => ({ body: { object: 'token', by: principal.keyId } }),
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/pages/:page',
    operation: 'pages.retrieve',
    keys: 'public',
    parameters: parameters({}),
    handle: async (context) => ({ body: { object: 'page', actor: context.actor.kind } }),
  }),
  route({
    ...common,
    method: 'POST',
    path: '/v1/slow',
    operation: 'slow.create',
    keys: 'secret',
    parameters: parameters({}),
    handle: async () => {
      const { entered, opened } = gate;
      entered.resolve();
      await opened.promise;
      return { body: { object: 'slow' }, writes: [{ into: testInsert, row: ['slow'] }] };
    },
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/bug',
    operation: 'bug.retrieve',
    keys: 'secret',
    parameters: parameters({}),
    handle: () => Promise.reject(new TypeError('password of the database is hunter2')),
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/refusal',
    operation: 'refusal.retrieve',
    keys: 'secret',
    parameters: parameters({}),
    handle: () => Promise.reject(parametersExclusive(['a', 'b'])),
  }),
];
