import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { buildChapter } from '../../kernel/pipeline/build.ts';
import { parseElf } from '../../src/lib/elf.ts';

/** Bytes of kmain in the kernel of a chapter. */
async function kmainSize(id: string): Promise<bigint | undefined> {
  return parseElf(readFileSync(await buildChapter(id))).symbols.find(({ name }) => name === 'kmain')?.size;
}

test('a chapter built after another of the same crate name is its own kernel, not the other’s', async () => {
  const painting = await kmainSize('05-main-rs');
  const halting = await kmainSize('04-linker-script');
  assert.ok(painting !== undefined && halting !== undefined);
  assert.ok(halting < 16n && painting > 100n, `kmain has ${halting} bytes in chapter 4 and ${painting} in chapter 5`);
  assert.equal(await kmainSize('05-main-rs'), painting);
});
