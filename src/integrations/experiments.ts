import { markdownToHtml } from 'satteri';
import { composeChapter } from '../../kernel/pipeline/compose.ts';
import { experimentsFolder, experimentTree, readExperiments } from '../../kernel/pipeline/experiment-files.ts';
import type { Experiment } from '../../kernel/pipeline/experiment-files.ts';
import { readExperimentsManifest } from '../../kernel/pipeline/experiments.ts';
import { UserError } from '../../tools/errors.ts';
import { treeChanges } from '../lib/changes.ts';
import type { FileChange } from '../lib/changes.ts';
import type { ExperimentEntry } from '../lib/experiment.ts';

/** An experiment as the pages see it: the mistake, its texts, and what was recorded. */
export interface ExperimentData extends Omit<Experiment, 'edits' | 'expect'> {
  changes: FileChange[];
  recorded: ExperimentEntry;
}

/** All experiments with what they gave. `why` and `home` are HTML in here. */
export function experimentData(): ExperimentData[] {
  const { experiments: entries } = readExperimentsManifest();
  return readExperiments().map((experiment) => {
    const { edits: _edits, expect: _expect, ...shown } = experiment;
    const recorded = entries.find(({ name }) => name === experiment.name);
    if (recorded === undefined)
      throw new UserError(`The experiment ${experiment.name} was never recorded.`, 'Run ./onko isos.');
    const text = (markdown: string): string => markdownToHtml(fillIn(markdown, experiment.name, entries)).html;
    return { ...shown, why: text(shown.why), home: text(shown.home), changes: changesOf(experiment), recorded };
  });
}

function changesOf(experiment: Experiment): FileChange[] {
  const texts = (tree: ReturnType<typeof composeChapter>) => new Map([...tree].map(([path, { text }]) => [path, text]));
  return treeChanges(texts(composeChapter(experiment.chapter)), texts(experimentTree(experiment)));
}

/**
 * Puts recorded numbers in the place of `{{NAME.MACHINE.instructions}}` and `….hostCpu`; a number that was not recorded is
 * an error.
 */
function fillIn(markdown: string, name: string, entries: readonly ExperimentEntry[]): string {
  return markdown.replaceAll(
    /\{\{([\w-]+)\.(qemu|page)\.(instructions|hostCpu)\}\}/g,
    (words, experiment, machine, field) => {
      const outcome = entries.find((entry) => entry.name === experiment)?.[machine as 'qemu' | 'page'];
      const value = outcome?.[field as 'instructions' | 'hostCpu'];
      if (value === undefined)
        throw new UserError(`${experimentsFolder}/${name}.toml: nothing is recorded for ${words}.`);
      return value.toLocaleString('en-US');
    },
  );
}
