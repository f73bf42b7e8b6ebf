export {
  type Authentication,
  type Claim,
  renderProof,
  type ShownProof,
  shownProof,
} from './authentication.ts';
export { type Beginning, type Begun, beginAuthentication } from './begin-authentication.ts';
export type {
  AuthenticationChange,
  AuthenticationListener,
  BrowserInfo,
  Preference,
  ThreeDsMerchant,
} from './card-authentication.ts';
export { provideEmbedders } from './embedders.ts';
export {
  type ExemptionFacts,
  type ExemptionTerms,
  exemptionFor,
  isLaw,
  isRegulated,
} from './exemptions.ts';
export { findAuthentication } from './find-authentication.ts';
export { threeDsHandlers } from './pages/handlers.ts';
export { provideThreeDs } from './settings.ts';
export { useAuthentication } from './use-authentication.ts';
