// npm, and the shell that it may put between itself and us, do not always pass a signal on: then the
// terminal is free again while the gateway still runs. The launcher says whose child we are, and
// when that process has gone we end as if we had been told to.

const variable = 'TOLLGATE_PARENT';
const askEveryMs = 200;

export const tieToParent = (): void => {
  const parent = process.env[variable];
  // Taken away, because it is not a setting, and nothing we start has that parent.
  delete process.env[variable];
  if (parent === undefined) return;

  const watch = setInterval(() => {
    if (String(process.ppid) === parent) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, askEveryMs);
  watch.unref();
};
