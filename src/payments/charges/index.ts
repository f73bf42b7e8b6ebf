export { checkAmount, checkPartAmount } from './amount-limits.ts';
export { isLetGoInSql } from './aside.ts';
export {
  type Charge,
  countTaken,
  left,
  refundable,
  releasable,
  type Shipping,
  withRefundedBeyond,
} from './charge.ts';
export {
  countFound as countCharges,
  insertCharge,
  insertFirstCharge,
  listCharges,
  loadCharge,
  loadCharges,
  loadChargesOfIntent,
  loadNewestOfIntents,
  searchRows as searchChargeRows,
  updateCharge,
} from './charges.store.ts';
export {
  actionNotHandled,
  errorFieldsOf,
  type Failure,
  failureOf,
  notProcessed,
} from './decline.ts';
export {
  chargeCaptured,
  chargeExpired,
  chargeFailed,
  chargePending,
  chargeRefunded,
  chargeSnapshot,
  chargeSucceeded,
  chargeUpdated,
} from './events.ts';
export { findCharge } from './find-charge.ts';
export { otherFailureOf } from './other-decline.ts';
export {
  type Booked,
  bookMovement,
  expectMovement,
  feeFactsOf,
  loadBookedParts,
} from './postings.ts';
export {
  type Addressed,
  errorPageOf,
  provideReceiptAddresses,
  readReceiptToken,
  receiptUrlOf,
} from './receipt-address.ts';
export { CHARGE, descriptorOf, INTENT, renderCharge } from './render-charge.ts';
export { chargeIndexes } from './search-indexes.ts';
