// Every script that may run on the page, with its hash and the reason why it is there: what PCI DSS 6.4.3
// asks to be kept, computed from what is served, so that it cannot be out of date.

import { pageScripts } from './assets.ts';
import { policyFor } from './policy.ts';

/** Stands where each answer has a random value of its own. */
const NONCE_PLACE = 'NONCE';

export const scriptInventory = () => ({
  object: 'checkout_scripts' as const,
  page: '/c/{session}',
  scripts: pageScripts.map(({ path, integrity, bytes, reason }) => ({
    path,
    integrity,
    bytes: bytes.length,
    origin: 'own' as const,
    reason,
  })),
  third_party_scripts: [] as readonly never[],
  content_security_policy: policyFor(NONCE_PLACE),
});
