// What became of a charge that few are. A search finds them by it; a charge that is paid on the way of most never has it,
// so that paying it touches no index.

import type { Charge } from './charge.ts';

const marks = { failed: 1, disputed: 2, givenBack: 4 } as const;

export const asideOf = (charge: Charge): number | null => {
  const isGivenBack = charge.refunded + charge.refunding > 0n || isLetGo(charge);
  const aside =
    (charge.status === 'failed' ? marks.failed : 0) +
    (charge.isDisputed ? marks.disputed : 0) +
    (isGivenBack ? marks.givenBack : 0);
  return aside === 0 ? null : aside;
};

/** All that tells of the mark, whatever else it tells of. */
export const asideWith = (mark: keyof typeof marks): number[] =>
  [1, 2, 3, 4, 5, 6, 7].filter((aside) => (aside & marks[mark]) !== 0);

/** Of a charge of the older API what was held is called given back when it is let go. */
const isLetGo = (charge: Charge): boolean =>
  charge.status === 'succeeded' &&
  charge.captured === 0n &&
  charge.capturing === 0n &&
  charge.isDirect &&
  charge.isCaptureOver;

/** The same in the database. */
export const isLetGoInSql = `(captured = 0 and capturing = 0 and status = 2
                and details->>'isDirect' = 'true' and details->>'isCaptureOver' = 'true')`;
