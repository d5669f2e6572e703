import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { askForTargets, targetsFile } from '../../kernel/pipeline/targets.ts';
import type { TargetsFile } from '../../kernel/pipeline/targets.ts';
import { hostedToolchain } from '../../kernel/pipeline/toolchain.ts';
import { targetFromRow } from '../../src/lib/triple.ts';
import { run } from '../../tools/process.ts';

test('the recorded targets are those of the compiler, as long as it is the same', async (context) => {
  const then = JSON.parse(readFileSync(targetsFile, 'utf8')) as TargetsFile;
  const now = await askForTargets();
  assert.deepEqual(now.columns, then.columns);
  if (now.rustc === then.rustc) assert.deepEqual(now.rows, then.rows);
  else context.diagnostic(`recorded with ${then.rustc}; here is ${now.rustc}, so the rows were not compared`);
});

test('a target is described as rustc --print cfg describes it', async () => {
  const { env } = await hostedToolchain();
  const targets = (await askForTargets()).rows.map(targetFromRow);
  const names = ['x86_64-unknown-none', 'aarch64-apple-darwin', 'thumbv7em-none-eabihf', 'x86_64-pc-windows-msvc'];
  const more = ['wasm32-wasip1', 's390x-unknown-linux-gnu', 'avr-none', 'xtensa-esp32-espidf'];
  for (const name of [...names, ...more]) {
    const target = targets.find((each) => each.name === name);
    assert.ok(target, name);
    // rustc wants to know which chip, where there is no oldest one.
    const chip = name === 'avr-none' ? ['-C', 'target-cpu=atmega328p'] : [];
    const { stdout } = await run(env['RUSTC'] ?? 'rustc', ['--print', 'cfg', '--target', name, ...chip], { env });
    const said = (key: string) => new RegExp(`^${key}="(.*)"$`, 'm').exec(stdout)?.[1];
    assert.deepEqual(
      [target.arch, target.vendor, target.os, target.env, String(target.pointerWidth), target.endian, target.panic],
      ['target_arch', 'target_vendor', 'target_os', 'target_env', 'target_pointer_width', 'target_endian', 'panic'].map(
        said,
      ),
      name,
    );
  }
});
