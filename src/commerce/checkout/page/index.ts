export {
  type PageScript,
  pageScripts,
  pageStyle,
  pinned,
  scriptTags,
  sourceOf,
  styleIn,
} from './assets.ts';
export { declineKeysOf } from './declines.ts';
export { type Field, field } from './fields.ts';
export { brandMark, cardSprite, cvcPicture, glyphs } from './icons.ts';
export { chooseLanguage, type LanguageTag, languageTags } from './language.ts';
export { MONITOR_PATH, monitorPage } from './monitor-page.ts';
export { linkTo } from './own-path.ts';
export {
  type FindView,
  newNonce,
  pageHandlers,
  scriptHandler,
  sendReturned,
} from './page-handlers.ts';
export { pageHeaders, policyFor, REPORTS_PATH } from './policy.ts';
export { renderNotice, renderPage } from './render-page.ts';
export { scriptInventory } from './script-inventory.ts';
export { type PageState, pageState } from './state.ts';
export {
  type AccentColours,
  accentColours,
  checkTheme,
  contrast,
  darkened,
  type FontName,
  fontNames,
  type Theme,
  type ThemeRefusal,
} from './theme.ts';
export { type Words, wordsIn } from './words.ts';
