// The form: one real form that a browser can send by itself. With scripts its card fields are sealed
// before they leave; without them they go over the same origin, to the same door.

import { type Html, html } from '#platform/http';
import type { PageMethod, PageView } from '../page-view.ts';
import { addressFields, countryOptions } from './address-fields.ts';
import { awayFields, chooseMethod } from './choose-method.ts';
import { refusalField, refusalText } from './declines.ts';
import { deliveryTime } from './delivery-time.ts';
import { box, field, select } from './fields.ts';
import { brandMark, brandName, cvcPicture, glyphs } from './icons.ts';
import type { TextKey } from './locales/en.ts';
import { ownPath } from './own-path.ts';
import type { Words } from './words.ts';

export const payForm = (
  view: PageView,
  words: Words,
  methods: readonly PageMethod[] = view.methods,
): Html => {
  const { texts } = words;
  return html`<section class="pay" aria-labelledby="how"><h2 id="how" class="unseen">${texts.cardDetails}</h2>
<form id="pay" method="post" action="${ownPath(view.urls.page)}">
<input type="hidden" name="attempt" value="${view.attempt}">
<input type="hidden" name="expected_amount" value="${String(view.amounts.total)}">
${notice(view, words)}
${contact(view, words)}
${delivery(view, words)}
${chooseMethod(methods, view, words)}
${hasCard(methods) ? cardFields(view, words, methods.length > 1) : null}
${awayFields(methods, view, words)}
${isByCardAlone(methods) || view.asks.billingAddress !== 'required' ? null : html`<div class="group">${billing(view, words)}</div>`}
${customFields(view, words)}
${agreements(view, words)}
${ownWords(view.texts.submit)}
<button class="go" id="go" name="do" value="pay"><span class="label">${submitLabel(view, words)}</span>
<span class="busy" aria-hidden="true"><span class="turn"></span>${texts.processing}</span></button>
${ownWords(view.texts.afterSubmit)}
${hasCard(methods) ? html`<p class="assured">${glyphs.lock}<span>${texts.sealed}</span></p>` : null}
</form></section>`;
};

/** Else an address is wanted of everybody, and does not stand with the card. */
const isByCardAlone = (methods: readonly PageMethod[]): boolean =>
  methods.length === 1 && hasCard(methods);

const hasCard = (methods: readonly PageMethod[]): boolean =>
  methods.some(({ type }) => type === 'card');

/** What the merchant has to say at this place. */
const ownWords = (text: string | null): Html | null =>
  text === null ? null : html`<p class="quiet small" dir="auto">${text}</p>`;

const notice = (view: PageView, words: Words): Html => {
  const text = view.declined === null ? null : refusalText(view.declined, view.mode, words);
  const isAtField = view.declined !== null && refusalField(view.declined) !== null;
  return html`<div class="notice bad" id="notice" tabindex="-1" ${text === null || isAtField ? html`hidden` : null}>${glyphs.warn}
<p><strong id="notice-text">${text ?? ''}</strong> <span id="notice-more">${text === null ? '' : words.texts.notCharged}</span></p></div>`;
};

const contact = ({ asks, known }: PageView, words: Words): Html | null => {
  const { texts } = words;
  if (known.isEmailFixed && known.email !== null && !asks.phone && asks.names === null) {
    return html`<p class="known"><span class="quiet">${texts.email}</span> <bdi>${known.email}</bdi></p>`;
  }
  if (!asks.email && !asks.phone && asks.names === null) return null;
  return html`<fieldset><legend>${texts.contact}</legend>
${
  asks.email && !known.isEmailFixed
    ? field(
        {
          id: 'email',
          name: 'email',
          label: texts.email,
          autocomplete: 'email',
          type: 'email',
          inputmode: 'email',
          value: known.email,
          ltr: true,
          maxLength: 250,
        },
        words,
      )
    : known.email === null
      ? null
      : html`<p class="known"><span class="quiet">${texts.email}</span> <bdi>${known.email}</bdi></p>`
}
${
  asks.phone
    ? field(
        {
          id: 'phone',
          name: 'phone',
          label: texts.phone,
          autocomplete: 'tel',
          type: 'tel',
          inputmode: 'tel',
          value: known.phone,
          ltr: true,
          maxLength: 20,
        },
        words,
      )
    : null
}${namesOf(asks.names, known, words)}</fieldset>`;
};

const namesOf = (
  names: PageView['asks']['names'],
  { businessName, individualName }: PageView['known'],
  words: Words,
): Html | null => {
  if (names === null) return null;
  const { business, individual } = names;
  const { texts } = words;
  return html`${individual === null ? null : field({ id: 'individual-name', name: 'individual_name', label: texts.name, autocomplete: 'name', value: individualName, required: !individual.optional, maxLength: 150 }, words)}${business === null ? null : field({ id: 'business-name', name: 'business_name', label: texts.businessName, autocomplete: 'organization', value: businessName, required: !business.optional, maxLength: 150 }, words)}`;
};

const delivery = ({ asks, known, amounts, texts: own }: PageView, words: Words): Html | null => {
  const { texts, sum } = words;
  if (asks.shippingCountries === null && asks.shippingOptions.length === 0) return null;
  return html`<fieldset><legend>${texts.delivery}</legend>
${
  asks.shippingCountries === null
    ? null
    : html`${field({ id: 'shipping-name', name: 'shipping[name]', label: texts.name, autocomplete: 'shipping name', value: known.shipping?.name ?? null, maxLength: 150 }, words)}
${addressFields({ group: 'shipping', countries: asks.shippingCountries, value: known.shipping }, words)}
${ownWords(own.shippingAddress)}`
}
${
  asks.shippingOptions.length === 0
    ? null
    : html`<div class="choices" role="radiogroup" aria-label="${texts.deliveryMethod}">${asks.shippingOptions.map(
        ({
          id,
          name,
          amount,
          delivery,
          isChosen,
        }) => html`<label class="choice"><input type="radio" id="${id}" name="shipping_option" value="${id}" data-again ${isChosen ? html`checked` : null}>
<span><bdi>${name}</bdi>${timeOf(deliveryTime(delivery, words))}</span><span class="much">${amount === 0n ? texts.free : sum(amount, amounts)}</span></label>`,
      )}</div>`
}</fieldset>`;
};

const timeOf = (time: string | null): Html | null =>
  time === null ? null : html`<br><span class="quiet hint"><bdi>${time}</bdi></span>`;

const cardFields = (view: PageView, words: Words, isOneOfMany: boolean): Html => {
  const { texts } = words;
  const asked = { isLenient: isOneOfMany };
  const at = view.declined === null ? null : refusalField(view.declined);
  const text = view.declined === null ? null : refusalText(view.declined, view.mode, words);
  const errorAt = (name: typeof at): string | null => (at === name ? text : null);
  const brands = view.methods.find(({ type }) => type === 'card')?.brands ?? [];

  return html`<fieldset id="card"><legend>${texts.card}${isOneOfMany ? null : html`<span class="brands" role="img" aria-label="${brands.map(brandName).join(', ')}">${brands.map((brand) => brandMark(brand))}</span>`}</legend>
${field({ ...asked, id: 'number', name: 'card[number]', label: texts.number, autocomplete: 'cc-number', inputmode: 'numeric', ltr: true, maxLength: 30, error: errorAt('number'), mark: html`<span class="at-end" id="brand">${brandMark('unknown')}</span>` }, words)}
<div class="row">
${field({ ...asked, id: 'expiry', name: 'card[expiry]', label: texts.expiry, autocomplete: 'cc-exp', inputmode: 'numeric', ltr: true, placeholder: texts.expiryHint, maxLength: 9, wide: false, error: errorAt('expiry') }, words)}
${field({ ...asked, id: 'cvc', name: 'card[cvc]', label: texts.cvc, autocomplete: 'cc-csc', inputmode: 'numeric', ltr: true, maxLength: 4, wide: false, hint: texts.cvcHint, error: errorAt('cvc'), mark: cvcPicture }, words)}
</div>
${field({ ...asked, id: 'holder', name: 'card[name]', label: texts.holder, autocomplete: 'cc-name', value: view.known.name, maxLength: 150, last: view.asks.billingAddress === 'none' }, words)}
${isOneOfMany && view.asks.billingAddress === 'required' ? null : billing(view, words)}
</fieldset>`;
};

/** Nobody is asked twice for one address: the box hides what follows it, by style alone. */
const billing = (view: PageView, words: Words): Html | null => {
  const { asks, known } = view;
  if (asks.billingAddress === 'none') return null;
  if (asks.shippingCountries === null) return billingFields(view, words, false);
  const { name: _, ...shipping } = { name: null, ...known.shipping };
  const checked =
    known.billing === null || JSON.stringify(known.billing) === JSON.stringify(shipping);
  return html`${box({ id: 'billing-same', name: 'billing_same', label: words.texts.billingSame, checked, required: false })}
${billingFields(view, words, true)}`;
};

const billingFields = ({ asks, known }: PageView, words: Words, isLenient: boolean): Html => {
  if (asks.billingAddress === 'required') {
    return html`<div class="group"><h3>${words.texts.billing}</h3>${addressFields({ group: 'billing', countries: null, value: known.billing, isLenient }, words)}</div>`;
  }
  return html`<div class="row">
${select({ id: 'billing-country', name: 'billing[country]', label: words.texts.country, autocomplete: 'billing country', value: known.billing?.country ?? null, required: false, wide: false, options: countryOptions(null, words) }, words)}
${field({ id: 'billing-postal_code', name: 'billing[postal_code]', label: words.texts.postalCode, autocomplete: 'billing postal-code', value: known.billing?.postal_code ?? null, required: false, wide: false, maxLength: 20, last: true }, words)}
</div>`;
};

const customFields = ({ asks }: PageView, words: Words): Html | null => {
  if (asks.customFields.length === 0) return null;
  return html`<fieldset><legend class="unseen">${words.texts.details}</legend>${asks.customFields.map(
    (it) => {
      const shared = {
        id: `custom-${it.key}`,
        name: `custom_fields[${it.key}]`,
        label: it.label,
        autocomplete: 'off',
        value: it.value,
        required: !it.optional,
      };
      return it.type === 'dropdown'
        ? select({ ...shared, options: it.options }, words)
        : field(
            {
              ...shared,
              maxLength: it.maxLength,
              minLength: it.minLength,
              inputmode: it.type === 'numeric' ? 'numeric' : 'text',
            },
            words,
          );
    },
  )}</fieldset>`;
};

const agreements = ({ asks, merchant, texts }: PageView, words: Words): Html | null => {
  if (!asks.terms && !asks.reuse && asks.promotions === null) return null;
  return html`<div class="agreements">
${asks.reuse ? html`<p class="quiet small" id="reuse">${words.tell('reuse', { merchant: merchant.name })}</p>` : null}
${asks.terms ? box({ id: 'terms', name: 'terms', label: texts.terms ?? words.tell('terms', { merchant: merchant.name }), checked: false, required: true }) : null}
${asks.promotions === null ? null : box({ id: 'promotions', name: 'promotions', label: words.tell('promotions', { merchant: merchant.name }), checked: asks.promotions, required: false })}
</div>`;
};

const submitKeys: Readonly<Record<PageView['submitType'], TextKey>> = {
  auto: 'pay',
  pay: 'pay',
  book: 'book',
  donate: 'donate',
  subscribe: 'subscribe',
};

const submitLabel = ({ mode, submitType, amounts }: PageView, { tell, texts, sum }: Words): Html =>
  mode === 'setup'
    ? html`${texts.save}`
    : tell(submitKeys[submitType], { amount: sum(amounts.total, amounts) });
