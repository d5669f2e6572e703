import type { ModelEntry } from '../command.ts';

/**
 * Every widget's model, as a command: the one list that `onko --help`, the file `/downloads/onko.mjs` and the page
 * `/tools/` are made from. Examples that read files find those of chapter 7 in their folder, and its `kernel.elf` and
 * `onko-os.iso`.
 */
export const models: readonly ModelEntry[] = [
  {
    name: 'address',
    arguments: 'ADDRESS',
    summary: 'canonical or not and why, and its way through the page tables',
    options: [['--levels 4|5', 'levels of page tables: 4 translate 48 bits, 5 translate 57']],
    examples: ['0xffffffff80000000', 'ffff_8000_fd00_0000 --levels 5'],
    widget: { title: 'Address explorer', page: '/part-1/linker-script/#address-explorer' },
    load: async () => (await import('./address.ts')).address,
  },
  {
    name: 'color',
    arguments: 'R G B | HEX',
    summary: 'the word a framebuffer wants for a colour, and its bytes in memory',
    options: [
      ['--order rgb|bgr', 'which channel is on top in the word; rgb unless told'],
      ['--bpp 16|24|32', 'bits per pixel; 32 unless told, and 16 are 5, 6 and 5'],
      ['--masks R,G,B', 'size/shift of each channel, or its mask: 5/10,5/5,5/0 or 0x7c00,0x3e0,0x1f'],
    ],
    examples: ['12 24 33', "'#0C1821' --order bgr", '12 24 33 --bpp 16', '12 24 33 --bpp 16 --masks 5/10,5/5,5/0'],
    widget: { title: 'Colour encoder', page: '/part-1/main-rs/#color-encoder' },
    load: async () => (await import('./color.ts')).color,
  },
  {
    name: 'conf',
    arguments: 'FILE',
    summary: 'the menu that a limine.conf gives, or what is wrong with it, and where',
    options: [],
    examples: ['limine.conf'],
    widget: { title: 'Boot-menu preview', page: '/part-1/limine-conf/#boot-menu-preview' },
    load: async () => (await import('./conf.ts')).conf,
  },
  {
    name: 'draw',
    arguments: 'EXPRESSION',
    summary: 'the machine code of an expression for each pixel, or the picture that it makes',
    options: [['--picture WIDTHxHEIGHT', 'the picture instead, as text in the format PPM']],
    examples: ["'x ^ y'", "'x << 21 | y << 14' --picture 4x3", "'if x / 32 % 2 == 0 { 0x0c1821 } else { 0xe8a33d }'"],
    widget: { title: 'Draw with an expression', page: '/part-1/main-rs/#draw-pixels' },
    load: async () => (await import('./draw.ts')).draw,
  },
  {
    name: 'elf',
    arguments: 'FILE',
    summary: 'what is in an ELF file, and what a Limine loader would say to it',
    options: [
      ['--why-not-bootable', 'every reason for which a Limine loader refuses it, and the bytes to blame'],
      ['--segments --sections', 'what loaders map, and what linkers know'],
      ['--symbols --relocations', 'what has a name, and what is filled in'],
      ['--dynamic --notes', 'what is needed to run, and remarks'],
      ['--all', 'all of these'],
    ],
    examples: ['kernel.elf', 'kernel.elf --why-not-bootable'],
    widget: { title: 'ELF explorer', page: '/part-1/cargo-toml/#elf-explorer' },
    load: async () => (await import('./elf.ts')).elf,
  },
  {
    name: 'flags',
    arguments: 'FLAGS',
    summary: "a segment's permissions, in every way of writing them",
    options: [['--entry NUMBER', 'a page-table entry instead of flags']],
    examples: ['5', "'(1 << 0) | (1 << 1) | (1 << 2)'", '--entry 0x8000000000200063'],
    widget: { title: 'Segment flags', page: '/part-1/linker-script/#segment-flags' },
    load: async () => (await import('./flags.ts')).flags,
  },
  {
    name: 'iso',
    arguments: 'FILE',
    summary: 'what is on a CD image, and what keeps a PC from booting it',
    options: [['--at OFFSET', 'only this byte: the field that it belongs to']],
    examples: ['onko-os.iso', 'onko-os.iso --at 0x8847'],
    widget: { title: 'ISO explorer', page: '/part-1/makefile/#iso-explorer' },
    load: async () => (await import('./iso.ts')).iso,
  },
  {
    name: 'layout',
    arguments: 'SCRIPT',
    summary: 'where a linker script puts sections, or what is wrong with it',
    options: [
      ['--kernel NAME', '05-main-rs-debug or 04-linker-script: whose sections; the first unless told'],
      ['--sections FILE', 'sections of your own, as a list in JSON'],
    ],
    examples: ['linker.ld'],
    widget: { title: 'Layout explorer', page: '/part-1/linker-script/#layout-explorer' },
    load: async () => (await import('./layout.ts')).layout,
  },
  {
    name: 'pixel',
    arguments: 'X Y',
    summary: 'where a pixel lies in memory',
    options: [
      ['--size WIDTHxHEIGHT', 'of the screen; 1024x768 unless told'],
      ['--bpp 16|24|32', 'bits per pixel; 32 unless told'],
      ['--pitch BYTES', 'from row to row; without padding unless told'],
    ],
    examples: ['100 50 --size 1366x768 --bpp 32 --pitch 5504'],
    widget: { title: 'Pixel explorer', page: '/part-1/main-rs/#pixel-explorer' },
    load: async () => (await import('./pixel.ts')).pixel,
  },
  {
    name: 'triple',
    arguments: 'NAME',
    summary: "a target of rustc's taken apart, and what it means for a kernel",
    options: [],
    examples: ['x86_64-unknown-none'],
    widget: { title: 'Triple decoder', page: '/part-1/config-toml/#triple-decoder' },
    load: async () => (await import('./triple.ts')).triple,
  },
];
