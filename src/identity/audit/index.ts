export { auditEntry } from './audit.store.ts';
export { ENTRIES_PER_SEAL_MAX, sealAudit, sealingWith } from './seal-audit.ts';
export { verifyAudit } from './verify-audit.ts';
