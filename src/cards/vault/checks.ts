// Queries that a healthy vault answers with no rows.

export const vaultChecks = [
  {
    name: 'every card has its key',
    text: `select c.account_id, c.id from vault.cards c
            where not exists (
              select from vault.card_keys k
               where k.account_id = c.account_id and k.livemode = c.livemode and k.card_id = c.id)`,
  },
  {
    name: 'every card has its fingerprint under the version it names',
    text: `select c.account_id, c.id from vault.cards c
            where not exists (
              select from vault.fingerprints f
               where f.account_id = c.account_id and f.livemode = c.livemode
                 and f.version = c.fingerprint_version and f.name = c.fingerprint)`,
  },
  {
    name: 'a number has one fingerprint',
    text: `select account_id, livemode, name, version from vault.fingerprints
            group by account_id, livemode, name, version having count(*) > 1`,
  },
  {
    name: 'every version of a fingerprint has its key',
    text: `select distinct f.version from vault.fingerprints f
            where not exists (
              select from vault.shared_keys s
               where s.kind = 'fingerprint' and s.version = f.version)`,
  },
  {
    name: 'sealed bytes are as long as sealed bytes are',
    text: `select c.account_id, c.id from vault.cards c
             join vault.card_keys k
               on k.account_id = c.account_id and k.livemode = c.livemode and k.card_id = c.id
            where octet_length(c.number) <> 49 or octet_length(k.sealed) <> 61
               or get_byte(c.number, 0) <> 1 or (octet_length(c.details) - 29) % 64 <> 0`,
  },
];
