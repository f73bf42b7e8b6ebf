// Expansion as data: which fields of which object may be shown whole, and how to load what they
// point to. Paths are checked before the endpoint runs; afterwards the rendered answer is filled
// level by level, each id loaded once.

import type { Context, Scope } from '#kit/context';
import { ApiError } from './errors.ts';
import { permissionMissing } from './refusals.ts';
import type { Principal, Route } from './route.ts';
import { echo } from './sensitive.ts';

export type ResourceDefinition = {
  /** The `object` of the rendered thing: `customer`, `checkout.session`. */
  readonly object: string;
  /** By path inside the object: `latest_charge`, `transfer_data.destination`, `items`. */
  readonly expandable?: Readonly<Record<string, Expandable>>;
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
  /** Absent unless asked for; loaded by the ids of the holders. `of` is what it, or its list, holds. */
  | { readonly include: Load; readonly of: readonly string[] }
  /** Always there as an object or a list of objects: asking for it does nothing, what lies below counts. */
  | { readonly inside: readonly string[] };

export type Expander = {
  /** Throws the refusal of the first bad path. */
  check(paths: readonly string[], route: Route, principal: Principal): void;
  /** A copy of the body, filled. Objects of `related` win over loading. */
  expand(context: Context, input: ExpandInput): Promise<unknown>;
};

export type ExpandInput = {
  readonly scope: Scope;
  readonly body: unknown;
  readonly object: string;
  readonly paths: readonly string[];
  readonly related?: Readonly<Record<string, unknown>>;
};

const levelsMax = 4;

export const createExpander = (definitions: readonly ResourceDefinition[]): Expander => {
  const resources: Resources = new Map(definitions.map((each) => [each.object, each]));
  return {
    check: (paths, route, principal) => {
      for (const path of paths) checkPath(resources, path, route, principal);
    },
    expand: (context, input) => expandBody(resources, context, input),
  };
};

type Resources = ReadonlyMap<string, ResourceDefinition>;
type Place = {
  readonly resource: ResourceDefinition;
  /** The way from its top: empty, or the hash we are in. */
  readonly prefix: string;
  /** Whether a list of them may be here, whose items stand under `data`. */
  readonly listed: boolean;
};
/** Where a path leads, or why it leads nowhere. */
type Walk = 'expands' | 'stands still' | 'unknown';

const checkPath = (
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

  for (const segment of segments) {
    if (here.some((place) => isRemoved(place, segment))) return 'expands';

    const steps = here
      .map((place) => step(resources, place, segment, principal))
      .filter((found) => found !== null);
    if (steps.length === 0) return 'unknown';
    here = steps.flatMap((found) => found.places);
    state = steps.some((found) => found.expands) ? 'expands' : 'stands still';
  }
  return state;
};

type Step = { readonly places: readonly Place[]; readonly expands: boolean };

const step = (
  resources: Resources,
  place: Place,
  segment: string,
  principal: Principal,
): Step | null => {
  const field = fieldAt(place, segment);
  const rule = ruleAt(place, segment);

  if (rule === undefined) {
    // `data` of an inline or included list, or the way down a hash to a field that can be expanded.
    if (segment === 'data' && place.listed) {
      return { places: [{ ...place, listed: false }], expands: true };
    }
    const leads = Object.keys(place.resource.expandable ?? {}).some((path) =>
      path.startsWith(`${field}.`),
    );
    return leads ? { places: [{ ...place, prefix: field, listed: false }], expands: false } : null;
  }

  const kinds = kindsOf(rule);
  // A kind that no module has yet leads no further, but may be named.
  const targets = kinds.map((kind) => resources.get(kind) ?? { object: kind });
  for (const target of targets) checkPermission(target, principal);
  return {
    places: targets.map((resource) => ({ resource, prefix: '', listed: !('to' in rule) })),
    expands: true,
  };
};

const kindsOf = (rule: Expandable): readonly string[] => {
  if ('to' in rule) return rule.to;
  return 'include' in rule ? rule.of : rule.inside;
};

const fieldAt = ({ prefix }: Place, segment: string): string =>
  prefix === '' ? segment : `${prefix}.${segment}`;

/** A path may be the name of anything, also of what every object inherits. */
const ruleAt = (place: Place, segment: string): Expandable | undefined => {
  const field = fieldAt(place, segment);
  const { expandable = {} } = place.resource;
  return Object.hasOwn(expandable, field) ? expandable[field] : undefined;
};

const isRemoved = (place: Place, segment: string): boolean =>
  place.resource.removed?.includes(fieldAt(place, segment)) === true;

const checkPermission = ({ permission }: ResourceDefinition, principal: Principal): void => {
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

// Filling the answer.

type Json = Record<string, unknown>;
type Tree = Map<string, Tree>;

/** An object that is our own copy, where in its resource we are, and what to expand below. */
type Site = { readonly holder: Json; readonly place: Place | null; readonly tree: Tree };

/** A field that waits for what it points to. `holderId` is set where the field is included. */
type Wanted = {
  readonly site: Site;
  readonly segment: string;
  readonly id: string;
  readonly rule: Expandable;
  readonly put: (value: Json) => void;
};

const expandBody = async (
  resources: Resources,
  context: Context,
  { scope, body, object, paths, related = {} }: ExpandInput,
): Promise<unknown> => {
  if (!isObject(body)) return body;

  const root = { ...body };
  const loader = createLoader(resources, context, scope, related);
  let sites: Site[] = [siteOf(resources, root, treeOf(paths), object)];

  while (sites.length > 0) {
    const wanted: Wanted[] = [];
    const next: Site[] = [];
    for (const site of sites) enterFields(resources, site, wanted, next);

    await loader.load(wanted);
    for (const want of wanted) {
      const found = loader.find(want);
      if (!isObject(found)) continue;
      const copy = { ...found };
      want.put(copy);
      const below = want.site.tree.get(want.segment)!;
      if (below.size > 0) next.push(siteOf(resources, copy, below));
    }
    sites = next;
  }
  return root;
};

const treeOf = (paths: readonly string[]): Tree => {
  const root: Tree = new Map();
  for (const path of paths) {
    let node = root;
    for (const segment of path.split('.')) {
      const below: Tree = node.get(segment) ?? new Map();
      node.set(segment, below);
      node = below;
    }
  }
  return root;
};

const siteOf = (resources: Resources, holder: Json, tree: Tree, object?: string): Site => {
  const resource =
    resources.get(String(holder['object'])) ??
    (object === undefined ? undefined : resources.get(object));
  return {
    holder,
    tree,
    place: resource === undefined ? null : { resource, prefix: '', listed: false },
  };
};

/** Copies what is already there and goes on below it; notes what has to be loaded. */
const enterFields = (resources: Resources, site: Site, wanted: Wanted[], next: Site[]): void => {
  for (const [segment, tree] of site.tree) {
    const { holder, place } = site;
    const rule = place === null ? undefined : ruleAt(place, segment);
    const value = holder[segment];

    if (rule !== undefined && 'include' in rule && value === undefined) {
      const { id } = holder;
      const put = (found: Json) => (holder[segment] = found);
      if (typeof id === 'string') wanted.push({ site, segment, id, rule, put });
      continue;
    }
    if (typeof value === 'string' && rule !== undefined && 'to' in rule) {
      const put = (found: Json) => (holder[segment] = found);
      wanted.push({ site, segment, id: value, rule, put });
      continue;
    }
    if (Array.isArray(value)) enterArray(resources, { site, segment, value, rule }, wanted, next);
    else if (isObject(value)) {
      const copy = { ...value };
      holder[segment] = copy;
      next.push(
        copy['object'] === undefined && place !== null
          ? { holder: copy, tree, place: { ...place, prefix: fieldAt(place, segment) } }
          : siteOf(resources, copy, tree),
      );
    }
  }
};

const enterArray = (
  resources: Resources,
  field: { site: Site; segment: string; value: unknown[]; rule: Expandable | undefined },
  wanted: Wanted[],
  next: Site[],
): void => {
  const { site, segment, value, rule } = field;
  const items = [...value];
  site.holder[segment] = items;

  for (const [at, item] of items.entries()) {
    if (typeof item === 'string' && rule !== undefined && 'to' in rule) {
      const put = (found: Json) => (items[at] = found);
      wanted.push({ site, segment, id: item, rule, put });
    } else if (isObject(item)) {
      const copy = { ...item };
      items[at] = copy;
      next.push(siteOf(resources, copy, site.tree.get(segment)!));
    }
  }
};

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

type Loader = {
  load(wanted: readonly Wanted[]): Promise<void>;
  find(want: Wanted): unknown;
};

const createLoader = (
  resources: Resources,
  context: Context,
  scope: Scope,
  related: Readonly<Record<string, unknown>>,
): Loader => {
  const objects = new Map<string, unknown>(Object.entries(related));
  const included = new Map<Expandable, Map<string, unknown>>();
  const asked = new Set<string>();

  const loadReferences = async (wanted: readonly Wanted[]): Promise<void> => {
    const missing = wanted.filter(({ id, rule }) => 'to' in rule && !objects.has(id));
    const byKind = new Map<string, Set<string>>();
    for (const { id, rule } of missing) {
      for (const kind of kindsOf(rule)) {
        const resource = resources.get(kind);
        if (resource?.load === undefined || resource.owns?.(id) === false) continue;
        if (asked.has(`${kind} ${id}`)) continue;
        asked.add(`${kind} ${id}`);
        byKind.set(kind, (byKind.get(kind) ?? new Set()).add(id));
      }
    }

    await Promise.all(
      [...byKind].map(async ([kind, ids]) => {
        const loaded = await resources.get(kind)!.load!(context, scope, [...ids]);
        for (const [id, object] of loaded) objects.set(id, object);
      }),
    );
  };

  const loadIncluded = async (wanted: readonly Wanted[]): Promise<void> => {
    const byRule = new Map<Expandable, Set<string>>();
    for (const { rule, id } of wanted) {
      if (!('include' in rule) || included.get(rule)?.has(id)) continue;
      byRule.set(rule, (byRule.get(rule) ?? new Set()).add(id));
    }

    await Promise.all(
      [...byRule].map(async ([rule, ids]) => {
        const loaded = await (rule as { include: Load }).include(context, scope, [...ids]);
        included.set(rule, new Map([...(included.get(rule) ?? []), ...loaded]));
      }),
    );
  };

  return {
    load: async (wanted) => {
      if (wanted.length === 0) return;
      await Promise.all([loadReferences(wanted), loadIncluded(wanted)]);
    },
    find: ({ rule, id }) => ('to' in rule ? objects.get(id) : included.get(rule)?.get(id)),
  };
};
