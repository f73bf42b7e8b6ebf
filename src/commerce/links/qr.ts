// A link as a code for cameras, as SVG and as PNG. Level M and a quiet zone of four modules, as scanners of
// phones expect it.

import { crc32, deflateSync } from 'node:zlib';
import { encode } from 'uqr';

const BORDER = 4;
/** Pixels of one module of the PNG: about 8 cm wide in print. */
const SCALE = 10;

const modulesOf = (text: string): readonly (readonly boolean[])[] =>
  encode(text, { ecc: 'M', border: BORDER }).data;

export const qrSvg = (text: string, title: string): string => {
  const rows = modulesOf(text);
  const path = rows
    .flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])))
    .join('');
  const size = rows.length;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges" role="img" aria-label="${title}"><rect width="${size}" height="${size}" fill="#fff"/><path d="${path}" fill="#000"/></svg>\n`;
};

/** One bit for each pixel: white is set. */
export const qrPng = (text: string): Buffer => {
  const rows = modulesOf(text);
  const width = rows.length * SCALE;
  const bytesPerRow = Math.ceil(width / 8) + 1;
  const pixels = Buffer.alloc(bytesPerRow * width);
  for (let y = 0; y < width; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if (rows[Math.floor(y / SCALE)]?.[Math.floor(x / SCALE)] === true) continue;
      const at = y * bytesPerRow + 1 + (x >> 3);
      pixels.writeUInt8(pixels.readUInt8(at) | (0x80 >> (x & 7)), at);
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(width, 4);
  // One bit, grey, and the only methods there are.
  header.set([1, 0, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(pixels, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
};

const chunk = (type: string, data: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
};
