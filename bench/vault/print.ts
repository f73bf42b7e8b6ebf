export const print = (what: string, rate: number, beside?: number): void => {
  const ratio = beside === undefined ? '' : `   ${(rate / beside).toFixed(2)} of the bare cipher`;
  process.stdout.write(
    `${what.padEnd(46)} ${Math.round(rate).toLocaleString('en').padStart(9)} /s${ratio}\n`,
  );
};
