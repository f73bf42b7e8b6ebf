// The receipt as a file. Null for languages that the fonts of every reader do not know.

import { directionOf, fill, type Locale, money, oneLine, wordsOf } from '../templates/index.ts';
import {
  canBeWritten,
  PAGE,
  type PdfPage,
  type PdfPlaced,
  type PdfRule,
  type PdfText,
  widthOf,
  writePdf,
} from './pdf.ts';
import { pictureIn } from './pdf-picture.ts';
import { type Line, type Receipt, stateOf } from './receipt.ts';
import { linesOf, refundLinesOf, sumsOf } from './receipt-lines.ts';

const LEFT = 56;
const RIGHT = PAGE.width - LEFT;
const GREY = 0.36;
const LINE = 24;
const REFUNDS_SHOWN = 12;

export const receiptPdf = (receipt: Receipt, locale: Locale): Buffer | null => {
  const drawing = drawingOf(receipt, locale);
  return drawing === null ? null : writePdf(drawing);
};

export const hasPdf = (receipt: Receipt, locale: Locale): boolean =>
  drawingOf(receipt, locale) !== null;

/** Whether its own words can be written; what payer and merchant wrote may still have other letters. */
export const pdfSpeaks = (locale: Locale): boolean =>
  directionOf(locale) === 'ltr' && Object.values(wordsOf(locale)).every(canBeWritten);

/** At most that large, in points. */
const LOGO = { width: 160, height: 40 } as const;

const drawingOf = (receipt: Receipt, locale: Locale): PdfPage | null => {
  if (directionOf(locale) === 'rtl') return null;
  const words = wordsOf(locale);
  const name = oneLine(receipt.sender.name);
  const contact = receipt.sender.supportEmail ?? receipt.sender.supportUrl;
  const texts: PdfText[] = [];
  const rules: PdfRule[] = [];
  const logo = placedLogo(receipt);
  let y = 72 + (logo === null ? 0 : logo.height + 20);
  const write = (text: string, size: number, more: Partial<PdfText> = {}): void => {
    texts.push({ text: fitted(text, size, RIGHT - LEFT), x: LEFT, y, size, ...more });
  };
  const list = (lines: readonly Line[]): void => {
    for (const { label, value } of lines) {
      rules.push({ fromX: LEFT, toX: RIGHT, y: y - 16 });
      texts.push({ text: label, x: LEFT, y, size: 10.5, grey: GREY });
      const room = RIGHT - LEFT - widthOf(label, 10.5) - 16;
      texts.push({
        text: fitted(oneLine(value), 10.5, room),
        x: RIGHT,
        y,
        size: 10.5,
        isRight: true,
      });
      y += LINE;
    }
  };

  if (receipt.isTest) {
    write(words.test_mode, 10, { isBold: true });
    y += 28;
  }
  write(words.receipt, 11, { grey: GREY });
  y += 22;
  write(name, 18, { isBold: true });
  y += 44;
  write(money(Number(receipt.amount), receipt.currency, locale), 28, { isBold: true });
  y += 22;
  write(words[stateOf(receipt)], 11);
  y += 44;
  list([...linesOf(receipt, locale), ...sumsOf(receipt, locale)]);
  const refunds = refundLinesOf(receipt, locale);
  if (refunds.length > 0) {
    y += 20;
    write(words.refunds, 12, { isBold: true });
    y += 30;
    list(refunds.slice(-REFUNDS_SHOWN));
  }
  y += 20;
  write(
    contact === null
      ? fill(words.questions_none, { merchant: name })
      : fill(words.questions, { merchant: name, contact }),
    10,
    { grey: GREY },
  );
  if (!texts.every(({ text }) => canBeWritten(text))) return null;
  return {
    title: `${fill(words.receipt_title, { merchant: name })} ${receipt.number}`,
    texts,
    rules,
    band: receipt.sender.accent?.light ?? null,
    logo,
  };
};

const placedLogo = ({ logo }: Receipt): PdfPlaced | null => {
  const picture = logo === null ? null : pictureIn(logo);
  if (picture === null) return null;
  const { width, height } = picture;
  const scale = Math.min(LOGO.width / width, LOGO.height / height);
  return { picture, x: LEFT, y: 48, width: width * scale, height: height * scale };
};

/** Cut where it would run over what stands beside it. */
const fitted = (text: string, size: number, room: number): string => {
  if (widthOf(text, size) <= room) return text;
  let cut = [...text];
  while (cut.length > 1 && widthOf(`${cut.join('')}…`, size) > room) cut = cut.slice(0, -1);
  return `${cut.join('')}…`;
};
