// What a definition declares about lost answers, as steps for the resolver.

import type { Context, Scope } from '#kit/context';
import { NotSent } from '#kit/http-client';
import type { Operation, Recovery, RecoveryStep } from '#rails/operations';
import type { RecoveryDeclared } from './connector.ts';
import { type Parts, verbOf } from './parts.ts';
import { openAccount, portOf } from './port.ts';
import { isCard, isFollowing } from './request.ts';
import { loadRequest } from './requests.store.ts';

const TIMEOUT_MS = 30_000;
/** Class D: it waits for a webhook, a line of a settlement, or a person. */
const nothing: Recovery = { steps: [], timeoutMs: TIMEOUT_MS };

export const recoveryFor = async (
  parts: Parts,
  context: Context,
  scope: Scope,
  operation: Operation,
): Promise<Recovery> => {
  const verb = verbOf[operation.kind];
  if (verb === undefined) return nothing;
  const opened = await openedOrNone(parts, context, scope, operation);
  if (opened === null) return nothing;
  const { definition, functions } = opened;

  // A reversal is its own recovery: it is sent until it is acknowledged.
  if (verb === 'reverse') {
    return {
      steps: [step(parts, context, scope, { class: 'C' }, 'reverse')],
      timeoutMs: TIMEOUT_MS,
    };
  }
  const support = definition.operations[verb];
  const request = await loadRequest(context, scope, operation.id);
  if (support === undefined || request === undefined) return nothing;

  // The same key wants the same body, and a card's number and code are not to be sent once more.
  const hasCard = !isFollowing(request) && isCard(request.method);
  const steps = support.recovery.flatMap((declared): RecoveryStep[] => {
    if (declared.class === 'A') {
      return hasCard ? [] : [step(parts, context, scope, declared, verb)];
    }
    const name = declared.class === 'B' ? 'lookUp' : 'reverse';
    return functions[name] === undefined ? [] : [step(parts, context, scope, declared, name)];
  });
  return { steps, timeoutMs: support.timeoutMs };
};

const step = (
  parts: Parts,
  context: Context,
  scope: Scope,
  declared: RecoveryDeclared,
  verb: Parameters<typeof portOf>[3],
): RecoveryStep => ({ ...declared, port: portOf(parts, context, scope, verb) });

const openedOrNone = async (
  parts: Parts,
  context: Context,
  scope: Scope,
  { connectorAccountId }: Operation,
) => {
  try {
    const { account, functions } = await openAccount(parts, context, scope, connectorAccountId);
    const connector = parts.directory.connectors.get(account.connector);
    return connector === undefined ? null : { definition: connector.definition, functions };
  } catch (error) {
    if (error instanceof NotSent) return null;
    throw error;
  }
};
