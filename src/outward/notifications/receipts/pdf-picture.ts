// A merchant's logo as PDF stores pictures. A JPEG goes in as it is; a PNG nearly so, except that what is
// transparent has to stand apart, as a picture of its own. What is neither, or too large, is left out:
// the name is written in any case.

import { deflateSync, inflateSync } from 'node:zlib';

export type PdfPicture = {
  readonly width: number;
  readonly height: number;
  /** The entries of its dictionary that say how to read `data`. */
  readonly entries: string;
  readonly data: Buffer;
  /** How opaque each point is, one byte each, packed. */
  readonly mask: Buffer | null;
};

/** A small file can be a huge picture. */
const POINTS_MAX = 1_000_000;

export const pictureIn = (dataUrl: string): PdfPicture | null => {
  const [, type, content = ''] = /^data:image\/(png|jpeg);base64,(.+)$/.exec(dataUrl) ?? [];
  const bytes = Buffer.from(content, 'base64');
  try {
    if (type === 'png') return pngIn(bytes);
    return type === 'jpeg' ? jpegIn(bytes) : null;
  } catch {
    // Whatever is wrong with a picture, the receipt is written without it.
    return null;
  }
};

const jpegIn = (bytes: Buffer): PdfPicture | null => {
  let at = 2;
  while (at + 9 < bytes.length && bytes[at] === 0xff) {
    const marker = bytes.readUInt8(at + 1);
    // The frame: SOF0 to SOF15, without the three of that range that are something else.
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      const [height, width] = [bytes.readUInt16BE(at + 5), bytes.readUInt16BE(at + 7)];
      const space = { 1: '/DeviceGray', 3: '/DeviceRGB' }[bytes.readUInt8(at + 9)];
      if (space === undefined || isTooLarge(width, height)) return null;
      return {
        width,
        height,
        entries: `/ColorSpace ${space} /BitsPerComponent 8 /Filter /DCTDecode`,
        data: bytes,
        mask: null,
      };
    }
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return null;
};

const isTooLarge = (width: number, height: number): boolean =>
  width === 0 || height === 0 || width * height > POINTS_MAX;

/** What the colour type of a PNG says: values per point, and how PDF calls them. */
const kinds: Readonly<Record<number, { readonly values: number; readonly isAlpha: boolean }>> = {
  0: { values: 1, isAlpha: false },
  2: { values: 3, isAlpha: false },
  3: { values: 1, isAlpha: false },
  4: { values: 2, isAlpha: true },
  6: { values: 4, isAlpha: true },
};

const pngIn = (bytes: Buffer): PdfPicture | null => {
  if (bytes.toString('latin1', 1, 4) !== 'PNG') return null;
  const chunks = chunksOf(bytes);
  const [header] = chunks.get('IHDR') ?? [];
  const data = Buffer.concat(chunks.get('IDAT') ?? []);
  if (header === undefined || data.length === 0) return null;
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const [bits, type, interlaced] = [header.readUInt8(8), header.readUInt8(9), header.readUInt8(12)];
  const kind = kinds[type];
  if (kind === undefined || interlaced !== 0 || isTooLarge(width, height)) return null;
  const [palette] = chunks.get('PLTE') ?? [];
  const [clear] = chunks.get('tRNS') ?? [];
  if (kind.isAlpha || (type === 3 && clear !== undefined)) {
    if (bits !== 8) return null;
    const points = unfiltered(data, { width, height, values: kind.values });
    return parted(points, { width, height, values: kind.values, palette, clear });
  }
  const space =
    type === 3 && palette !== undefined
      ? `[/Indexed /DeviceRGB ${palette.length / 3 - 1} <${palette.toString('hex')}>]`
      : kind.values === 1
        ? '/DeviceGray'
        : '/DeviceRGB';
  return {
    width,
    height,
    entries: `/ColorSpace ${space} /BitsPerComponent ${bits} /Filter /FlateDecode /DecodeParms << /Predictor 15 /Colors ${kind.values} /BitsPerComponent ${bits} /Columns ${width} >>`,
    data,
    mask: null,
  };
};

const chunksOf = (bytes: Buffer): Map<string, Buffer[]> => {
  const chunks = new Map<string, Buffer[]>();
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const name = bytes.toString('latin1', at + 4, at + 8);
    const known = chunks.get(name) ?? [];
    chunks.set(name, [...known, bytes.subarray(at + 8, at + 8 + length)]);
    at += 12 + length;
  }
  return chunks;
};

type Size = { readonly width: number; readonly height: number; readonly values: number };

/** Each line of a PNG says how it was reckoned from what stands to the left of it and above. */
const unfiltered = (data: Buffer, { width, height, values }: Size): Buffer => {
  const line = width * values;
  const packed = inflateSync(data, { maxOutputLength: (line + 1) * height });
  const points = Buffer.alloc(line * height);
  for (let row = 0; row < height; row += 1) {
    const filter = packed.readUInt8(row * (line + 1));
    for (let at = 0; at < line; at += 1) {
      const here = row * line + at;
      const left = at < values ? 0 : (points[here - values] ?? 0);
      const above = row === 0 ? 0 : (points[here - line] ?? 0);
      const corner = at < values || row === 0 ? 0 : (points[here - line - values] ?? 0);
      const given = packed.readUInt8(row * (line + 1) + 1 + at);
      points[here] = (given + guess(filter, left, above, corner)) & 0xff;
    }
  }
  return points;
};

const guess = (filter: number, left: number, above: number, corner: number): number => {
  if (filter === 1) return left;
  if (filter === 2) return above;
  if (filter === 3) return (left + above) >> 1;
  if (filter !== 4) return 0;
  const toLeft = Math.abs(above - corner);
  const toAbove = Math.abs(left - corner);
  const toCorner = Math.abs(left + above - 2 * corner);
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
};

/** Colours here, opacity there. */
const parted = (
  points: Buffer,
  {
    width,
    height,
    values,
    palette,
    clear,
  }: Size & { readonly palette: Buffer | undefined; readonly clear: Buffer | undefined },
): PdfPicture => {
  const isGrey = values === 2;
  const count = width * height;
  const colours = Buffer.alloc(count * (isGrey ? 1 : 3));
  const mask = Buffer.alloc(count);
  for (let at = 0; at < count; at += 1) {
    const from = at * values;
    if (values === 1) {
      const entry = points[from] ?? 0;
      palette?.copy(colours, at * 3, entry * 3, entry * 3 + 3);
      mask[at] = clear?.[entry] ?? 255;
    } else {
      points.copy(colours, isGrey ? at : at * 3, from, from + values - 1);
      mask[at] = points[from + values - 1] ?? 255;
    }
  }
  return {
    width,
    height,
    entries: `/ColorSpace ${isGrey ? '/DeviceGray' : '/DeviceRGB'} /BitsPerComponent 8 /Filter /FlateDecode`,
    data: deflateSync(colours),
    mask: deflateSync(mask),
  };
};
