// What may be printed. A field that is not on this list is dropped, so that nobody prints a body, a
// header or an object by accident; the names on the right are those of the Elastic Common Schema.

export const printable = {
  requestId: 'http.request.id',
  method: 'http.request.method',
  path: 'url.path',
  route: 'http.route',
  status: 'http.response.status_code',
  operation: 'event.action',
  durationMs: 'event.duration_ms',
  address: 'client.address',
  userAgent: 'user_agent.original',
  accountId: 'organization.id',
  keyId: 'user.id',
  livemode: 'labels.livemode',
  replayOf: 'labels.replay_of',
  code: 'error.code',
  job: 'labels.job',
  attempts: 'labels.attempts',
  migration: 'labels.migration',
  module: 'labels.module',
  role: 'labels.role',
  signal: 'labels.signal',
  exitCode: 'process.exit_code',
  pid: 'process.pid',
  port: 'server.port',
  url: 'url.full',
  folder: 'file.path',
  version: 'service.version',
  count: 'labels.count',
  check: 'labels.check',
  problem: 'labels.problem',
  why: 'event.reason',
  /** What it is about, as the API and the command line call it: `pi_…`, `op_…`. */
  about: 'labels.about',
} as const;

/** Of what is logged as it is stored: how the API and the commands begin its id. */
export const prefixes: Readonly<Partial<Record<PrintableField, string>>> = { accountId: 'acct' };

export type PrintableField = keyof typeof printable;
