import type { CommandEntry } from './command.ts';
import { runCommandLine } from './command-line.ts';
import { explain } from './explain.ts';
import { models } from './models/list.ts';

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
    summary: 'run all that proves the project, or folders of tests/ (--thorough: hours; --fresh: new Debian)',
    load: async () => (await import('./tasks/test.ts')).test,
  },
  {
    name: 'build',
    arguments: '[--base /x/]',
    summary: 'leave the static site in dist/ (SITE_URL, SITE_REPOSITORY: what it links to)',
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
    summary: 'compile the chapters into public/isos (LIMINE_DIR=…: with the real Limine)',
    load: async () => (await import('./tasks/isos.ts')).isos,
  },
  {
    name: 'bench',
    arguments: '',
    summary: 'measure the machine: sizes, memory, instructions, time to the painted screen',
    load: async () => (await import('./tasks/bench.ts')).bench,
  },
];

await runCommandLine(
  process.argv.slice(2),
  [
    { title: 'The project', commands: projectTasks },
    { title: "The widgets' models, for your own numbers and files", commands: models },
  ],
  explain,
);
