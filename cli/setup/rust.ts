import { bareTarget, oldestMinor, uefiTarget } from '../../kernel/pipeline/toolchain.ts';
import { UserError } from '../../tools/errors.ts';
import { isInstalled, tryRun } from '../../tools/process.ts';
import { debianRust, debianRustChecks } from './requirements.ts';
import { aptInstall, missingPackages } from './system-packages.ts';

/** Whether rustup's default toolchain can build for the targets of kernels and loader as it is. */
async function rustupHasTargets(): Promise<boolean> {
  if (!(await isInstalled('rustup'))) return false;
  const targets = await tryRun('rustup', ['target', 'list', '--installed']);
  const installed = targets.stdout.split('\n');
  return targets.status === 0 && [bareTarget, uefiTarget].every((target) => installed.includes(target));
}

/** Version of Debian's Rust as `1.96.0`, when it is installed and older than what we need. */
async function outdatedDebianRust(): Promise<string | undefined> {
  const { stdout } = await tryRun('dpkg-query', ['-W', '-f', '${Version}', 'rustc-web']);
  const [version, minor] = /^1\.(\d+)\.\d+/.exec(stdout) ?? [];
  return version !== undefined && Number(minor) < oldestMinor ? version : undefined;
}

/** Makes sure that kernels can be compiled: by rustup's toolchain, else by Debian's packages. */
export async function ensureRust(options: { checks: boolean }): Promise<void> {
  if (await rustupHasTargets()) return;
  // Elsewhere the pipeline says what to install: it knows which toolchains it can use.
  if (!(await isInstalled('apt-get'))) return;
  const packages = [...debianRust, ...(options.checks ? debianRustChecks : [])];
  const wanted = (await outdatedDebianRust()) === undefined ? await missingPackages(packages) : packages;
  if (wanted.length === 0) return;
  await aptInstall(wanted);
  const outdated = await outdatedDebianRust();
  if (outdated !== undefined) {
    throw new UserError(
      `apt has only Rust ${outdated} here, and the kernels need 1.${oldestMinor} or newer.`,
      'Debian 12 has it in the suite bookworm-security, which installers and images set up: add its line to',
      '/etc/apt/sources.list, then run ./onko again. Or install rustup, then: rustup target add x86_64-unknown-none x86_64-unknown-uefi',
    );
  }
}
