// Where a simulator stands, and what it is given there: the sandbox mounts it beside its bank, the common suite
// starts it alone. It is Stripe's other side and shares nothing with the connector that a common mistake could
// hide in.

export type Setting = {
  /** A clock that a user may move. */
  readonly nowMs: () => number;
  /** And the one that nobody moves: whoever checks a signature goes by it. */
  readonly realMs: () => number;
  /** So many random bytes, as hexadecimal digits. */
  readonly draw: (bytes: number) => string;
  /** Under which its API and its bank's pages are reached, without a slash at the end. */
  readonly origin: () => string;
  /** Tells whoever has registered for it; tries as often as it thinks fit. */
  readonly post: (
    url: string,
    sent: { readonly body: string; readonly headers: Readonly<Record<string, string>> },
  ) => void;
  /** What it remembered before, oldest first, and where it notes what it will need again. */
  readonly memory: { readonly lines: readonly string[]; readonly note: (line: string) => void };
};

/** Remembers nothing and tells nobody: for those who ask. */
export const noMemory: Setting['memory'] = { lines: [], note: () => {} };
