// Who could do it: a pure question about what accounts and their connectors declare.

import type { StoredAccount } from './account.ts';
import type { Definition, MethodSupport } from './connector.ts';
import type { Wanted } from './rails.ts';

type Where = {
  readonly definition: Definition;
  /** Of the merchant's account there. */
  readonly methods: StoredAccount['methods'];
  readonly livemode: boolean;
};

export const canDo = ({ definition, methods, livemode }: Where, wanted: Wanted): boolean =>
  definition.modes.includes(livemode ? 'live' : 'test') &&
  definition.methods.some(
    (method) =>
      isOn(method, methods) &&
      takes(method, wanted) &&
      does(operationsFor(definition.operations, method), wanted.operation),
  );

/** What an account takes, whatever it costs and in whatever currency. */
export const typesTaken = ({ definition, methods, livemode }: Where): string[] =>
  definition.modes.includes(livemode ? 'live' : 'test')
    ? definition.methods.filter((method) => isOn(method, methods)).map(({ type }) => type)
    : [];

const isOn = ({ type, isOptIn = false }: MethodSupport, methods: Where['methods']): boolean =>
  methods === null ? !isOptIn : methods.includes(type);

const operationsFor = (
  all: Definition['operations'],
  { operations }: MethodSupport,
): Definition['operations'] =>
  operations === undefined
    ? all
    : Object.fromEntries(
        Object.entries(all).filter(([name]) => (operations as readonly string[]).includes(name)),
      );

const does = (operations: Definition['operations'], wanted: Wanted['operation']): boolean =>
  wanted === 'purchase'
    ? operations.sale !== undefined || holdsAndTakes(operations)
    : operations[wanted] !== undefined;

const holdsAndTakes = ({ authorize, capture }: Definition['operations']): boolean =>
  authorize !== undefined && capture !== undefined;

const takes = (method: MethodSupport, { method: type, brand, currency }: Wanted): boolean =>
  method.type === type &&
  (method.currencies === 'all' || method.currencies.includes(currency)) &&
  (brand === undefined || method.brands === undefined || method.brands.includes(brand));

/** Lower is asked first; of equals the older. */
export const inOrder = <A extends Pick<StoredAccount, 'id' | 'priority'>>(
  accounts: readonly A[],
): A[] =>
  accounts.toSorted((a, b) => a.priority - b.priority || (a.id < b.id ? -1 : Number(a.id > b.id)));
