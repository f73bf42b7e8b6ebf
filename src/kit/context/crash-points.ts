// Numbered places at which a test ends the process as a power cut would. The numbers are stable: a
// test of years ago still means the same place. Off, a point is an empty function.

export const crashPoints = {
  'commit.before': 1,
  'commit.after': 2,
  'answer.before': 3,
  'migration.between': 4,
  'job.claimed': 5,
  'job.done': 6,
  'send.before': 7,
  'send.intended': 8,
  'send.journaled': 9,
  'send.answered': 10,
  'send.recorded': 11,
  'resolve.leased': 12,
  'resolve.journaled': 13,
  'resolve.answered': 14,
  'resolve.recorded': 15,
  'acquiring.stored': 16,
  'acquiring.written': 17,
  'day.leased': 18,
  'totals.begun': 19,
  'totals.told': 20,
  'totals.compared': 21,
  'clearing.written': 22,
  'clearing.handed_over': 23,
  'clearing.noted': 24,
  'day.ended': 25,
  'mail.sent': 40,
  'webhook.leased': 41,
  'webhook.told': 42,
} as const;

export type CrashPoint = keyof typeof crashPoints;

const off = (): void => {};

/** `at` is `<number>` or `<number>:<nth pass>`, as given in the setting TOLLGATE_CRASH_AT. */
export const crashPointFrom = (at: string | undefined): ((point: CrashPoint) => void) => {
  if (at === undefined || at === '') return off;

  const [number, pass = '1'] = at.split(':');
  let passesLeft = Number(pass);

  return (point) => {
    if (crashPoints[point] !== Number(number)) return;
    passesLeft -= 1;
    if (passesLeft === 0) process.kill(process.pid, 'SIGKILL');
  };
};
