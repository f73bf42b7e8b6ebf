// What an operator may set about the front door, with defaults that bound what a stranger can hold.

export type HttpSettings = {
  /** Where the installation is reached from outside, without a slash at the end. */
  readonly publicUrl: string;
  /** The version rendered, and told to those who name none. */
  readonly apiVersion: string;
  readonly bodyBytesMax: number;
  /** From the first byte to the end of the headers. */
  readonly headersTimeoutMs: number;
  /** From the first byte to the end of the body: a body that drips in ends here. */
  readonly requestTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  /** Without a byte in either direction: longer than any handler may take. */
  readonly silenceTimeoutMs: number;
  /** How long `close` waits for what runs. */
  readonly closeTimeoutMs: number;
  readonly connectionsMax: number;
  /** How many proxies of our own stand before us and add to `X-Forwarded-For`. */
  readonly proxies: number;
  /** Above it, a 503 at once is kinder than a queue that nobody waits for. */
  readonly inFlightMax: number;
};

export const httpDefaults: Omit<HttpSettings, 'publicUrl'> = {
  apiVersion: '2026-10-28.endive',
  bodyBytesMax: 256 * 1024,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  // Longer than the 60 s that most balancers keep a connection, so that they close first.
  keepAliveTimeoutMs: 65_000,
  silenceTimeoutMs: 90_000,
  closeTimeoutMs: 10_000,
  connectionsMax: 10_000,
  proxies: 0,
  inFlightMax: 2_000,
};
