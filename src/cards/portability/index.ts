export { type Columns, columnsWith } from './card-columns.ts';
export { customerVerbs } from './customer-verbs.ts';
export { exportCards } from './export-cards.ts';
export { filesToImport, manifestPath } from './export-manifest.ts';
export { PortabilityError } from './failures.ts';
export { type ImportSummary, importCards } from './import-cards.ts';
export { openPrivateKey, readRecipient } from './pgp-keys.ts';
export { type Format, formats } from './read-rows.ts';
