import { checkRustFormat, checkRustLints, testLoader } from '../../kernel/pipeline/rust-checks.ts';
import { run } from '../../tools/process.ts';

export interface Check {
  name: string;
  /** Rejects with a UserError that says what is wrong; may count several tests. */
  work: () => Promise<{ passed: number; failed: number } | void>;
}

async function npx(...args: string[]): Promise<void> {
  await run('npx', ['--no-install', ...args], { env: { ASTRO_TELEMETRY_DISABLED: '1' } });
}

/** What is checked without running the product: types, format, lints; and the loader's host tests, which cargo runs. */
export const checks: readonly Check[] = [
  // First, as it writes the types of Astro's own modules, which the TypeScript files use too.
  { name: 'types of the components and pages', work: () => npx('astro', 'check', '--minimumFailingSeverity', 'hint') },
  { name: 'types of the TypeScript files', work: () => npx('tsc', '--noEmit', '-p', '.') },
  { name: 'format of our sources (prettier)', work: () => npx('prettier', '--check', '.') },
  {
    name: 'spelling of the texts (cspell; our own words: docs/words.txt)',
    work: () => npx('cspell', 'lint', '--no-progress', '--quiet'),
  },
  {
    name: 'files, exports and packages that nobody uses (knip)',
    work: () => npx('knip', '--no-progress', '--no-config-hints'),
  },
  { name: 'format of the Rust sources (rustfmt)', work: checkRustFormat },
  { name: 'lints of the Rust sources (clippy)', work: checkRustLints },
  { name: 'tests of the loader’s core (cargo test)', work: async () => ({ passed: await testLoader(), failed: 0 }) },
];
