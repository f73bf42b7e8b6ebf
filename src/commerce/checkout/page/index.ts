export { type PageScript, pageScripts, pinned, scriptTags, sourceOf, styleIn } from './assets.ts';
export { declineKeysOf } from './declines.ts';
export { field } from './fields.ts';
export { brandMark, cardSprite, cvcPicture, glyphs } from './icons.ts';
export { chooseLanguage, languageTags } from './language.ts';
export { MONITOR_PATH, monitorPage } from './monitor-page.ts';
export { linkTo } from './own-path.ts';
export { newNonce, pageHandlers, scriptHandler, sendReturned } from './page-handlers.ts';
export { REPORTS_PATH } from './policy.ts';
export { renderNotice, renderPage } from './render-page.ts';
export { pageState } from './state.ts';
export {
  accentColours,
  checkTheme,
  contrast,
  type FontName,
  fontNames,
  type Theme,
} from './theme.ts';
export { type Words, wordsIn } from './words.ts';
