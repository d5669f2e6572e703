/**
 * One ISO, every way to boot it: by BIOS and UEFI, as CD, disk and USB stick, with little memory and with more than 4 GiB, on
 * several CPUs, in several video modes. Each time every pixel has the colour. `./onko test --thorough` boots all combinations.
 * With LIMINE_DIR=folder the ISOs with the real Limine go through the same.
 */
import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { buildChapter } from '../../kernel/pipeline/build.ts';
import { withQemu, type GuestFirmware, type Medium } from '../../kernel/pipeline/qemu.ts';
import { buildLimineIsos, isosFolder, limineIsosFolder } from '../../kernel/pipeline/isos.ts';
import { findLimine } from '../../kernel/pipeline/limine.ts';
import { thorough } from '../thorough.ts';
import { makeDisc } from './fixtures/loader-disc.ts';

interface Path {
  firmware: GuestFirmware;
  medium: Medium;
  memory: string;
  cpu: string;
  /** Asked for in limine.conf; without one the loader chooses 1280x800. */
  resolution: string;
}

const values = {
  firmware: ['bios', 'uefi'],
  medium: ['cd', 'disk', 'usb'],
  memory: ['64M', '256M', '3G', '6G'],
  cpu: ['qemu64', 'max', 'Nehalem'],
  resolution: ['', '640x480', '800x600', '1024x768', '1920x1080'],
} as const;

function everyPath(): Path[] {
  const paths: Path[] = [];
  for (const firmware of values.firmware)
    for (const medium of values.medium)
      for (const memory of values.memory)
        for (const cpu of values.cpu)
          for (const resolution of values.resolution) paths.push({ firmware, medium, memory, cpu, resolution });
  return paths;
}

/** Both firmwares with each medium, and with them every other value at least once. */
function somePaths(): Path[] {
  return values.firmware.flatMap((firmware, first) =>
    values.medium.flatMap((medium, second) => {
      const count = firmware === 'bios' ? 3 : 2;
      return Array.from({ length: count }, (_, third): Path => {
        const number = first + second * count + third;
        return {
          firmware,
          medium,
          memory: values.memory[number % values.memory.length] ?? '',
          cpu: values.cpu[number % values.cpu.length] ?? '',
          resolution: values.resolution[number % values.resolution.length] ?? '',
        };
      });
    }),
  );
}

const paths = thorough ? everyPath() : somePaths();

test('the paths that are tried have every value with either firmware', () => {
  for (const firmware of values.firmware) {
    const some = paths.filter((path) => path.firmware === firmware);
    for (const name of ['medium', 'memory', 'cpu', 'resolution'] as const) {
      assert.deepEqual(new Set(some.map((path) => path[name])), new Set(values[name]), `${firmware}: ${name}`);
    }
  }
});

const kernel = await buildChapter('05-main-rs');
const discs = new Map<string, Promise<string>>();

function discFor(resolution: string): Promise<string> {
  const wish = resolution === '' ? '' : `    resolution: ${resolution}\n`;
  const config = `timeout: 0\n/Onko OS\n    protocol: limine\n    path: boot():/kernel.elf\n${wish}`;
  const disc =
    discs.get(resolution) ?? makeDisc({ files: { 'limine.conf': config }, copies: { 'kernel.elf': kernel } });
  discs.set(resolution, disc);
  return disc;
}

async function boot(path: Path, iso: string): Promise<void> {
  const { firmware, medium, memory, cpu } = path;
  await withQemu({ iso, firmware, medium, memory, cpu }, async (machine) => {
    const { longMode } = await machine.waitUntilHalted();
    assert.ok(longMode);
    const [width = 0, height = 0] = (path.resolution === '' ? '1280x800' : path.resolution).split('x').map(Number);
    const screen = await machine.screenDump();
    assert.deepEqual([screen.width, screen.height], [width, height], machine.debug());
    assert.ok(isPainted(screen.rgb), machine.debug());
  });
}

function isPainted(rgb: Uint8Array): boolean {
  for (let at = 0; at < rgb.length; at += 3) {
    if (rgb[at] !== 12 || rgb[at + 1] !== 24 || rgb[at + 2] !== 33) return false;
  }
  return rgb.length > 0;
}

// UEFI takes seconds to start, most of them in one thread.
test(
  'each path paints every pixel',
  { concurrency: Math.min(2, availableParallelism()), timeout: 4 * 3600_000 },
  async (t) => {
    await Promise.all(
      paths.map((path) =>
        t.test(Object.values(path).join(' ').trim(), { timeout: 600_000 }, async () => {
          await boot(path, await discFor(path.resolution));
        }),
      ),
    );
  },
);

const limine = process.env['LIMINE_DIR'];
if (limine !== undefined && limine !== '') {
  await buildLimineIsos(limine);
  const { installer } = findLimine(limine);
  const booted = somePaths().filter(
    ({ firmware, medium }) => installer !== undefined || firmware === 'uefi' || medium === 'cd',
  );
  for (const { firmware, medium, memory, cpu } of booted) {
    test(`with Limine from LIMINE_DIR: ${firmware} ${medium} ${memory} ${cpu}`, async () => {
      const iso = `${limineIsosFolder}/05-main-rs.iso`;
      await withQemu({ iso, firmware, medium, memory, cpu, timeLimit: 120_000 }, async (machine) => {
        await machine.waitUntilHalted();
        assert.ok(isPainted((await machine.screenDump()).rgb));
      });
    });
  }
}

test('the ISO that chapter 7’s make built boots by UEFI from a stick, through its menu', async () => {
  const iso = `${isosFolder}/07-makefile.iso`;
  await withQemu({ iso, firmware: 'uefi', medium: 'usb' }, async (machine) => {
    await machine.waitForText('debug', 'Booting automatically in 3...');
    await machine.waitUntilHalted();
    assert.ok(isPainted((await machine.screenDump()).rgb));
  });
});

test('with Secure Boot on, the firmware refuses the loader, which nobody has signed', async () => {
  const iso = `${isosFolder}/05-main-rs.iso`;
  await withQemu({ iso, firmware: 'secure-boot', medium: 'usb' }, async (machine) => {
    // What the firmware shows goes to COM1 as well.
    await machine.waitForText('serial', 'Access Denied');
    assert.equal(machine.debug().includes('onko:'), false, 'the loader has not run');
  });
});
