export { auditEntry } from './audit.store.ts';
export { type Sealing, sealAudit, sealingWith } from './seal-audit.ts';
export { type AuditVerdict, verifyAudit } from './verify-audit.ts';
