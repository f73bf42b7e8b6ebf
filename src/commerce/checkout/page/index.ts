export { pageScripts, pageStyle } from './assets.ts';
export { chooseLanguage, type LanguageTag, languageTags } from './language.ts';
export { type FindView, newNonce, pageHandlers, sendReturned } from './page-handlers.ts';
export { pageHeaders, policyFor, REPORTS_PATH } from './policy.ts';
export { renderNotice, renderPage } from './render-page.ts';
export { scriptInventory } from './script-inventory.ts';
export { type PageState, pageState } from './state.ts';
export { checkTheme, contrast, type Look, type Theme, type ThemeRefusal } from './theme.ts';
