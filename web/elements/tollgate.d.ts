// Types of the loader, for pages that import `tollgate.mjs` or load `tollgate.js`. The objects of the API have
// Stripe's shape: whoever has the types of the Stripe SDK may put them in the place of `ApiObject`.

export type ApiObject = {
  readonly id: string;
  readonly object: string;
  readonly [name: string]: unknown;
};
export type Intent = ApiObject & { readonly status: string };

export type TollgateError = {
  readonly type: string;
  readonly code?: string;
  readonly decline_code?: string | null;
  /** For the payer, in their language. */
  readonly message: string;
  readonly param?: string | null;
  readonly payment_intent?: Intent;
  readonly setup_intent?: Intent;
};

export type Appearance = {
  readonly theme?: 'auto' | 'light' | 'night';
  readonly variables?: {
    readonly [name in
      | 'borderRadius'
      | 'colorBackground'
      | 'colorBorder'
      | 'colorDanger'
      | 'colorPrimary'
      | 'colorText'
      | 'colorTextPlaceholder'
      | 'colorTextSecondary'
      | 'fontFamily'
      | 'fontSizeBase'
      | 'fontWeightNormal'
      | 'spacingUnit']?: string;
  };
};

export type ElementKind = 'card' | 'cardCvc' | 'cardExpiry' | 'cardNumber' | 'payment';

type Text = {
  readonly color?: string;
  readonly fontFamily?: string;
  readonly fontSize?: string;
  readonly fontWeight?: string;
  readonly iconColor?: string;
  readonly '::placeholder'?: { readonly color?: string };
};

export type ElementOptions = {
  readonly disabled?: boolean;
  readonly hideIcon?: boolean;
  /** Of this element alone, before the appearance of its group. */
  readonly style?: { readonly base?: Text; readonly invalid?: { readonly color?: string } };
};

export type ElementChange = {
  readonly elementType: ElementKind;
  readonly empty: boolean;
  readonly complete: boolean;
  readonly brand?: string;
  readonly error?: {
    readonly type: 'validation_error';
    readonly code: string;
    readonly message: string;
  };
};

type ElementEvents = {
  readonly change: ElementChange;
  readonly loaderror: { readonly error: Error & { readonly code: string } };
  readonly ready: { readonly elementType: ElementKind };
  readonly focus: { readonly elementType: ElementKind };
  readonly blur: { readonly elementType: ElementKind };
  readonly escape: { readonly elementType: ElementKind };
  readonly submit: { readonly elementType: ElementKind };
};

export type TollgateElement = {
  mount(target: string | Element): void;
  unmount(): void;
  destroy(): void;
  update(options: ElementOptions): void;
  on<Name extends keyof ElementEvents>(
    name: Name,
    listener: (event: ElementEvents[Name]) => void,
  ): TollgateElement;
  off<Name extends keyof ElementEvents>(
    name: Name,
    listener: (event: ElementEvents[Name]) => void,
  ): TollgateElement;
  focus(): void;
  blur(): void;
  clear(): void;
};

export type TollgateElements = {
  create(kind: ElementKind, options?: ElementOptions): TollgateElement;
  getElement(kind: ElementKind): TollgateElement | null;
  update(changed: { readonly appearance?: Appearance }): void;
  submit(): Promise<{ readonly error?: TollgateError }>;
};

type Told<Name extends string> = Promise<
  { readonly [name in Name]?: Intent } & { readonly error?: TollgateError }
>;

export type BillingDetails = {
  readonly name?: string;
  readonly email?: string;
  readonly phone?: string;
  readonly address?: {
    readonly [part in 'city' | 'country' | 'line1' | 'line2' | 'postal_code' | 'state']?: string;
  };
};

export type CardConfirmation = {
  readonly payment_method?:
    | string
    | { readonly card: TollgateElement; readonly billing_details?: BillingDetails };
  readonly [parameter: string]: unknown;
};

export type Confirmation = {
  readonly elements?: TollgateElements;
  /** Unless the elements were made with it. */
  readonly clientSecret?: string;
  readonly confirmParams?: {
    /** Needed unless `redirect` is `if_required`. */
    readonly return_url?: string;
    readonly payment_method?: string;
    readonly payment_method_data?: { readonly billing_details?: BillingDetails };
    readonly [parameter: string]: unknown;
  };
  readonly redirect?: 'always' | 'if_required';
};

export type TollgateClient = {
  elements(options?: {
    readonly clientSecret?: string;
    readonly appearance?: Appearance;
    readonly locale?: string;
  }): TollgateElements;
  createPaymentMethod(asked: {
    readonly type?: 'card';
    readonly card?: TollgateElement;
    readonly elements?: TollgateElements;
    readonly billing_details?: BillingDetails;
    readonly params?: object;
  }): Promise<{ readonly paymentMethod?: ApiObject; readonly error?: TollgateError }>;
  createToken(
    card: TollgateElement,
    params?: object,
  ): Promise<{ readonly token?: ApiObject; readonly error?: TollgateError }>;
  confirmCardPayment(
    clientSecret: string,
    data?: CardConfirmation,
    how?: { readonly handleActions?: boolean },
  ): Told<'paymentIntent'>;
  confirmCardSetup(
    clientSecret: string,
    data?: CardConfirmation,
    how?: { readonly handleActions?: boolean },
  ): Told<'setupIntent'>;
  confirmPayment(asked: Confirmation): Told<'paymentIntent'>;
  confirmSetup(asked: Confirmation): Told<'setupIntent'>;
  retrievePaymentIntent(clientSecret: string): Told<'paymentIntent'>;
  retrieveSetupIntent(clientSecret: string): Told<'setupIntent'>;
  handleNextAction(asked: { readonly clientSecret: string }): Told<'paymentIntent' | 'setupIntent'>;
  handleCardAction(clientSecret: string): Told<'paymentIntent'>;
};

export type TollgateConstructor = (
  publishableKey: string,
  options?: {
    /** Where the gateway is, if the script was not loaded from there. */
    readonly api?: string;
    readonly locale?: string;
  },
) => TollgateClient;

export declare const Tollgate: TollgateConstructor;
export default Tollgate;
