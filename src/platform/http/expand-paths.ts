// Whether a path of `expand` leads anywhere, told before the endpoint runs.

import { ApiError } from './errors.ts';
import { permissionMissing } from './refusals.ts';
import type { Place, ResourceDefinition, Resources } from './resource.ts';
import { fieldAt, isShownWhole, kindsOf, placesBelow, ruleAt } from './resource.ts';
import type { Principal, Route } from './route.ts';
import { echo } from './sensitive.ts';

const levelsMax = 4;

/** Where a path leads, or why it leads nowhere. */
type Walk = 'expands' | 'stands still' | 'unknown';

export const checkPath = (
  resources: Resources,
  path: string,
  route: Route,
  principal: Principal,
): void => {
  const segments = path.split('.');
  if (segments.length > levelsMax) throw tooManyLevels(path);

  const root = resources.get(route.object ?? '');
  const places = root === undefined ? [] : [{ resource: root, prefix: '', listed: false }];
  const isList = route.list === true;
  if (principal.kind === 'publishable' && route.publishableExpand?.includes(path) !== true) {
    throw notExpandable(path);
  }
  if (isList && path === 'data') return;
  if (isList && path === 'total_count') {
    if (isSearch(route)) return;
    throw new ApiError(400, 'This property cannot be included (total_count)');
  }

  const inItem = isList && segments[0] === 'data';
  const found =
    isList && !inItem
      ? 'unknown'
      : walk(resources, places, inItem ? segments.slice(1) : segments, principal);
  if (found === 'expands') return;

  const hint =
    isList && !inItem && walk(resources, places, segments, principal) === 'expands'
      ? ` You may want to try expanding 'data.${path}' instead.`
      : '';
  throw notExpandable(path, hint);
};

/** A search is a list whose answer has pages by token and can be counted. */
const isSearch = (route: Route): boolean => route.path.endsWith('/search');

const walk = (
  resources: Resources,
  places: readonly Place[],
  segments: readonly string[],
  principal: Principal,
): Walk => {
  let here = places;
  let state: Walk = 'stands still';
  // Below what was removed, or is never filled, anything may be asked for.
  let isLoose = false;

  for (const segment of segments) {
    isLoose ||= here.some((place) => isAlwaysEmpty(place, segment));
    const steps = here
      .map((place) => step(resources, place, segment, principal))
      .filter((found) => found !== null);
    if (steps.length === 0) return isLoose ? 'expands' : 'unknown';
    here = steps.flatMap((found) => found.places);
    state = steps.some((found) => found.expands) ? 'expands' : 'stands still';
  }
  return isLoose ? 'expands' : state;
};

type Step = { readonly places: readonly Place[]; readonly expands: boolean };

/** One segment further; null where there is no such way. */
export const step = (
  resources: Resources,
  place: Place,
  segment: string,
  principal: Principal,
): Step | null => {
  const places = placesBelow(resources, place, segment);
  if (ruleAt(place, segment) !== undefined) {
    for (const { resource } of places) checkPermission(resource, principal);
    return { places, expands: true };
  }
  // `data` of an inline or included list, or the way down a hash to a field that can be expanded.
  if (segment === 'data' && place.listed) return { places, expands: true };

  // Shops ask for hashes that every answer holds, as `payment_method.billing_details`: that is no fault.
  const isWhole = isShownWhole(place, segment);
  const leads = Object.keys(place.resource.expandable ?? {}).some((path) =>
    path.startsWith(`${fieldAt(place, segment)}.`),
  );
  return isWhole || leads ? { places, expands: isWhole } : null;
};

const isAlwaysEmpty = (place: Place, segment: string): boolean => {
  const rule = ruleAt(place, segment);
  if (rule !== undefined) return kindsOf(rule).length === 0;
  return place.resource.removed?.includes(fieldAt(place, segment)) === true;
};

export const checkPermission = (
  { permission }: Pick<ResourceDefinition, 'permission'>,
  principal: Principal,
): void => {
  if (principal.kind !== 'restricted' || permission === undefined) return;
  if (principal.permissions[permission] === undefined) throw permissionMissing(permission, 'read');
};

const tooManyLevels = (path: string): ApiError =>
  new ApiError(
    400,
    `You cannot expand more than ${levelsMax} levels of a property. Property: ${echo(path)}`,
    { code: 'property_expansion_max_depth' },
  );

const notExpandable = (path: string, hint = ''): ApiError =>
  new ApiError(400, `This property cannot be expanded (${echo(path)}).${hint}`);
