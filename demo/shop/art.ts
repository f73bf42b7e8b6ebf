// Pictures of the goods, drawn here: nothing is fetched from anywhere.

import type { Product } from './catalog.ts';

const bean = (x: number, y: number, turn: number): string =>
  `<g transform="translate(${x} ${y}) rotate(${turn})"><ellipse rx="9" ry="13" fill="#4a2c1d"/><path d="M0 -12C5 -4 -5 4 0 12" fill="none" stroke="#8a5a3b" stroke-width="2"/></g>`;

const shapes: Readonly<Record<Product['art'], (hue: number) => string>> = {
  beans: (hue) =>
    `<path d="M58 34h84l8 14v104a10 10 0 0 1-10 10H60a10 10 0 0 1-10-10V48z" fill="hsl(${hue} 38% 42%)"/>
     <path d="M58 34h84l8 14H50z" fill="hsl(${hue} 38% 32%)"/>
     <rect x="66" y="80" width="68" height="44" rx="4" fill="hsl(${hue} 60% 94%)"/>
     <circle cx="100" cy="102" r="13" fill="none" stroke="hsl(${hue} 45% 40%)" stroke-width="3"/>
     <path d="M87 102h26" stroke="hsl(${hue} 45% 40%)" stroke-width="3"/>${bean(40, 158, 24)}${bean(160, 152, -30)}${bean(172, 166, 40)}`,
  mug: (hue) =>
    `<path d="M132 82h14a20 20 0 0 1 0 40h-14" fill="none" stroke="hsl(${hue} 18% 46%)" stroke-width="10"/>
     <path d="M56 62h80v74a22 22 0 0 1-22 22H78a22 22 0 0 1-22-22z" fill="hsl(${hue} 18% 58%)"/>
     <ellipse cx="96" cy="62" rx="40" ry="9" fill="#3b2217"/><path d="M56 104c26 12 54 12 80 0v14c-26 12-54 12-80 0z" fill="hsl(${hue} 22% 70%)"/>
     <path d="M84 40c-6-8 6-12 0-20M106 40c-6-8 6-12 0-20" fill="none" stroke="#bbb" stroke-width="4" stroke-linecap="round"/>`,
  press: (hue) =>
    `<path d="M100 24v32" stroke="#777" stroke-width="5"/><circle cx="100" cy="22" r="8" fill="hsl(${hue} 40% 36%)"/>
     <rect x="58" y="54" width="84" height="10" rx="5" fill="#666"/><rect x="62" y="64" width="76" height="98" rx="8" fill="#dfe8ea"/>
     <rect x="62" y="98" width="76" height="64" rx="8" fill="#3b2217"/><rect x="62" y="92" width="76" height="8" fill="#999"/>
     <path d="M138 80h16a8 8 0 0 1 8 8v36a8 8 0 0 1-8 8h-16" fill="none" stroke="hsl(${hue} 40% 42%)" stroke-width="8"/>`,
  filter: (hue) =>
    `<path d="M54 44h92l-32 54H86z" fill="hsl(${hue} 30% 88%)"/><path d="M54 44h92l-6 10H60z" fill="hsl(${hue} 30% 74%)"/>
     <rect x="80" y="98" width="40" height="8" rx="3" fill="hsl(${hue} 34% 42%)"/>
     <path d="M76 112h48l14 42a8 8 0 0 1-8 10H70a8 8 0 0 1-8-10z" fill="#dfe8ea"/><path d="M70 136h60l7 20a6 6 0 0 1-6 8H69a6 6 0 0 1-6-8z" fill="#6b3d24"/>`,
};

export const artOf = ({ art, hue }: Product): string =>
  `<svg viewBox="0 0 200 190" aria-hidden="true" focusable="false"><rect x="-400" width="1000" height="190" fill="hsl(${hue} 42% 93%)"/><ellipse cx="100" cy="168" rx="72" ry="10" fill="hsl(${hue} 30% 84%)"/>${shapes[art](hue)}</svg>`;
