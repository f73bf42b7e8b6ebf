// What a module tells of its objects, so that `expand` can be checked and done: which fields may be
// shown whole, and how to load what they point to.

import type { Context, Scope } from '#kit/context';

export type ResourceDefinition = {
  /** The `object` of the rendered thing: `customer`, `checkout.session`. */
  readonly object: string;
  /** By path inside the object: `latest_charge`, `transfer_data.destination`, `items`. */
  readonly expandable?: Readonly<Record<string, Expandable>>;
  /** Hashes, and lists of them, that are shown whole: asking for one, or for what it holds, changes nothing. */
  readonly hashes?: readonly string[];
  /** Names of removed fields: their paths are accepted and ignored. */
  readonly removed?: readonly string[];
  /** The resource of a restricted key's permission that expanding to this needs: `customers`. */
  readonly permission?: string;
  /** Which ids can be of this kind; asked where a field may point to several kinds. */
  readonly owns?: (id: string) => boolean;
  /** Rendered objects by id, deleted ones in their deleted form. Absent: only inline, never by id. */
  readonly load?: Load;
};

export type Load = (
  context: Context,
  scope: Scope,
  ids: readonly string[],
) => Promise<ReadonlyMap<string, unknown>>;

export type Expandable =
  /** An id, or a list of ids, of one of these kinds. */
  | { readonly to: readonly string[] }
  /**
   * Absent unless asked for; loaded by the ids of the holders. `of` is what it, or its list, holds. Versions of
   * the API before `until` had it in every answer: whoever says such a version has asked for it.
   */
  | {
      readonly include: Load;
      readonly of: readonly string[];
      readonly until?: string;
      readonly grows?: Grows;
    }
  /** Always there as an object or a list of objects: asking for it does nothing, what lies below counts. */
  | { readonly inside: readonly string[] };

/** How many a list has that is included. */
export const INCLUDED_MAX = 10;

/** A list, the newest first, to which a request may add what it made: what is not committed cannot be loaded. */
export type Grows = {
  /** The field of an item that names the holder. */
  readonly by: string;
  readonly url: (id: string) => string;
};

/** Of a kind that this installation does not have: asking for it is no fault, and it stays null. */
export const neverFilled: Expandable = { to: [] };

export type Resources = ReadonlyMap<string, ResourceDefinition>;

/** A spot inside an object of one kind. */
export type Place = {
  readonly resource: ResourceDefinition;
  /** The way from its top: empty, or the hash we are in. */
  readonly prefix: string;
  /** Whether a list of them may be here, whose items stand under `data`. */
  readonly listed: boolean;
};
export const fieldAt = ({ prefix }: Place, segment: string): string =>
  prefix === '' ? segment : `${prefix}.${segment}`;

/** A path may be the name of anything, also of what every object inherits. */
export const ruleAt = (place: Place, segment: string): Expandable | undefined => {
  const field = fieldAt(place, segment);
  const { expandable = {} } = place.resource;
  return Object.hasOwn(expandable, field) ? expandable[field] : undefined;
};

/** Whether we are in a hash that is shown whole, or would be with this segment. */
export const isShownWhole = (place: Place, segment: string): boolean => {
  const [top = ''] = fieldAt(place, segment).split('.', 1);
  return place.resource.hashes?.includes(top) === true;
};

/**
 * Where one segment more leads. Paths are checked and answers are filled by it alike: what an object inside of a hash
 * says it is counts for nothing, as nobody checked a permission for that.
 */
export const placesBelow = (
  resources: Resources,
  place: Place,
  segment: string,
): readonly Place[] => {
  const rule = ruleAt(place, segment);
  if (rule === undefined) {
    return segment === 'data' && place.listed
      ? [{ ...place, listed: false }]
      : [{ ...place, prefix: fieldAt(place, segment), listed: false }];
  }
  // A kind that no module has yet leads no further, but may be named.
  return kindsOf(rule).map((kind) => ({
    resource: resources.get(kind) ?? { object: kind },
    prefix: '',
    listed: !('to' in rule),
  }));
};

export const kindsOf = (rule: Expandable): readonly string[] => {
  if ('to' in rule) return rule.to;
  return 'include' in rule ? rule.of : rule.inside;
};
