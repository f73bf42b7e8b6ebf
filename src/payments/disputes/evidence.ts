// What a merchant says for itself: texts under the names that Stripe gives them.

import { anything, emptyable, object, text } from '#platform/http';

/** That much in all, as the networks take. */
export const EVIDENCE_CHARACTERS_MAX = 150_000;

export const textNames = [
  'access_activity_log',
  'billing_address',
  'cancellation_policy_disclosure',
  'cancellation_rebuttal',
  'customer_email_address',
  'customer_name',
  'customer_purchase_ip',
  'duplicate_charge_explanation',
  'duplicate_charge_id',
  'product_description',
  'refund_policy_disclosure',
  'refund_refusal_explanation',
  'service_date',
  'shipping_address',
  'shipping_carrier',
  'shipping_date',
  'shipping_tracking_number',
  'uncategorized_text',
] as const;

/** Files are not part of this installation yet. */
export const fileNames = [
  'cancellation_policy',
  'customer_communication',
  'customer_signature',
  'duplicate_charge_documentation',
  'receipt',
  'refund_policy',
  'service_documentation',
  'shipping_documentation',
  'uncategorized_file',
] as const;

/** What the networks' programmes and appeals want is not part of this installation yet. */
export const programmeNames = ['appeal', 'enhanced_evidence'] as const;

export type TextName = (typeof textNames)[number];
export type FileName = (typeof fileNames)[number];
export type Evidence = Readonly<Partial<Record<TextName, string>>>;

const eachAs = <N extends string, T>(names: readonly N[], type: () => T): Record<N, T> =>
  Object.fromEntries(names.map((name) => [name, type()])) as Record<N, T>;

export const evidenceParameters = object({
  ...eachAs(textNames, () => emptyable(text(20_000))),
  ...eachAs(fileNames, () => emptyable(text(255))),
  ...eachAs(programmeNames, () => emptyable(anything())),
});

/** Merged by name; the empty text removes one. */
export const mergeEvidence = (
  before: Evidence,
  asked: Readonly<Partial<Record<TextName, string | null | undefined>>>,
): Evidence => {
  const merged = new Map(Object.entries(before));
  for (const name of textNames) {
    const given = asked[name];
    if (given === undefined) continue;
    if (given === null || given === '') merged.delete(name);
    else merged.set(name, given);
  }
  return Object.fromEntries(merged);
};

export const lengthOf = (evidence: Evidence): number =>
  Object.values(evidence).reduce((sum, value) => sum + value.length, 0);

/** As one text, for those who take one. */
export const spellEvidence = (evidence: Evidence): string =>
  textNames
    .flatMap((name) => {
      const value = evidence[name];
      return value === undefined ? [] : [`${name}: ${value}`];
    })
    .join('\n\n');
