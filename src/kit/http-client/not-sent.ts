/** Thrown where it is proven that no byte of a request has left: it may be made again, or elsewhere. */
export class NotSent extends Error {
  override readonly name = 'NotSent';
  /** In one word of ours: `refused`, `dns`, `tls` … */
  readonly why: string;

  constructor(why: string, options?: ErrorOptions) {
    super(`Nothing was sent: ${why}`, options);
    this.why = why;
  }
}
