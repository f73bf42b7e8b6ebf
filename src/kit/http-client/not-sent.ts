/** Thrown where it is proven that no byte of a request has left: it may be made again, or elsewhere. */
export class NotSent extends Error {
  override readonly name = 'NotSent';
  /** In one word of ours: `refused`, `dns`, `tls` … */
  readonly why: string;
  /** The other side was looked for in vain. Otherwise we had our own reasons, and it is not to blame. */
  readonly isUnreached: boolean;

  constructor(why: string, options: ErrorOptions & { readonly isUnreached?: boolean } = {}) {
    super(`Nothing was sent: ${why}`, options);
    this.why = why;
    this.isUnreached = options.isUnreached ?? false;
  }
}
