// XML as bank files need it: elements, attributes and text. Whatever a bank file has no use for, and
// whatever makes reading XML dangerous, is refused: DTDs, entities, processing instructions, CDATA.

export type Element = {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
  readonly text: string;
};

export type ReadXml =
  | { readonly ok: true; readonly root: Element }
  | { readonly ok: false; readonly reason: string };

const DEPTH_MAX = 24;
const token =
  /<\?xml[^<>]*\?>|<!--(?:(?!--)[^])*-->|<(\/?)([A-Za-z_][\w.:-]*)((?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|[^<]+/y;
const attribute = /([\w.:-]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/g;

type Open = { name: string; attributes: Record<string, string>; children: Element[]; text: string };

export const readXml = (source: string): ReadXml => {
  const stack: Open[] = [];
  let root: Element | undefined;
  let at = source.startsWith('\uFEFF') ? 1 : 0;
  const begin = at;
  while (at < source.length) {
    token.lastIndex = at;
    const found = token.exec(source);
    if (found === null) return refused(`what stands at character ${at + 1} is not read`);
    const [whole, closing, qualified, attributes = '', selfClosing] = found;
    const isFirst = at === begin;
    at += whole.length;
    if (whole.startsWith('<?') && !isFirst) return refused('an instruction stands inside');
    if (whole.startsWith('<?') || whole.startsWith('<!--')) continue;
    if (qualified === undefined) {
      const text = decode(whole);
      if (text === undefined) return refused('an entity is not one of the five of XML');
      const top = stack.at(-1);
      if (top !== undefined) top.text += text;
      else if (text.trim() !== '') return refused('text stands outside of the document');
      continue;
    }
    const name = qualified.slice(qualified.indexOf(':') + 1);
    if (closing === '') {
      if (stack.length === 0 && root !== undefined) return refused('there are two documents');
      if (stack.length === DEPTH_MAX) return refused('it is nested too deeply');
      const read = attributesOf(attributes);
      if (read === undefined) return refused(`an attribute of ${name} is not read`);
      stack.push({ name, attributes: read, children: [], text: '' });
      if (selfClosing === '') continue;
    }
    const closed = stack.pop();
    if (closed?.name !== name) return refused(`${name} is closed where it is not open`);
    const parent = stack.at(-1);
    if (parent === undefined) root = closed;
    else parent.children.push(closed);
  }
  if (root === undefined || stack.length > 0) return refused('the document ends too early');
  return { ok: true, root };
};

const refused = (reason: string): ReadXml => ({
  ok: false,
  reason: `The XML is refused: ${reason}.`,
});

const attributesOf = (text: string): Record<string, string> | undefined => {
  const attributes: Record<string, string> = {};
  for (const [, name = '', double, single] of text.matchAll(attribute)) {
    const value = decode(double ?? single ?? '');
    if (value === undefined || Object.hasOwn(attributes, name)) return undefined;
    attributes[name] = value;
  }
  return attributes;
};

const entities: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  apos: "'",
};

const decode = (text: string): string | undefined => {
  let isGood = true;
  const decoded = text.replaceAll(/&([^;&]{0,12});?/g, (whole, name: string) => {
    const known = Object.hasOwn(entities, name) && whole.endsWith(';') ? entities[name] : undefined;
    const [, decimal, hexadecimal] = /^#(?:(\d{1,7})|x([\da-f]{1,6}))$/i.exec(name) ?? [];
    const point = decimal ? Number(decimal) : Number.parseInt(hexadecimal ?? '', 16);
    if (known !== undefined) return known;
    if (point >= 0x20 && point <= 0x10ff_ff && whole.endsWith(';'))
      return String.fromCodePoint(point);
    isGood = false;
    return '';
  });
  return isGood ? decoded : undefined;
};

export const childrenOf = (element: Element | undefined, name: string): readonly Element[] =>
  element?.children.filter((child) => child.name === name) ?? [];

/** The first element at the end of this path of names. */
export const elementAt = (element: Element | undefined, ...path: readonly string[]) =>
  path.reduce<Element | undefined>((from, name) => childrenOf(from, name)[0], element);

export const textAt = (element: Element | undefined, ...path: readonly string[]) =>
  elementAt(element, ...path)?.text.trim() || undefined;

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};
const escaped = (text: string): string =>
  text
    // XML has no way to say these.
    .replaceAll(/[\p{Cc}\uFFFE\uFFFF]/gu, ' ')
    .replaceAll(/[&<>"]/g, (letter) => escapes[letter] as string);

export type Node = readonly [tag: string, content: string | readonly (Node | undefined)[]];

/** `tag` may carry attributes that are good already. Nothing is written for what is undefined. */
export const spellXml = (node: Node): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n${spellNode(node, '')}\n`;

const spellNode = ([tag, content]: Node, indent: string): string => {
  const [name = ''] = tag.split(' ');
  if (typeof content === 'string') return `${indent}<${tag}>${escaped(content)}</${name}>`;
  const inner = content.flatMap((child) =>
    child === undefined ? [] : [spellNode(child, `${indent}  `)],
  );
  return `${indent}<${tag}>\n${inner.join('\n')}\n${indent}</${name}>`;
};
