export { type Fee, feeOf } from './fee-of.ts';
export { listFeeRules, loadFeeRules } from './fee-rules.store.ts';
export { type FeeFacts, STANDARD_FEES } from './fee-rules.ts';
export { setFeeRules } from './set-fee-rules.ts';
export { withdrawFeeRules } from './withdraw-fee-rules.ts';
