import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutRemovals } from '../../cli/setup/system-packages.ts';

const offers = async (name: string) =>
  ` ${name} | 1:7.2+dfsg-7+deb12u18 | Debian bookworm/main amd64 Packages\n ${name} | 1:7.2+dfsg-7+deb12u15 | Debian bookworm-security/main amd64 Packages\n`;

test('a package in the way is kept, at the version that the release has', async () => {
  const plan =
    'Remv qemu-utils [1:10.0.2+ds-2~bpo12+1]\nInst qemu-system-x86 (1:7.2+dfsg-7+deb12u18 Debian:12.15 [amd64])\n';
  assert.deepEqual(await withoutRemovals(['qemu-system-x86'], plan, offers), [
    'qemu-system-x86',
    'qemu-utils=1:7.2+dfsg-7+deb12u18',
  ]);
});

test('where nothing is in the way, only the packages are asked for', async () => {
  const plan = 'Inst xorriso (1.5.4-4 Debian:12.15/oldstable [amd64])\n';
  assert.deepEqual(await withoutRemovals(['xorriso'], plan, offers), ['xorriso']);
});

test('the version that is installed is not offered as the way out: apt then says what is wrong', async () => {
  const plan = 'Remv qemu-utils [1:7.2+dfsg-7+deb12u18]\n';
  const only = async (name: string) => ` ${name} | 1:7.2+dfsg-7+deb12u18 | Debian bookworm/main amd64 Packages\n`;
  assert.deepEqual(await withoutRemovals(['qemu-system-x86'], plan, only), ['qemu-system-x86']);
});
