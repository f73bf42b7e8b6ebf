export { type Columns, columnsWith } from './card-columns.ts';
export { type CustomerVerbs, customerVerbs } from './customer-verbs.ts';
export { type ExportRequest, exportCards } from './export-cards.ts';
export { type ExportManifest, filesToImport, manifestPath } from './export-manifest.ts';
export { PortabilityError } from './failures.ts';
export { type ImportRequest, type ImportSummary, importCards } from './import-cards.ts';
export { openPrivateKey, type Recipient, readRecipient } from './pgp-keys.ts';
export { type Format, formats } from './read-rows.ts';
