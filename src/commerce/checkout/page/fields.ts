// A labelled field, its error and its hint, tied together for those who see them and those who hear them.

import { type Html, html } from '#platform/http';
import type { Words } from './words.ts';

export type Field = {
  readonly id: string;
  readonly name: string;
  readonly label: string;
  readonly autocomplete: string;
  readonly value?: string | null;
  readonly type?: 'text' | 'email' | 'tel';
  readonly inputmode?: 'numeric' | 'email' | 'tel' | 'text';
  readonly hint?: string;
  readonly placeholder?: string;
  readonly required?: boolean;
  /** Required while it is shown: a browser without scripts would insist on what it does not show. */
  readonly isLenient?: boolean;
  readonly maxLength?: number | null;
  readonly minLength?: number | null;
  readonly error?: string | null;
  /** Stands inside the box, at its end. */
  readonly mark?: Html;
  readonly wide?: boolean;
  /** Digits run from left to right in every language. */
  readonly ltr?: boolean;
  readonly last?: boolean;
};

export const field = (it: Field, words: Words): Html => {
  const required = it.required ?? true;
  const described = [...(it.hint === undefined ? [] : [`${it.id}-hint`]), `${it.id}-error`];
  return html`<div class="field${it.wide === false ? ' half' : ''}">
<label for="${it.id}">${it.label}${required ? null : optional(words)}</label>
<span class="box${it.mark ? ' marked' : ''}"><input id="${it.id}" name="${it.name}" type="${it.type ?? 'text'}" autocomplete="${it.autocomplete}"
${it.inputmode ? html`inputmode="${it.inputmode}"` : null} enterkeyhint="${it.last ? 'done' : 'next'}" autocapitalize="${it.autocomplete === 'cc-name' || it.autocomplete.endsWith('name') ? 'words' : 'off'}" spellcheck="false"
${it.ltr ? html`dir="ltr"` : html`dir="auto"`} ${it.placeholder ? html`placeholder="${it.placeholder}"` : null}
${required ? insisting(it) : null} ${it.maxLength ? html`maxlength="${it.maxLength}"` : null} ${it.minLength ? html`minlength="${it.minLength}"` : null}
aria-describedby="${described.join(' ')}" ${it.error ? html`aria-invalid="true"` : null}
value="${it.value ?? ''}">${it.mark ?? null}</span>
${it.hint === undefined ? null : html`<span class="hint" id="${it.id}-hint">${it.hint}</span>`}
${errorOf(it.id, it.error ?? null)}</div>`;
};

export const select = (
  it: Pick<
    Field,
    'id' | 'name' | 'label' | 'autocomplete' | 'value' | 'required' | 'wide' | 'isLenient'
  > & {
    readonly options: readonly { readonly value: string; readonly label: string }[];
  },
  words: Words,
): Html => html`<div class="field${it.wide === false ? ' half' : ''}">
<label for="${it.id}">${it.label}${it.required === false ? optional(words) : null}</label>
<span class="box chooser"><select id="${it.id}" name="${it.name}" autocomplete="${it.autocomplete}" ${it.required === false ? null : insisting(it)} aria-describedby="${it.id}-error">
<option value="">${words.texts.choose}</option>
${it.options.map(({ value, label }) => html`<option value="${value}" ${value === it.value ? html`selected` : null}>${label}</option>`)}
</select></span>${errorOf(it.id, null)}</div>`;

export const box = (it: {
  readonly id: string;
  readonly name: string;
  readonly label: Html | string;
  readonly checked: boolean;
  readonly required: boolean;
}): Html => html`<div class="field tick"><input type="checkbox" id="${it.id}" name="${it.name}" value="true" ${it.checked ? html`checked` : null}
${it.required ? html`required` : null} aria-describedby="${it.id}-error"><label for="${it.id}">${it.label}</label>${errorOf(it.id, null)}</div>`;

const errorOf = (id: string, error: string | null): Html =>
  html`<span class="error" id="${id}-error" ${error === null ? html`hidden` : null}>${error ?? ''}</span>`;

const insisting = ({ isLenient }: Pick<Field, 'isLenient'>): Html =>
  isLenient ? html`aria-required="true"` : html`required`;

const optional = ({ texts }: Words): Html => html` <span class="quiet">(${texts.optional})</span>`;
