import { isInstalled, tryRun } from '../../tools/process.ts';
import { debianRust, debianRustChecks } from './requirements.ts';
import { aptInstall, missingPackages } from './system-packages.ts';

/** Whether rustup's default toolchain can build for the kernel's target as it is. */
async function rustupHasTarget(): Promise<boolean> {
  if (!(await isInstalled('rustup'))) return false;
  const targets = await tryRun('rustup', ['target', 'list', '--installed']);
  return targets.status === 0 && targets.stdout.split('\n').includes('x86_64-unknown-none');
}

/** Makes sure that kernels can be compiled: by rustup's toolchain, else by Debian's packages. */
export async function ensureRust(options: { checks: boolean }): Promise<void> {
  if (await rustupHasTarget()) return;
  // Elsewhere the pipeline says what to install: it knows which toolchains it can use.
  if (!(await isInstalled('apt-get'))) return;
  const missing = await missingPackages([...debianRust, ...(options.checks ? debianRustChecks : [])]);
  if (missing.length > 0) await aptInstall(missing);
}
