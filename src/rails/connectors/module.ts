export const module = { name: 'rails/connectors' };
