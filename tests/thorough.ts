/**
 * Whether `./onko test --thorough` runs: every combination of a matrix, a million inputs for every parser, and thousands of
 * damaged files that the loader is booted with, which takes hours. Without it the same tests run on a part that covers each
 * value at least once, chosen the same way each time.
 */
export const thorough = process.env['ONKO_THOROUGH'] === '1';

/** How many mutated inputs a parser is tried with. */
export const fuzzInputs = thorough ? 1_000_000 : 10_000;
