import type { CommandEntry } from './command.ts';
import { explain } from './explain.ts';
import { UserError } from '../tools/errors.ts';

const projectTasks: CommandEntry[] = [
  {
    name: 'start',
    arguments: '[--port N]',
    summary: 'install what is missing, build what is missing, serve the site',
    load: async () => (await import('./tasks/start.ts')).start,
  },
  {
    name: 'test',
    arguments: '[AREA …]',
    summary:
      'run everything that proves the project, or only some folders of tests/ (--thorough: for hours; --fresh: on a new Debian 12)',
    load: async () => (await import('./tasks/test.ts')).test,
  },
  {
    name: 'build',
    arguments: '[--base /x/]',
    summary: 'leave the static site in dist/ (SITE_URL, SITE_REPOSITORY: what it may link to)',
    load: async () => (await import('./tasks/build.ts')).build,
  },
  {
    name: 'dev',
    arguments: '',
    summary: 'serve pages that reload while you write them',
    load: async () => (await import('./tasks/dev.ts')).dev,
  },
  {
    name: 'isos',
    arguments: '',
    summary: 'compile each chapter and write its bootable ISO to public/isos (LIMINE_DIR=…: with the real Limine)',
    load: async () => (await import('./tasks/isos.ts')).isos,
  },
  {
    name: 'bench',
    arguments: '',
    summary: 'measure the machine: sizes, memory, instructions, time from the click to the painted screen',
    load: async () => (await import('./tasks/bench.ts')).bench,
  },
];

const models: CommandEntry[] = [
  {
    name: 'address',
    arguments: 'ADDRESS',
    summary: 'canonical or not, which half, and the way through the page tables (--levels 5 for 57 bits)',
    load: async () => (await import('./models/address.ts')).address,
  },
  {
    name: 'color',
    arguments: 'R G B | HEX',
    summary: 'the word a framebuffer wants for a colour, and its bytes in memory (--order bgr swaps red and blue)',
    load: async () => (await import('./models/color.ts')).color,
  },
  {
    name: 'conf',
    arguments: 'FILE',
    summary: 'what is wrong with a limine.conf, by line and column, or the boot menu it gives',
    load: async () => (await import('./models/conf.ts')).conf,
  },
  {
    name: 'flags',
    arguments: 'FLAGS',
    summary: "a segment's permissions as number, script, readelf's letters and page-table bits ('R E' is 5)",
    load: async () => (await import('./models/flags.ts')).flags,
  },
  {
    name: 'pixel',
    arguments: 'X Y',
    summary: 'where a pixel lies in memory (--size 1024x768, --bpp 32, --pitch 4096)',
    load: async () => (await import('./models/pixel.ts')).pixel,
  },
  {
    name: 'triple',
    arguments: 'NAME',
    summary: "a target of rustc's taken apart, and what it means for a kernel",
    load: async () => (await import('./models/triple.ts')).triple,
  },
];

function help(): string {
  const list = (entries: CommandEntry[]) =>
    entries.map((entry) => `  ${`${entry.name} ${entry.arguments}`.trim().padEnd(22)} ${entry.summary}`).join('\n');
  return `Usage: ./onko COMMAND [ARGUMENTS]\n\nThe project:\n${list(projectTasks)}\n\nThe widgets' models, for your own numbers and files:\n${list(models)}\n`;
}

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    process.stdout.write(help());
    return name === undefined ? 2 : 0;
  }
  const entry = [...projectTasks, ...models].find((candidate) => candidate.name === name);
  if (entry === undefined) throw new UserError(`There is no command "${name}".`, 'Run ./onko --help to see them all.');
  const command = await entry.load();
  return command(rest);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const explanation = explain(error);
  if (explanation === undefined) throw error;
  process.stderr.write(explanation);
  process.exitCode = 1;
}
