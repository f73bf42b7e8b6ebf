export * from './answer-schema.ts';
export { documentHandlers } from './documents.ts';
export * from './error-codes.ts';
export * from './errors.ts';
export { createExpander } from './expand.ts';
export { checkPermission } from './expand-paths.ts';
export { decodeForm } from './form.ts';
export { Html, html } from './html.ts';
export {
  type AnswerToKeep,
  type AskedAgain,
  type Claiming,
  type IdempotencyStore,
  keyOfPage,
} from './idempotency.ts';
export * from './list.ts';
export { includingNewest, loadingById } from './load-by-id.ts';
export { type Metadata, mergeMetadata } from './metadata.ts';
export { createHttpMetrics, type HttpMetrics } from './metrics.ts';
export { networkOf } from './network-of.ts';
export { compileParameters } from './parameters.ts';
export * from './refusals.ts';
export { CallerGone, readBody } from './request-body.ts';
export { newRequestId } from './request-id.ts';
export { INCLUDED_MAX, neverFilled, type ResourceDefinition } from './resource.ts';
export * from './route.ts';
export * from './schema.ts';
export * from './search-plan.ts';
export * from './search-query.ts';
export * from './search-sql.ts';
export { sendPage, takesGzip } from './send-page.ts';
export { beginningOf, containsCardNumber, echo, maskSensitive } from './sensitive.ts';
export { addressOf, createHttpServer, type HttpServer, type PlainHandler } from './server.ts';
export { toJson } from './to-json.ts';
export { deviceCookie, visitorOf } from './visitor.ts';
