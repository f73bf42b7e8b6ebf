// Proof of work, for a page that takes cards: where many were tried in vain, the server asks a browser for a
// number whose hash with its challenge begins with so many zero bits. A moment for one payer, hours for
// somebody who tries thousands of cards.

/** So many are hashed side by side: waiting for each would take most of the time. */
const AT_ONCE = 256;

/** @param {string} challenge `id.bits.mac` @returns {Promise<string>} what the header `Tollgate-Proof` says */
export const prove = async (challenge) => {
  const bits = Number(challenge.split('.')[1]);
  const text = new TextEncoder();
  for (let from = 0; ; from += AT_ONCE) {
    const tried = Array.from({ length: AT_ONCE }, (_, at) => `${challenge}.${from + at}`);
    const hashes = await Promise.all(tried.map((one) => crypto.subtle.digest('SHA-256', text.encode(one))));
    const found = hashes.findIndex((hash) => zeroBits(new Uint8Array(hash)) >= bits);
    if (found >= 0) return `${challenge}.${from + found}`;
  }
};

/** @param {Uint8Array} bytes */
const zeroBits = (bytes) => {
  let count = 0;
  for (const byte of bytes) {
    if (byte !== 0) return count + Math.clz32(byte) - 24;
    count += 8;
  }
  return count;
};
