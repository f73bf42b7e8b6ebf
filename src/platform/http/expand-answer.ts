// Fills a rendered answer level by level: what waits on one level is loaded together, each id once.

import type { Context, Scope } from '#kit/context';
import { list as listOf } from './list.ts';
import type { Ahead } from './read-ahead.ts';
import type { Expandable, Load, Place, Resources } from './resource.ts';
import { INCLUDED_MAX, kindsOf, placesBelow, ruleAt } from './resource.ts';

export type ExpandInput = {
  readonly scope: Scope;
  readonly body: unknown;
  readonly object: string;
  readonly paths: readonly string[];
  readonly related?: Readonly<Record<string, unknown>>;
  /** Something is written down with this answer: what cannot be read is left as it is. */
  readonly ahead?: Ahead;
  /** Where what was included is noted. */
  readonly included?: Included;
};

type Included = Map<Expandable, Map<string, unknown>>;
type Json = Record<string, unknown>;
type Tree = Map<string, Tree>;

/** An object that is our own copy, where the way that was checked has led to, and what to expand below. */
type Site = {
  readonly holder: Json;
  readonly places: readonly Place[];
  readonly tree: Tree;
  /** Of the object that the holder is, or is a hash of. */
  readonly id: unknown;
};

/** A field that waits for what it points to. `holderId` is set where the field is included. */
type Wanted = {
  readonly site: Site;
  readonly segment: string;
  readonly id: string;
  readonly rule: Expandable;
  readonly below: readonly Place[];
  readonly put: (value: Json) => void;
};

export const expandAnswer = async (
  resources: Resources,
  context: Context,
  input: ExpandInput,
): Promise<unknown> => {
  const { body, object, paths } = input;
  if (!isObject(body)) return body;

  const root = { ...body };
  const loader = createLoader(resources, context, input);
  const resource = resources.get(object);
  const places = resource === undefined ? [] : [{ resource, prefix: '', listed: true }];
  let sites: Site[] = [siteOf(root, treeOf(paths), places)];

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
      if (below.size > 0) next.push(siteOf(copy, below, want.below));
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

/** Where several kinds may be, it is the one that it says it is. */
const siteOf = (
  holder: Json,
  tree: Tree,
  places: readonly Place[],
  id: unknown = holder['id'],
): Site => {
  const own = places.filter(({ resource }) => resource.object === holder['object']);
  return { holder, tree, id, places: own.length > 0 ? own : places };
};

/** Copies what is already there and goes on below it; notes what has to be loaded. */
const enterFields = (resources: Resources, site: Site, wanted: Wanted[], next: Site[]): void => {
  for (const [segment, tree] of site.tree) {
    const { holder, places, id } = site;
    // Of what was deleted nothing is left to show.
    if (holder['deleted'] === true) continue;
    const rule = places.map((place) => ruleAt(place, segment)).find((each) => each !== undefined);
    const below = places.flatMap((place) => placesBelow(resources, place, segment));
    const value = holder[segment];

    if (rule !== undefined && 'include' in rule && value === undefined) {
      const put = (found: Json) => (holder[segment] = found);
      if (typeof id === 'string') wanted.push({ site, segment, id, rule, below, put });
      continue;
    }
    // Copied, unless it waits to be loaded. A hash has the id of the object that it belongs to.
    const enter = (item: unknown, put: (value: Json) => void): void => {
      if (typeof item === 'string' && rule !== undefined && 'to' in rule) {
        wanted.push({ site, segment, id: item, rule, below, put });
      } else if (isObject(item)) {
        const copy = { ...item };
        put(copy);
        const isHash = below.some(({ prefix }) => prefix !== '');
        next.push(siteOf(copy, tree, below, isHash ? id : copy['id']));
      }
    };
    if (Array.isArray(value)) {
      const items: unknown[] = [...value];
      holder[segment] = items;
      for (const [at, item] of items.entries()) enter(item, (found) => (items[at] = found));
    } else enter(value, (found) => (holder[segment] = found));
  }
};

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a list holds may be changed by what is not committed yet. */
const asRelated = (value: unknown, related: Readonly<Record<string, unknown>>): unknown => {
  const data: unknown = isObject(value) ? value['data'] : undefined;
  if (!isObject(value) || !Array.isArray(data)) return value;
  // A card is a payment method too, of the same id.
  const shown = data.map((item) => {
    const changed = related[nameOf(item)];
    return kindOf(changed) === kindOf(item) ? changed : item;
  });
  return { ...value, data: shown };
};

const kindOf = (item: unknown): unknown => (isObject(item) ? item['object'] : undefined);

const nameOf = (item: unknown): string => (isObject(item) ? String(item['id']) : '');

type Loader = {
  load(wanted: readonly Wanted[]): Promise<void>;
  find(want: Wanted): unknown;
};

const createLoader = (
  resources: Resources,
  context: Context,
  { scope, related = {}, ahead, included = new Map(), body }: ExpandInput,
): Loader => {
  const objects = new Map<string, unknown>();
  for (const [id, object] of Object.entries(related)) {
    objects.set(`${String(kindOf(object))} ${id}`, object);
  }
  const made = new Set(ahead?.isNew === true ? [nameOf(body)] : []);
  const asked = new Set<string>();

  const find = ({ rule, id }: Wanted): unknown => {
    if (!('to' in rule)) return included.get(rule)?.get(id);
    const key = rule.to.map((kind) => `${kind} ${id}`).find((each) => objects.has(each));
    return key === undefined ? undefined : objects.get(key);
  };

  const loadReferences = async (wanted: readonly Wanted[]): Promise<void> => {
    const missing = wanted.filter((want) => 'to' in want.rule && find(want) === undefined);
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
        for (const [id, object] of loaded) objects.set(`${kind} ${id}`, object);
      }),
    );
  };

  const remember = (rule: Expandable, id: string, value: unknown): void => {
    included.set(rule, (included.get(rule) ?? new Map()).set(id, value));
  };

  const loadIncluded = async (wanted: readonly Wanted[]): Promise<void> => {
    const byRule = new Map<Include, Set<string>>();
    for (const { rule, id } of wanted) {
      if (!('include' in rule) || included.get(rule)?.has(id)) continue;
      if (ahead?.hasUnasked === true && rule.until !== undefined) {
        const before = ahead.included.get(rule)?.get(id);
        const now = grown({ rule, id, before, related, made });
        if (now !== undefined) remember(rule, id, now);
        continue;
      }
      byRule.set(rule, (byRule.get(rule) ?? new Set()).add(id));
    }

    await Promise.all(
      [...byRule].map(async ([rule, ids]) => {
        const loaded = await rule.include(context, scope, [...ids]);
        for (const [id, before] of loaded) {
          remember(rule, id, grown({ rule, id, before, related, made }));
        }
      }),
    );
  };

  /** What a bank has answered is not lost because something else cannot be shown. */
  const orLeave = async (loading: Promise<void>): Promise<void> => {
    try {
      await loading;
    } catch (error) {
      if (ahead === undefined) throw error;
      context.log.error({ error }, 'An answer is given without what was to be expanded in it');
    }
  };

  return {
    load: async (wanted) => {
      if (wanted.length === 0) return;
      await Promise.all([orLeave(loadReferences(wanted)), orLeave(loadIncluded(wanted))]);
    },
    find,
  };
};

type Include = Extract<Expandable, { include: Load }>;

/** A list as it was read before, with what the request has made since. Undefined: nobody knows the list. */
const grown = (list: {
  readonly rule: Include;
  readonly id: string;
  readonly before: unknown;
  readonly related: Readonly<Record<string, unknown>>;
  readonly made: Set<string>;
}): unknown => {
  const { rule, id, related, made } = list;
  const { grows, of } = rule;
  if (grows === undefined) return asRelated(list.before, related);
  const before =
    list.before ?? (made.has(id) ? listOf(grows.url(id), { rows: [], hasMore: false }) : undefined);
  if (!isObject(before) || !Array.isArray(before['data'])) return undefined;

  const data: readonly unknown[] = before['data'];
  const known = new Set(data.map(nameOf));
  const added = Object.values(related).filter(
    (item) =>
      isObject(item) &&
      of.includes(String(item['object'])) &&
      item[grows.by] === id &&
      !known.has(nameOf(item)) &&
      isNewer(item, data, before['has_more'] === true),
  );
  for (const item of added) made.add(nameOf(item));
  const rows = [...added, ...data];
  return asRelated(
    {
      ...before,
      data: rows.slice(0, INCLUDED_MAX),
      has_more: before['has_more'] === true || rows.length > INCLUDED_MAX,
    },
    related,
  );
};

/** What is not among the newest may be one of the rest. */
const isNewer = (item: Json, data: readonly unknown[], hasMore: boolean): boolean => {
  const [newest] = data;
  if (!hasMore || !isObject(newest)) return true;
  return Number(item['created']) >= Number(newest['created']);
};
