// What came and fitted nothing. It is kept and told to the log; its numbers and codes alone, since
// nobody knows whose content it is.

import type { Context } from '#kit/context';
import { newUuid, type Uuid } from '#kit/ids';
import type { Message } from '#kit/iso8583';
import { keepLetter } from './acquiring.store.ts';
import { fieldText } from './read-answer.ts';

export const keepStray = async (
  context: Context,
  host: string,
  { mti, fields }: Message,
  problem: string,
  operationId: Uuid | null,
): Promise<void> => {
  context.log.error(
    {
      url: host,
      problem,
      code: fieldText(fields[39]),
      ...(operationId === null ? {} : { operation: operationId }),
    },
    'A message of an acquirer fits nothing that waits for it',
  );
  await context.database.system((tx) =>
    keepLetter(tx, {
      id: newUuid(context),
      host,
      atMs: context.clock.now(),
      problem,
      mti,
      stan: fieldText(fields[11]),
      rrn: fieldText(fields[37]),
      transmittedAt: fieldText(fields[7]),
      code: fieldText(fields[39]),
      amount: fieldText(fields[4]),
      currency: fieldText(fields[49]),
      operationId,
    }),
  );
};
