export { renderCardsRefused } from './cards-refused.ts';
export { setLook } from './change-look.ts';
export { changedParameters } from './change-parameters.ts';
export { changeShared } from './change-shared.ts';
export { readShared, type SharedOfSession } from './create-session.ts';
export { declineClasses } from './decline-classes.ts';
export { checkoutHandlers, sendNotice } from './handlers.ts';
export { loadLook } from './look.store.ts';
export { renderLook } from './look.ts';
export { nameAtPage, nameAtSession } from './name-at-page.ts';
export { openSession } from './open-session.ts';
export {
  accentColours,
  brandMark,
  cardSprite,
  chooseLanguage,
  cvcPicture,
  declineKeysOf,
  field,
  glyphs,
  newNonce,
  type PageScript,
  pinned,
  REPORTS_PATH,
  scriptHandler,
  scriptTags,
  sourceOf,
  styleIn,
  type Words,
  wordsIn,
} from './page/index.ts';
export { lastPageCheck } from './page-checks.store.ts';
export { pageOfLines } from './page-of-lines.ts';
export { changePlaces, insertPlaces, loadPlaces } from './places.store.ts';
export { provideReceiptMailer } from './receipt-mailer.ts';
export { refuseCollection, refuseNotYet } from './refuse-not-yet.ts';
export { productsOf } from './render-line-item.ts';
export { lineItemsAt, renderShared } from './render-session.ts';
export {
  intentDataParameters,
  lineItemParameters,
  sharedParameters,
} from './session-parameters.ts';
export { lineItemSchema } from './session-schema.ts';
export { completedOf, plain as plainSession, reviveAmounts } from './sessions.store.ts';
export { provideCheckout, publicUrlOf } from './settings.ts';
export { differencesOfLivePage } from './watch-page.ts';
export { refuseMethods } from './ways-of-session.ts';
export { LINK_PAID_JOB } from './write-session.ts';
