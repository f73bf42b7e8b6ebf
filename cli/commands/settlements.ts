// tollgate settlements: what providers say they settled. What names a payment is held against it by itself; a
// line that fits nothing waits here for a person who explains it.

import type { Command } from 'commander';
import { namedAmount } from '#books/currencies';
import { auditEntry } from '#identity/audit';
import { parseId, spellId } from '#kit/ids';
import {
  CONNECTOR_ACCOUNT,
  explainLine,
  listLines,
  loadLine,
  SETTLEMENT_LINE,
  type StoredLine,
} from '#rails/connectors';
import { scopeOf, type Where } from '../account-scope.ts';
import { CliError } from '../errors.ts';
import { paint, say } from '../say.ts';
import { withRuntime } from '../with-runtime.ts';

const SHOWN_MAX = 100;

export const addSettlements = (program: Command): void => {
  const settlements = program
    .command('settlements')
    .description('what providers say they settled, and what of it nobody here knows');
  const add = (name: string, says: string) =>
    settlements
      .command(name)
      .description(says)
      .option('--account <id>', 'whose; needed when there are several accounts')
      .option('--live', 'live mode rather than test mode', false);

  add('list', 'list the last lines, newest first')
    .option('--open', 'only what waits for a person', false)
    .action((options: Where & { open: boolean }) =>
      withRuntime(async (runtime) => {
        const scope = await scopeOf(runtime, options);
        const asked = { onlyForPerson: options.open, limit: SHOWN_MAX };
        const lines = await listLines(runtime.context, scope, asked);
        if (lines.length === 0) {
          say(options.open ? 'Nothing waits for a person.' : 'Nothing was settled yet.');
        }
        for (const line of lines) say(lineOf(line));
      }),
    );

  add('show <line>', 'a line as the provider wrote it').action((spelled: string, where: Where) =>
    withRuntime(async (runtime) => {
      const scope = await scopeOf(runtime, where);
      const line = await loadLine(runtime.context, scope, idOf(spelled));
      if (line === undefined) throw new CliError(`There is no ${spelled}.`);
      say(lineOf(line));
      say(`account: ${spellId(CONNECTOR_ACCOUNT, line.connectorAccountId)}`);
      for (const [name, value] of Object.entries(line.row.raw)) say(`${name}: ${value}`);
      if (line.explanation !== null) say(`explained: ${line.explanation}`);
    }),
  );

  add('explain <lines...>', 'say what lines are that fit nothing, after the provider was asked')
    .requiredOption('--why <text>', 'what they are; goes into the audit log')
    .action((spelled: string[], options: Where & { why: string }) =>
      withRuntime(async (runtime) => {
        const scope = await scopeOf(runtime, options);
        const { context } = runtime;
        const { why } = options;
        const ids = spelled.map((each) => [each, idOf(each)] as const);
        for (const [line, id] of ids) {
          const explained = await context.database.commit(scope, [
            explainLine(scope, { id, explanation: why, atMs: context.clock.now() }),
            auditEntry(context, {
              scope,
              action: 'settlement_line.explain',
              target: line,
              details: { why },
            }),
          ]);
          if (!explained.ok) throw new CliError(`${line} waits for no explanation.`);
          say(`${line} is explained.`);
        }
      }),
    );
};

const idOf = (spelled: string) => {
  const id = parseId(SETTLEMENT_LINE, spelled);
  if (id === null) {
    throw new CliError(`${spelled} is no line of a settlement; their ids begin with stl_.`);
  }
  return id;
};

const lineOf = ({ id, row, state, explanation }: StoredLine): string => {
  const how = {
    waiting: 'not looked at yet',
    fits: 'fits',
    fits_nothing: explanation === null ? paint.bold('nobody knows it') : 'explained',
    no_operation: row.kind.replaceAll('_', ' '),
  }[state];
  const day = new Date(row.bookedAtMs).toISOString().slice(0, 10);
  const money = namedAmount(row.net, row.currency).padStart(14);
  return [day, spellId(SETTLEMENT_LINE, id), money, row.reference ?? row.key, how].join('  ');
};
