// What may be said of ways to pay that nobody here takes. It holds only should one of them be used, which none ever
// is: programs that name every way they know go on working, and nothing comes of it. One that is asked for by
// its name in a list of types is refused there.

import { anything, emptyable } from '#platform/http';

const others = [
  'acss_debit',
  'affirm',
  'afterpay_clearpay',
  'alipay',
  'alma',
  'amazon_pay',
  'au_becs_debit',
  'bacs_debit',
  'billie',
  'bizum',
  'blik',
  'boleto',
  'card_present',
  'cashapp',
  'crypto',
  'customer_balance',
  'demo_pay',
  'fpx',
  'giropay',
  'grabpay',
  'interac_present',
  'kakao_pay',
  'klarna',
  'konbini',
  'kr_card',
  'link',
  'mb_way',
  'mobilepay',
  'multibanco',
  'naver_pay',
  'nz_bank_account',
  'oxxo',
  'pay_by_bank',
  'payco',
  'paynow',
  'paypal',
  'paypay',
  'payto',
  'pix',
  'promptpay',
  'revolut_pay',
  'samsung_pay',
  'satispay',
  'scalapay',
  'sepa_debit',
  'sequra',
  'sofort',
  'sunbit',
  'swish',
  'twint',
  'upi',
  'us_bank_account',
  'wechat_pay',
  'zip',
] as const;

const unread = () => emptyable(anything());

/** For `payment_method_options` of payments, setups and sessions alike. */
export const optionsOfOthers = Object.fromEntries(others.map((name) => [name, unread()])) as Record<
  (typeof others)[number],
  ReturnType<typeof unread>
>;
