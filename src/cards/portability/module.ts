export const module = {
  name: 'cards/portability',
  migrations: new URL('./migrations/', import.meta.url),
  checks: [
    {
      name: 'every card that an import remembers is there, and no card is remembered twice',
      text: `select i.account_id, i.source, i.row_key
               from cards.imports i
               left join cards.payment_methods m
                 on m.account_id = i.account_id and m.livemode = i.livemode and m.id = i.method_id
              where m.id is null
              union all
             select account_id, min(source), method_id::text
               from cards.imports
              group by account_id, livemode, method_id
             having count(*) > 1`,
    },
  ],
};
