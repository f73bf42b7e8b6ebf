// Lists that answers of earlier versions of the API held unasked, as the charges of an intent, and those of today
// hold only where it is asked for. Clients that were written then read them, so a request that says such a
// version is answered as if it had asked.

import { checkPermission, step } from './expand-paths.ts';
import type { Place, Resources } from './resource.ts';
import type { Principal, Route } from './route.ts';

export type Asked = {
  readonly route: Route;
  readonly principal: Principal;
  readonly apiVersion: string;
};

/** The last version that ended one. */
const NOTHING_UNASKED_FROM = '2022-11-15';

export type WithUnasked = {
  /** The paths, which were checked, and those that go without saying. */
  readonly paths: readonly string[];
  /** What the version would have in its answer, and this key may not see; each with a minus. */
  readonly withheld: readonly string[];
};

export const withUnasked = (
  resources: Resources,
  asked: readonly string[],
  request: Asked,
): WithUnasked => {
  const paths = unaskedOf(resources, asked, request);
  const { principal } = request;
  if (principal.kind !== 'restricted') return { paths, withheld: [] };
  const whole = { ...request, principal: { ...principal, kind: 'secret' as const } };
  const withheld = unaskedOf(resources, asked, whole).filter((path) => !paths.includes(path));
  return { paths, withheld: withheld.map((path) => `-${path}`) };
};

const unaskedOf = (
  resources: Resources,
  paths: readonly string[],
  { route, principal, apiVersion }: Asked,
): readonly string[] => {
  if (apiVersion >= NOTHING_UNASKED_FROM || principal.kind === 'publishable') return paths;
  const root = resources.get(route.object ?? '');
  if (root === undefined) return paths;

  const found = new Set(paths);
  const enter = (place: Place, path: readonly string[]): void => {
    const inside = place.listed ? [...path, 'data'] : path;
    for (const [name, rule] of Object.entries(place.resource.expandable ?? {})) {
      if (!('include' in rule) || rule.until === undefined || apiVersion >= rule.until) continue;
      for (const kind of rule.of) {
        const resource = resources.get(kind) ?? { object: kind };
        if (!isAllowed(resource, principal)) continue;
        found.add([...inside, name].join('.'));
        enter({ resource, prefix: '', listed: true }, [...inside, name]);
      }
    }
  };

  const top: Place = { resource: root, prefix: '', listed: route.list === true };
  enter(top, []);
  for (const path of paths) {
    let here: readonly Place[] = [top];
    const segments = path.split('.');
    for (const [at, segment] of segments.entries()) {
      const steps = here.flatMap((place) => step(resources, place, segment, principal) ?? []);
      here = steps.flatMap(({ places }) => places);
      const reached = segments.slice(0, at + 1);
      for (const place of here) if (place.prefix === '') enter(place, reached);
    }
  }
  return [...found];
};

/** Nobody asked, so nobody is refused: what a key may not see is left out. */
const isAllowed = (resource: Place['resource'], principal: Principal): boolean => {
  try {
    checkPermission(resource, principal);
    return true;
  } catch {
    return false;
  }
};
