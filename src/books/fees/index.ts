export { type Fee, feeOf } from './fee-of.ts';
export { loadFeeRules, loadFeeRulesOf } from './fee-rules.store.ts';
export {
  type FeeFacts,
  type FeeOccasion,
  type FeeRule,
  type FeeRuleSet,
  STANDARD_FEES,
} from './fee-rules.ts';
export { type FeeRulesSet, setFeeRules } from './set-fee-rules.ts';
