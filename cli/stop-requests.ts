// Being told to stop. The first time asks for a calm end: what is under way is finished. The second
// time asks to hurry.

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

// One Ctrl-C may arrive several times: from the terminal, from npm and from the launcher.
const sameRequestMs = 500;

export type StopRequests = {
  /** Fires at the first request. */
  readonly stop: AbortSignal;
  /** Fires at the second one. */
  readonly hurry: AbortSignal;
  /** From here on signals do again what they do by default. */
  close(): void;
};

export const listenForStop = (): StopRequests => {
  const stop = new AbortController();
  const hurry = new AbortController();
  let lastAt = Number.NEGATIVE_INFINITY;

  const onSignal = (signal: NodeJS.Signals): void => {
    const now = performance.now();
    const isRepeated = now - lastAt < sameRequestMs;
    lastAt = now;
    if (isRepeated) return;
    if (stop.signal.aborted) hurry.abort(signal);
    else stop.abort(signal);
  };

  for (const signal of signals) process.on(signal, onSignal);
  return {
    stop: stop.signal,
    hurry: hurry.signal,
    close: () => {
      for (const signal of signals) process.removeListener(signal, onSignal);
    },
  };
};
