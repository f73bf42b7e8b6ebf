// A route is data: what it is called, what it takes, what it answers, who may call it. The router,
// the checks of parameters, the OpenAPI document, the reference page and the isolation tests are all
// computed from it.

import type { Static, TObject, TSchema } from 'typebox';
import type { Commit, Context, Scope, Write, WriteStatement } from '#kit/context';
import type { Uuid } from '#kit/ids';

export type Route = {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** `/v1/customers/:customer`. */
  readonly path: string;
  /** `customers.create`: the OpenAPI operation id; its first word is the permission's resource. */
  readonly operation: string;
  readonly summary: string;
  readonly description?: string;
  /** Where the reference page groups it: `Customers`. */
  readonly group: string;
  /** Query of GET and DELETE, body of POST. Strict: what is not named is refused. `expand` is everywhere. */
  readonly parameters: TObject;
  /** The call that the reference shows, where the required and the first few parameters would be none. */
  readonly example?: Readonly<Record<string, unknown>>;
  readonly answer: TSchema;
  /** The `object` value of the answer, or of the items of a list: what `expand` paths start from. */
  readonly object?: string;
  readonly list?: boolean;
  /** Which keys may call it. A secret key may call everything but `public`, which takes no key. */
  readonly keys: 'secret' | 'publishable' | 'public';
  /**
   * For what is opened by its address alone, as a payer's page is: whose rows the path names. Without a key
   * the request is then one of a publishable key of that scope; null: the path names nobody.
   */
  readonly scopeOf?: (path: Readonly<Record<string, string>>) => Scope | null;
  /**
   * What it does with a payer's card: takes it in, or tries it with its bank. Whoever asks for it without a
   * secret key comes by the guard first.
   */
  readonly withCard?: 'collect' | 'try';
  /** What `expand` may name with a publishable key: nothing else, as it would show what a page must not see. */
  readonly publishableExpand?: readonly string[];
  /**
   * Whether, with these parameters, the handler changes something outside the transaction. Then the
   * idempotency key is claimed before it runs.
   */
  readonly claims?: (parameters: Readonly<Record<string, unknown>>) => boolean;
  readonly handle: (context: Context, request: ApiRequest) => Promise<Outcome>;
};

export type ApiRequest = {
  readonly scope: Scope;
  readonly principal: Principal;
  /** `req_…` */
  readonly requestId: string;
  /** Spelled as the caller sent it, echoed in events. */
  readonly idempotencyKey: string | null;
  readonly apiVersion: string;
  /** Path without query, as lists repeat it in `url`. */
  readonly url: string;
  readonly path: Readonly<Record<string, string>>;
  /** Parsed and typed by `parameters`. A name that was not sent is absent. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** The checked paths of `expand`. The frame expands; a search looks here for `total_count`. */
  readonly expand: readonly string[];
  /**
   * For a handler that calls the outside: commits what it intends, with the claim of the idempotency
   * key, before the call. Ends the handler when another request holds the key. What the handler
   * returns is then stored under the claimed key.
   */
  readonly begin: (writes: readonly Write[]) => Promise<Commit>;
  /**
   * For a handler whose first commit is made by another (the rails): the claim of the idempotency key,
   * to be committed with what is begun under it. `claimed` is then told how that commit went, and ends
   * the handler when another request holds the key.
   */
  readonly claim: (subject: Uuid) => readonly Write[];
  readonly claimed: (commit: Began) => void;
  /**
   * For a handler whose last commit is made by another: the stored answer, to be committed with what was
   * learned. The handler then returns `concluded`, and these very bytes are answered. Asked again (the
   * other commit lost and was decided anew), only the last one counts.
   */
  readonly conclude: (outcome: Outcome) => Promise<readonly Write[]>;
  /**
   * What an earlier request began under this key and did not live to answer. The handler goes on with
   * it, and begins nothing anew.
   */
  readonly resumes: Uuid | null;
};

export type Began = { readonly ok: boolean; readonly lost?: WriteStatement };

/** A request whose parameters have the types of the route's schema. */
export type TypedRequest<P extends TObject> = Omit<ApiRequest, 'parameters'> & {
  readonly parameters: Readonly<Static<P>>;
};

/** Writes a route with typed parameters; all routes together are of the plain type. */
export const route = <P extends TObject>(
  definition: Omit<Route, 'parameters' | 'handle'> & {
    readonly parameters: P;
    readonly handle: (context: Context, request: TypedRequest<P>) => Promise<Outcome>;
  },
): Route => definition as unknown as Route;

export type Principal = {
  readonly scope: Scope;
  readonly keyId: string;
  readonly kind: 'secret' | 'restricted' | 'publishable';
  /** For restricted keys: resource to what it allows. */
  readonly permissions: Readonly<Record<string, 'read' | 'write'>>;
  /** The account's own API version, for requests that name none. */
  readonly apiVersion?: string;
};

/**
 * What a handler decided. `writes` are committed by the frame in one transaction with the stored
 * answer of the idempotency key; when another request was faster (an older version, a used key) the
 * handler is asked again, or the stored answer is replayed.
 */
export type Outcome = {
  readonly status?: number;
  /** The rendered object; or an `ApiError`, for a refusal that wrote something (a declined charge). */
  readonly body: unknown;
  readonly writes?: readonly Write[];
  /**
   * Called when `writes` were not committed because another request was faster: takes back what the
   * handler did outside the transaction.
   */
  readonly undo?: () => Promise<void>;
  /** What `conclude` was given last has been committed. */
  readonly concluded?: boolean;
  /** Objects by id that `expand` may need and that are not yet in the database. Asked for only where it does. */
  readonly related?: () => Readonly<Record<string, unknown>>;
};
