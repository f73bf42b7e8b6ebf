// tollgate operations: calls that moved money and whose end nobody could find out, or that do not fit
// what was learned of them. A person looks, asks the provider, and says what happened. So waits here what providers say
// of calls that nobody here knows.

import { type Command, Option } from 'commander';
import { formatAmount, namedAmount } from '#books/currencies';
import { auditEntry } from '#identity/audit';
import { parseId, spellId } from '#kit/ids';
import {
  explainWebhook,
  heardBy,
  INBOUND_WEBHOOK,
  loadWebhooksForPerson,
  type WebhookForPerson,
} from '#rails/connectors';
import {
  decideByPerson,
  type ForgottenCall,
  loadForgottenCalls,
  loadForPerson,
  loadKnown,
  type Operation,
  type PersonSays,
  releaseForgottenCall,
  spellOperation,
} from '#rails/operations';
import { operationListeners } from '../../src/modules.ts';
import { scopeOf, type Where } from '../account-scope.ts';
import { CliError } from '../errors.ts';
import { paint, say } from '../say.ts';
import { withRuntime } from '../with-runtime.ts';

const SHOWN_MAX = 500;

export const addOperations = (program: Command): void => {
  const operations = program
    .command('operations')
    .description('calls that moved money and wait for a person');
  const add = (name: string, says: string) =>
    operations
      .command(name)
      .description(says)
      .option('--account <id>', 'whose; needed when there are several accounts')
      .option('--live', 'live mode rather than test mode', false);

  add(
    'list',
    'list those that nobody could resolve, that are pending for two weeks, or that do not fit what was learned',
  )
    .option('--unknown', 'also those that are still being asked about', false)
    .action((options: Where & { unknown: boolean }) =>
      withRuntime(async (runtime) => {
        const scope = await scopeOf(runtime, options);
        const found = await loadForPerson(runtime.context, scope, {
          alsoUnknown: options.unknown,
          limit: SHOWN_MAX,
        });
        const strange = await loadWebhooksForPerson(runtime.context, scope, SHOWN_MAX);
        if (found.length + strange.length === 0) say('Nothing waits for a person.');
        for (const webhook of strange) say(...linesOfWebhook(webhook));
        for (const operation of found) say(lineOf(operation));
      }),
    );

  add('explain <webhook>', 'say what a provider told of that nobody here knows, after it was asked')
    .requiredOption('--why <text>', 'what it was; goes into the audit log')
    .action((spelled: string, { why, ...where }: Where & { why: string }) =>
      withRuntime(async (runtime) => {
        const scope = await scopeOf(runtime, where);
        const { context } = runtime;
        const id = parseId(INBOUND_WEBHOOK, spelled);
        if (id === null) {
          throw new CliError(
            `${spelled} is nothing that a provider said; ids of that begin with ${INBOUND_WEBHOOK}_.`,
          );
        }
        const explained = await context.database.commit(scope, [
          explainWebhook(scope, { id, explanation: why, atMs: context.clock.now() }),
          auditEntry(context, {
            scope,
            action: 'inbound_webhook.explain',
            target: spelled,
            details: { why },
          }),
        ]);
        if (!explained.ok) throw new CliError(`${spelled} waits for no explanation.`);
        say(`${spelled} is explained.`);
      }),
    );

  add('show <operation>', 'all that is known of one').action((spelled: string, where: Where) =>
    withRuntime(async (runtime) => {
      const scope = await scopeOf(runtime, where);
      const known = await loadKnown(runtime.context, scope, idOf(spelled));
      if (known === undefined) throw new CliError(`There is no operation ${spelled}.`);
      say(lineOf(known.operation), '');
      for (const { atMs, kind, says } of known.evidence) {
        const code = 'code' in says && says.code !== undefined ? ` (${says.code})` : '';
        say(
          `${new Date(atMs).toISOString()}  ${kind.replaceAll('_', ' ')}: ${says.outcome}${code}`,
        );
      }
    }),
  );

  add('decide <operation>', 'say what became of one, after the provider was asked')
    .addOption(
      new Option('--as <outcome>', 'what happened at the provider')
        .choices(['approved', 'declined', 'reversed'])
        .makeOptionMandatory(),
    )
    .requiredOption('--why <text>', 'where you saw it; goes into the audit log')
    .action((spelled: string, options: Where & { as: PersonSays; why: string }) =>
      withRuntime(async (runtime) => {
        const scope = await scopeOf(runtime, options);
        const { context } = runtime;
        const recorded = await decideByPerson(context, scope, {
          operationId: idOf(spelled),
          says: options.as,
          why: options.why,
          writes: (change) => heardBy(operationListeners, context, scope, change),
        });
        if (!recorded.ok) throw new CliError(refusals[recorded.code].replace('{id}', spelled));
        say(lineOf(recorded.change.after));
      }),
    );

  add(
    'forgotten',
    'list calls that were made and that the database, put back, knows nothing of',
  ).action((where: Where) =>
    withRuntime(async (runtime) => {
      const scope = await scopeOf(runtime, where);
      const found = await loadForgottenCalls(runtime.context, scope, SHOWN_MAX);
      if (found.length === 0) say('Nothing was forgotten, or all of it was looked at.');
      for (const call of found) say(forgottenLineOf(call));
    }),
  );

  add(
    'release <operation>',
    'let the payment of a forgotten one go on, after the provider was asked',
  )
    .requiredOption('--why <text>', 'what you saw there; goes into the audit log')
    .action((spelled: string, options: Where & { why: string }) =>
      withRuntime(async (runtime) => {
        const scope = await scopeOf(runtime, options);
        const asked = { operationId: idOf(spelled), why: options.why };
        if (!(await releaseForgottenCall(runtime.context, scope, asked))) {
          throw new CliError(`No forgotten call ${spelled} waits for a person.`);
        }
        say(`${spelled} keeps nothing any more. Processes that run hear of it within seconds.`);
      }),
    );
};

const refusals = {
  no_such_operation: 'There is no operation {id}.',
  lease_lost: 'Somebody else is at work on {id}; try again.',
  another_is_alive:
    'Another attempt at the same payment is alive: {id} cannot be called approved beside it. Void or refund one of them at the provider first.',
  taken_back:
    'A reversal of {id} is on its way, and ends when the bank has taken back what it had booked: it can be called neither approved nor declined before a day has passed. Where the bank says that it has taken it back, decide reversed.',
  at_work: 'The provider is being asked about {id} at this moment: try again in two minutes.',
  settled:
    'The provider says that it pays for {id}: it cannot be called declined. See tollgate settlements list.',
} as const;

const idOf = (spelled: string): string => {
  const id = parseId('op', spelled);
  if (id === null) throw new CliError(`${spelled} is no operation; their ids begin with op_.`);
  return id;
};

const linesOfWebhook = ({ id, receivedAtMs, told }: WebhookForPerson): string[] => {
  const when = new Date(receivedAtMs).toISOString().slice(0, 16).replace('T', ' ');
  const begin = [spellId(INBOUND_WEBHOOK, id), when];
  if (told.length === 0) return [[...begin, paint.bold('nobody could read it')].join('  ')];
  return told.map(({ name, outcome, amount, currency }) => {
    const money = amount === null || currency === null ? '' : namedAmount(BigInt(amount), currency);
    const words = outcome.replaceAll('_', ' ');
    return [
      ...begin,
      money.padStart(14),
      words,
      paint.dim(name),
      paint.bold('nobody knows it'),
    ].join('  ');
  });
};

const forgottenLineOf = (call: ForgottenCall): string =>
  [
    spellOperation(call.id),
    new Date(call.sentAtMs).toISOString().slice(0, 16).replace('T', ' '),
    (call.kind ?? '').padEnd(9),
    (call.amount === null || call.currency === null
      ? ''
      : formatAmount(call.amount, call.currency)
    ).padStart(14),
    paint.bold(spellId('pi', call.intentId)),
    paint.dim(`${call.reference}  ${call.providerKey}`),
  ].join('  ');

const lineOf = (operation: Operation): string => {
  const { id, kind, amount, currency, state, reference, alerts, firstSentAtMs } = operation;
  const why = alerts.length > 0 ? `  ${alerts.join(', ').replaceAll('_', ' ')}` : '';
  return (
    [
      spellOperation(id),
      new Date(firstSentAtMs).toISOString().slice(0, 16).replace('T', ' '),
      kind.padEnd(9),
      formatAmount(amount, currency).padStart(14),
      paint.bold(state.replaceAll('_', ' ')),
      paint.dim(reference),
    ].join('  ') + why
  );
};
