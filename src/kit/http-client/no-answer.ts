/** Bytes may have left, and no whole answer came: nobody knows what became of the request. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  /** In one word of ours: `timeout`, `reset`, `cut`, `too_large` … */
  readonly why: string;

  constructor(why: string, options?: ErrorOptions) {
    super(`No answer: ${why}`, options);
    this.why = why;
  }
}
