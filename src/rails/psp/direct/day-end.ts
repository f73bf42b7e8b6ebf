// The end of a day at an acquiring bank: totals compared, the clearing file written, and handed over where
// the bank has an address for it. The bank takes a file by its id, and the same one again changes nothing.

import { assert } from '#kit/assert';
import type { Context } from '#kit/context';
import { NumberText, parseJsonText } from '#kit/http-client';
import {
  type AcquirerProfile,
  type Acquiring,
  type ClearingFile,
  type DayAtHostEnded,
  endDayAtHost,
  noteHandedOver,
  type ProfileName,
} from '#rails/acquiring';
import type { AccountCall, DayEnder, DayProblem } from '#rails/connectors';
import { wayTo } from './call.ts';
import { dayScheduleOf, settingsOf } from './settings.ts';

export const dayEnderOver = (
  context: Context,
  acquiring: Acquiring,
  over: Readonly<Record<ProfileName, AcquirerProfile>>,
): DayEnder => ({
  schedule: ({ settings }) => dayScheduleOf(settingsOf(settings)),
  end: async (call, { day: businessDay, isLast, begunAtMs }) => {
    const ended = await endDayAtHost(context, call.scope, {
      ...wayTo(acquiring, over, call.account),
      day: { businessDay, isLast, begunAtMs },
    });
    if (!ended.isOver) {
      const why = `of ${ended.undecided} messages nobody knows yet what became of them`;
      return { outcome: 'waits', why };
    }
    const { file } = ended;
    const said = file === null ? [] : await handOver(context, call, file);
    return {
      outcome: 'ended',
      file: file && { id: file.id, lines: file.lines },
      problems: [...problemsOf(ended), ...said],
    };
  },
});

const problemsOf = ({
  undecided,
  unagreed,
}: Extract<DayAtHostEnded, { isOver: true }>): readonly DayProblem[] => [
  ...(undecided === 0
    ? []
    : [{ code: 'undecided', says: `${undecided} messages were undecided` } as const]),
  ...unagreed.map(({ currency, ours, theirs }) => ({
    code: 'totals_differ' as const,
    says: `${currency}: ours ${spell(ours)}; the bank's ${spell(theirs)}`,
  })),
];

type Totals = Extract<DayAtHostEnded, { isOver: true }>['unagreed'][number]['ours'];

const spell = (totals: Totals): string =>
  Object.entries(totals)
    .filter(([, { count }]) => count > 0)
    .map(([kind, { count, amount }]) => `${count} ${words[kind as keyof Totals]} of ${amount}`)
    .join(', ') || 'nothing';

const words = {
  debits: 'sales',
  debitsReversed: 'sales taken back',
  credits: 'refunds',
  creditsReversed: 'refunds taken back',
} as const satisfies Record<keyof Totals, string>;

const handOver = async (
  context: Context,
  call: AccountCall,
  file: ClearingFile,
): Promise<readonly DayProblem[]> => {
  const address = settingsOf(call.account.settings).clearing_url?.replace(/\/+$/, '');
  if (address === undefined) return [];
  if (file.answer !== null) return readAnswer(file.answer);
  const { status, body } = await call.http({
    method: 'PUT',
    url: `${address}/${file.id}`,
    headers: { 'content-type': 'text/csv' },
    body: file.body,
  });
  if (status !== 200) throw new Error(`The bank answered ${status} to the clearing file`);
  const answer = parseJsonText(body.toString());
  assert(typeof answer === 'object' && answer !== null, 'The bank answers in JSON');
  const problems = readAnswer(answer as Json);
  context.crashPoint('clearing.handed_over');
  await context.database.system((tx) => noteHandedOver(tx, call.scope, file.id, answer as Json));
  context.crashPoint('clearing.noted');
  return problems;
};

type Json = Readonly<Record<string, unknown>>;

/** Lines that the bank does not know, and what it has booked and did not find in the file. */
const readAnswer = ({ refused, missing }: Json): readonly DayProblem[] => [
  ...listOf(refused).map((line) => ({
    code: 'line_refused' as const,
    says: `line ${textOf(line['line'])}: ${textOf(line['says'])}`,
  })),
  ...listOf(missing).map((line) => ({
    code: 'line_missing' as const,
    says: ['direction', 'rrn', 'stan', 'currency', 'amount_minor']
      .map((name) => textOf(line[name]))
      .join(' '),
  })),
];

const listOf = (value: unknown): readonly Json[] => {
  assert(Array.isArray(value), 'The bank lists what did not fit');
  return value as Json[];
};

const textOf = (value: unknown): string => {
  if (value instanceof NumberText) return value.text;
  return typeof value === 'string' ? value : '?';
};
