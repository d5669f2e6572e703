import type { CommandEntry, ModelEntry } from './command.ts';
import { onko } from './invocation.ts';
import { UserError } from '../tools/errors.ts';

/** Commands that stand together in the help. */
export interface CommandGroup {
  title: string;
  commands: readonly (CommandEntry | ModelEntry)[];
}

/**
 * Runs the command that the arguments name, or says which there are.
 * @param explain what to print for an error; undefined for a bug of ours, whose stack is wanted
 */
export async function runCommandLine(
  args: readonly string[],
  groups: readonly CommandGroup[],
  explain: (error: unknown) => string | undefined,
): Promise<void> {
  // Whoever reads our output may have enough of it before its end: onko … | head -1
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
  try {
    process.exitCode = await run(args, groups);
  } catch (error) {
    const explanation = explain(error);
    if (explanation === undefined) throw error;
    process.stderr.write(explanation);
    process.exitCode = 1;
  }
}

async function run(args: readonly string[], groups: readonly CommandGroup[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || isHelp(name)) {
    process.stdout.write(help(groups));
    return name === undefined ? 2 : 0;
  }
  const command = groups.flatMap(({ commands }) => commands).find((candidate) => candidate.name === name);
  if (command === undefined) {
    throw new UserError(`There is no command "${name}".`, `Run ${onko} --help to see them all.`);
  }
  if (rest.length === 1 && isHelp(rest[0] ?? '')) {
    process.stdout.write(commandHelp(command));
    return 0;
  }
  const work = await command.load();
  return work(rest);
}

function isHelp(argument: string): boolean {
  return ['help', '--help', '-h'].includes(argument);
}

function help(groups: readonly CommandGroup[]): string {
  const all = groups.flatMap(({ commands }) => commands);
  const width = Math.max(...all.map((command) => usage(command).length));
  const list = ({ title, commands }: CommandGroup) =>
    `${title}:\n${commands.map((command) => `  ${usage(command).padEnd(width)}  ${command.summary}\n`).join('')}`;
  return (
    `Usage: ${onko} COMMAND [ARGUMENTS]\n\n${groups.map(list).join('\n')}\n` +
    `What one of them takes, with examples: ${onko} COMMAND --help\n`
  );
}

function commandHelp(command: CommandEntry | ModelEntry): string {
  const { options, examples } = 'examples' in command ? command : { options: [], examples: [] };
  const width = Math.max(...options.map(([option]) => option.length));
  const sections = [
    `Usage: ${onko} ${usage(command)}${options.length > 0 ? ' [OPTIONS]' : ''}\n`,
    `${command.summary.charAt(0).toUpperCase()}${command.summary.slice(1)}.\n`,
    options.map(([option, meaning]) => `  ${option.padEnd(width)}  ${meaning}\n`).join(''),
    examples.map((example) => `  ${onko} ${command.name} ${example}\n`).join(''),
  ];
  return sections.filter((section) => section !== '').join('\n');
}

function usage(command: CommandEntry): string {
  return `${command.name} ${command.arguments}`.trim();
}
