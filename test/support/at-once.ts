// So many at once that a machine is busy, and never more: the next begins when one is through, so that nobody
// waits for the slowest.

export const atOnce = async (
  count: number,
  lanes: number,
  work: (index: number) => Promise<void>,
): Promise<void> => {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const index = next;
      next += 1;
      await work(index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(lanes, count) }, lane));
};
