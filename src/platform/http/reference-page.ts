// The reference page at `/docs`, rendered from the routes and the table of errors. It is complete
// without a script and without a request to anyone else.

import type { ErrorRow } from './error-codes.ts';
import { errorCodes } from './error-codes.ts';
import { Html, html } from './html.ts';
import type { Json, OpenApiOptions } from './openapi.ts';
import { requestSchema } from './openapi.ts';
import { type Page, pageOf } from './page.ts';
import { referenceStyle } from './reference-style.ts';
import type { Route } from './route.ts';
import { answerSample, curlSample, samplePath } from './samples.ts';

export const referencePage = (routes: readonly Route[], options: OpenApiOptions): Page => {
  const groups = [...Map.groupBy(routes, ({ group }) => group)];
  const errors = Object.entries({ ...errorCodes, ...options.errors }).toSorted(([a], [b]) =>
    a < b ? -1 : 1,
  );

  return pageOf({
    title: `${options.title} API reference`,
    style: referenceStyle,
    body: html`<a class="skip" href="#content">Skip to the content</a>
<div class="page">
${navigation(groups)}
<main id="content">
${introduction(options)}
${groups.map(([group, members]) => groupSection(group, members, options))}
${errorSection(errors)}
</main>
</div>`,
  });
};

type Group = readonly [name: string, members: readonly Route[]];

const navigation = (groups: readonly Group[]): Html => html`<nav aria-label="Endpoints">
<details open>
<summary>API reference</summary>
<ul><li><a href="#introduction">Introduction</a></li></ul>
${groups.map(
  ([group, members]) => html`<div class="group">${group}</div>
<ul>${members.map(
    ({ operation, summary }) => html`<li><a href="#${operation}">${summary}</a></li>`,
  )}</ul>
`,
)}
<div class="group">Errors</div>
<ul><li><a href="#errors">Codes</a></li></ul>
</details>
</nav>`;

const introduction = (options: OpenApiOptions): Html => html`<section id="introduction">
<h1>${options.title} API</h1>
<p class="lead">This installation speaks Stripe's API as of <code>${options.apiVersion}</code>: official
SDKs work after their host is changed to <code>${options.publicUrl}</code>. Parameters are sent as a form
or as JSON, answers are JSON. The same as a document for machines:
<a href="/openapi.json">openapi.json</a>.</p>
<p class="lead">Send the API key as bearer token, or as user name with an empty password. With an
<code>Idempotency-Key</code> header on a POST, sending it again repeats the first answer and causes
nothing.</p>
</section>`;

const groupSection = (group: string, members: readonly Route[], options: OpenApiOptions): Html =>
  html`<section aria-label="${group}">
<h2>${group}</h2>
${members.map((route) => card(route, options))}
</section>`;

/** Text with `names` in backticks, as descriptions are written. */
const prose = (text: string): readonly (Html | string)[] =>
  text.split('`').map((part, at) => (at % 2 === 0 ? part : html`<code>${part}</code>`));

const keyTexts: Readonly<Record<Route['keys'], string>> = {
  secret: 'With a secret key.',
  publishable: 'With a secret or a publishable key.',
  public: 'Without a key.',
};

const card = (route: Route, { publicUrl }: OpenApiOptions): Html => {
  const { properties, required = [] } = requestSchema(route);
  return html`<article class="card" id="${route.operation}">
<header>
<h3><a class="anchor" href="#${route.operation}">${route.summary}</a></h3>
<code><span class="method ${route.method}">${route.method}</span>${samplePath(route)}</code>
</header>
<div class="sides">
<div>
${route.description === undefined ? null : html`<p>${prose(route.description)}</p>`}
<p class="type">${keyTexts[route.keys]}</p>
<h4>Parameters</h4>
${fieldList(properties, required)}
</div>
<div class="samples">
<h4>Request</h4>
<pre tabindex="0"><code>${curlSample(route, publicUrl)}</code></pre>
<h4>Answer</h4>
<pre tabindex="0"><code>${answerSample(route)}</code></pre>
</div>
</div>
</article>
`;
};

const fieldList = (properties: Readonly<Record<string, Json>>, required: readonly string[]): Html =>
  html`<ul class="fields">${requiredFirst(properties, required).map(([name, schema]) =>
    field(name, schema, required.includes(name)),
  )}</ul>`;

const requiredFirst = (
  properties: Readonly<Record<string, Json>>,
  required: readonly string[],
): readonly (readonly [string, Json])[] => {
  const all = Object.entries(properties);
  return [
    ...all.filter(([name]) => required.includes(name)),
    ...all.filter(([name]) => !required.includes(name)),
  ];
};

const field = (name: string, schema: Json, required: boolean): Html => {
  const { description } = schema;
  const inner = innerFields(schema);
  const old = schema['deprecated'] === true;

  return html`<li><code class="name${old ? ' old' : ''}">${name}</code>
<span class="type">${typeText(schema)}</span>${required ? html`<span class="flag">required</span>` : null}
${typeof description === 'string' ? html`<p>${prose(description)}</p>` : null}
${
  inner === null
    ? null
    : html`<details><summary>Its fields</summary>${fieldList(inner.properties, inner.required)}</details>`
}</li>`;
};

type Inner = {
  readonly properties: Readonly<Record<string, Json>>;
  readonly required: readonly string[];
};

/** The fields of a hash, wherever it stands: plain, in a list, among alternatives. */
const innerFields = (schema: Json): Inner | null => {
  const { properties, required, items, anyOf } = schema as {
    properties?: Readonly<Record<string, Json>>;
    required?: readonly string[];
    items?: Json;
    anyOf?: readonly Json[];
  };
  if (properties !== undefined) return { properties, required: required ?? [] };
  if (items !== undefined) return innerFields(items);
  for (const each of anyOf ?? []) {
    const found = innerFields(each);
    if (found !== null) return found;
  }
  return null;
};

type TypeKeywords = {
  readonly type?: string;
  readonly anyOf?: readonly Json[];
  readonly items?: Json;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
};

const typeText = (schema: Json): string => {
  const { type, anyOf, items, minLength, maxLength, minimum, maximum } = schema as TypeKeywords;
  const values = schema['enum'] as readonly unknown[] | undefined;
  if (schema['deprecated'] === true) return 'older name';
  if (schema['const'] === '') return 'empty';
  if (values !== undefined) return `one of ${values.join(', ')}`;
  if (anyOf !== undefined) return anyOf.map(typeText).join(' or ');
  if (type === 'array') return `list of ${typeText(items ?? {})}`;
  if (type === 'object') return 'hash';

  const bounds = [
    ...(minimum === undefined ? [] : [`from ${minimum}`]),
    ...(maximum === undefined ? [] : [`to ${maximum}`]),
    ...(minLength === undefined ? [] : [`from ${minLength}`]),
    ...(maxLength === undefined ? [] : [`up to ${maxLength} characters`]),
  ];
  return [type ?? 'any value', ...bounds].join(' ');
};

const errorSection = (errors: readonly (readonly [string, ErrorRow])[]): Html =>
  html`<section id="errors">
<h2>Error codes</h2>
<p class="lead">An error has a <code>type</code>, a <code>message</code> and, where it applies, a
<code>code</code> and the <code>param</code> it is about. The header <code>Stripe-Should-Retry</code> says
whether sending the same request again can help.</p>
<table>
<thead><tr><th scope="col">Code</th><th scope="col">Status</th><th scope="col">Meaning</th>
<th scope="col">What to do</th></tr></thead>
<tbody>
${errors.map(
  ([code, row]) => html`<tr id="error-${code}"><th scope="row"><code>${code}</code></th>
<td>${row.status}</td><td>${prose(row.meaning)}</td><td>${prose(row.advice)}</td></tr>
`,
)}
</tbody>
</table>
</section>`;
