import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, addressReport } from '../../cli/models/address.ts';
import type { KernelSymbol } from '../../src/lib/manifest.ts';
import { UserError } from '../../tools/errors.ts';

test('onko address walks the page tables of the kernel’s base and names the symbol there', () => {
  const symbols: KernelSymbol[] = [{ name: 'kmain', address: '0xffffffff80000000', size: 4 }];
  assert.deepEqual(addressReport(0xffff_ffff_8000_0000n, 4, symbols).trimEnd().split('\n'), [
    'address    0xffff_ffff_8000_0000',
    'canonical  yes. Bits 63 to 47 are all 1.',
    'lies in    the higher half: 0xffff_8000_0000_0000 to 0xffff_ffff_ffff_ffff',
    'borders    about 128 TiB above the start of the higher half, 2 GiB below its end',
    'PML4       entry 511   bits 47 to 39',
    'PDPT       entry 510   bits 38 to 30',
    'PD         entry   0   bits 29 to 21',
    'PT         entry   0   bits 20 to 12',
    'offset     0 = 0x0 within the 4 KiB page',
    'symbol     kmain',
  ]);
});

test('onko address refuses what is no address and says how to write one', () => {
  const refused = (args: string[], message: RegExp) =>
    assert.throws(
      () => address(args),
      (error) => error instanceof UserError && message.test(error.message) && error.fixes.length === 1,
    );
  refused([], /takes one address/);
  refused(['zz'], /“zz” is not an address/);
  refused(['0x0', '--levels', '6'], /4 or 5 levels, not “6”/);
  refused(['0x0', '--levels'], /4 or 5 levels/);
  refused(['0x0', '--level', '4'], /takes one address/);
});
