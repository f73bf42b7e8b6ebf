/** Pretty-printed, as Stripe's answers are, because people read them. */
export const toJson = (body: unknown): string => {
  const text: string | undefined = JSON.stringify(body, null, 2);
  if (text === undefined) throw new Error('A handler gave nothing to answer with.');
  return text;
};
