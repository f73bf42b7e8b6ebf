// tollgate clock: what time it is in test mode, and moving it.

import { type Command, InvalidArgumentError } from 'commander';
import { type ApiClient, apiClient, type Where, withWhere } from '../api-client.ts';
import { moment, parseMoment } from '../moment.ts';
import { paint, say } from '../say.ts';

export const addClock = (program: Command): void => {
  const clock = program.command('clock').description('the time in test mode, which you may move');

  withWhere(clock.command('show'))
    .description('what time it is there, and how far ahead of the real time')
    .action(async (options: Where) => {
      show(await apiClient(options).get<Clock>(PATH));
    });

  withWhere(clock.command('advance'))
    .description('move it on: 90s, 30m, 36h, 8d or 2w, also together: 1d12h')
    .argument('<duration>', 'how far', parseDuration)
    .action((seconds: number, options: Where) =>
      move(apiClient(options), { advance: String(seconds) }),
    );

  withWhere(clock.command('set'))
    .description('move it to a moment: 2027-01-31, or 2027-01-31T08:00Z; never back')
    .argument('<moment>', 'when, in UTC unless it says otherwise', parseMoment)
    .action((seconds: number, options: Where) =>
      move(apiClient(options), { now: String(seconds) }),
    );
};

const PATH = '/v1/test_helpers/clock';

type Clock = {
  readonly movable: boolean;
  readonly now: number;
  readonly offset: number;
  readonly sandbox_now: number | null;
};

const move = async (client: ApiClient, form: Readonly<Record<string, string>>): Promise<void> => {
  show(await client.post<Clock>(PATH, form));
};

const show = ({ movable, now, offset, sandbox_now }: Clock): void => {
  const ahead = offset === 0 ? 'the real time' : `${spell(offset)} ahead of the real time`;
  say(`${paint.bold(moment(now))}  ${paint.dim(ahead)}`);
  if (sandbox_now !== null && Math.abs(sandbox_now - now) > 1) {
    say(paint.dim(`In the sandbox it is ${moment(sandbox_now)}.`));
  }
  if (!movable) say(paint.dim('It cannot be moved here: TOLLGATE_MOVABLE_CLOCK=on allows it.'));
};

const units = { w: 604_800, d: 86_400, h: 3_600, m: 60, s: 1 } as const;

const spell = (seconds: number): string => {
  let rest = seconds;
  const parts: string[] = [];
  for (const [unit, size] of Object.entries(units).slice(1)) {
    const count = Math.floor(rest / size);
    if (count > 0) parts.push(`${count}${unit}`);
    rest -= count * size;
  }
  return parts.slice(0, 2).join(' ');
};

const parseDuration = (text: string): number => {
  if (!/^(?:\d+[wdhms])+$/.test(text)) {
    throw new InvalidArgumentError('A duration is like 90s, 30m, 36h, 8d, 2w or 1d12h.');
  }
  let seconds = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)([wdhms])/g)) {
    seconds += Number(count) * units[unit as keyof typeof units];
  }
  return seconds;
};
