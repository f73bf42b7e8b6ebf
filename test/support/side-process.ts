// A part of a long run, as a process: `side-process.ts <module>`. It does what it is asked until nobody can
// ask any more; then it closes what it opened, with every check, and its exit code says how that went.

import { endByHand } from '../../src/kit/context/for-tests-end.ts';
import { doneBy, type Side, type Told } from './sides.ts';

const closeAll = endByHand();

const open = async (): Promise<Side> => {
  const module = (await import(process.argv[2] ?? '')) as { open: () => Promise<Side> };
  return module.open();
};

/** Nobody hears it any more where another part has failed. */
const tell = (told: Told): void => {
  if (process.connected) process.send?.(told);
};

const opening = open();

const answer = async (name: string, input: unknown): Promise<void> => {
  try {
    tell({ result: await doneBy(await opening, name, input) });
  } catch (error) {
    tell({ failed: error instanceof Error ? String(error.stack) : String(error) });
  }
};

const end = async (): Promise<void> => {
  try {
    await opening;
    await closeAll();
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  }
};

process.on('message', ({ name, input }: { name: string; input: unknown }) => {
  void answer(name, input);
});
process.on('disconnect', () => void end());
