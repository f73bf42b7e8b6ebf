// The world failed, and not we: something this process needs does not answer. Nothing was decided, so
// trying again is safe; whoever called is told so and nothing is kept of the attempt.

export class Unavailable extends Error {
  override readonly name: string = 'Unavailable';
  /** It does answer: what was asked of it took longer than anything may. */
  readonly tookTooLong: boolean;

  constructor(message: string, options: ErrorOptions & { readonly tookTooLong?: boolean } = {}) {
    super(message, options);
    this.tookTooLong = options.tookTooLong ?? false;
  }
}

/** Nobody knows whether it was done. What is found when it is looked at again counts. */
export class Unclear extends Error {
  override readonly name: string = 'Unclear';
}

/** How loud to say that work which is done again failed: what does not answer says so by itself. */
export const levelOf = (error: unknown): 'warn' | 'error' =>
  error instanceof Unavailable ? 'warn' : 'error';
