// Pieces of HTML. Text is escaped where it is put in; what is HTML already says so by its type.

export type Html = { readonly html: string };
export type Piece = Html | string | number | undefined | readonly Piece[];

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

const spell = (piece: Piece): string => {
  if (piece === undefined) return '';
  if (typeof piece === 'object') {
    return 'html' in piece ? piece.html : piece.map(spell).join('');
  }
  return String(piece).replaceAll(/[&<>"]/g, (letter) => escapes[letter] as string);
};

export const html = (parts: TemplateStringsArray, ...pieces: readonly Piece[]): Html => ({
  html: parts.map((part, at) => part + spell(pieces[at])).join(''),
});

export const moment = (iso: string): Html =>
  html`<time datetime="${iso}">${iso.slice(0, 10)} <span>${iso.slice(11, 19)}</span></time>`;

const tones: Readonly<Record<string, string>> = {
  captured: 'good',
  signed_on: 'good',
  won: 'good',
  executed: 'good',
  paid: 'good',
  held: 'wait',
  accepted: 'wait',
  waiting: 'wait',
  under_review: 'wait',
  warning_under_review: 'wait',
  lost: 'bad',
  rejected: 'bad',
  returned: 'bad',
  needs_response: 'bad',
  warning_needs_response: 'bad',
};

export const badge = (state: string): Html =>
  html`<span class="badge ${tones[state] ?? 'plain'}">${state.replaceAll('_', ' ')}</span>`;

export type Cell = Piece | { readonly number: Piece };

/** On a narrow screen each row becomes a card, whose lines carry the names of the columns. */
export const table = (
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  whenEmpty: string,
): Html => {
  if (rows.length === 0) return html`<p class="empty">${whenEmpty}</p>`;
  const cell = (given: Cell, at: number): Html => {
    const isNumber = typeof given === 'object' && 'number' in given;
    const content = isNumber ? given.number : given;
    return html`<td data-label="${head[at] ?? ''}"${isNumber ? html` class="number"` : ''}>${content}</td>`;
  };
  const isNumber = (at: number): boolean => {
    const given = rows[0]?.[at];
    return typeof given === 'object' && 'number' in given;
  };
  return html`<div class="wide"><table>
<thead><tr>${head.map((name, at) => html`<th scope="col"${isNumber(at) ? html` class="number"` : ''}>${name}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map(cell)}</tr>`)}</tbody>
</table></div>`;
};

export const section = (title: string, body: Piece, note?: Piece): Html =>
  html`<section class="panel"><header><h2>${title}</h2>${note === undefined ? '' : html`<p>${note}</p>`}</header>${body}</section>`;

/** Sends its fields as JSON; see the script. */
export const action = (send: string, fields: Piece, label: string, tone = ''): Html =>
  html`<form data-send="${send}" class="action">${fields}<button class="${tone}">${label}</button></form>`;

export const hidden = (name: string, value: string, as = 'text'): Html =>
  html`<input type="hidden" name="${name}" value="${value}" data-as="${as}">`;

export const field = (label: string, control: Html): Html =>
  html`<label><span>${label}</span>${control}</label>`;

export const choice = (name: string, options: readonly (readonly [string, string])[]): Html =>
  html`<select name="${name}">${options.map(([value, says]) => html`<option value="${value}">${says}</option>`)}</select>`;
