export { attachMethod, consumeMethod, detachMethod } from './attach-method.ts';
export { bicOf } from './banks.ts';
export { testCardNames } from './check-card.ts';
export { type MadeMethod, type MethodData, makeMethod } from './create-method.ts';
export { type DetachListener, provideDetachListeners } from './detach-listeners.ts';
export { findMethod, findStoredMethod } from './find-method.ts';
export { knownTypes, namesOfTypes } from './known-types.ts';
export { listOfMethods } from './list-methods.ts';
export { type AskedSource, makeSource } from './make-source.ts';
export {
  createMethodParameters,
  methodFilters,
  sourceParameter,
} from './method-parameters.ts';
export { methodSchema } from './method-schema.ts';
export { optionsOfOthers } from './other-options.ts';
export { type Address, emptyAddress, type PaymentMethod } from './payment-method.ts';
export {
  insertMethod,
  listMethods,
  loadMethods,
  loadNewestSources,
  updateMethod,
} from './payment-methods.store.ts';
export { CUSTOMER, renderCard, renderSource } from './render-card.ts';
export {
  networksOf,
  parseMethodId,
  renderPaymentMethod,
  spellMethod,
} from './render-payment-method.ts';
export { nothingAttached, stillAttached } from './still-attached.store.ts';
export { takeCvcToken } from './take-token.ts';
export { updateSourceMethod } from './update-source.ts';
export {
  takesCurrency,
  type WayToPay,
  waysToPay,
  wayToPay,
  withoutLink,
} from './ways-to-pay.ts';
