import type { LanguageTag } from '../language.ts';
import { en, type Texts } from './en.ts';

const catalogues: Partial<Readonly<Record<LanguageTag, Texts>>> = { en };

export const textsOf = (language: LanguageTag): Texts => catalogues[language] ?? en;
