import { existsSync } from 'node:fs';
import { UserError } from '../../tools/errors.ts';
import { isInstalled, run, tryRun } from '../../tools/process.ts';
import { step } from '../../tools/steps.ts';
import type { Requirement } from './requirements.ts';

async function isPresent(requirement: Requirement): Promise<boolean> {
  return requirement.probe.startsWith('/') ? existsSync(requirement.probe) : isInstalled(requirement.probe);
}

/** Makes sure that every requirement is there: installs it with apt, or names exactly what to install and how. */
export async function ensureInstalled(requirements: readonly Requirement[]): Promise<void> {
  const missing: Requirement[] = [];
  for (const requirement of requirements) if (!(await isPresent(requirement))) missing.push(requirement);
  if (missing.length === 0) return;
  if (!(await isInstalled('apt-get'))) throw mustInstallByHand(missing);
  await aptInstall(missing.map((requirement) => requirement.debian));
}

function mustInstallByHand(missing: readonly Requirement[]): UserError {
  const names = (system: 'arch' | 'homebrew') => missing.map((requirement) => requirement[system]).join(' ');
  return new UserError(
    `This system has no apt, and these are missing:\n${missing.map(({ probe, purpose }) => `  ${probe}: ${purpose}`).join('\n')}`,
    `Arch: pacman -S ${names('arch')}`,
    `macOS: brew install ${names('homebrew')}`,
    'Then run ./onko again. In a Debian 12 container it installs everything by itself.',
  );
}

/** Which of these Debian packages are not installed. */
export async function missingPackages(packages: readonly string[]): Promise<string[]> {
  const listing = await tryRun('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\n', ...packages]);
  const installed = new Set(
    listing.stdout.split('\n').flatMap((line) => (line.endsWith(' installed') ? [line.split(' ')[0]] : [])),
  );
  return packages.filter((name) => !installed.has(name));
}

/**
 * What to ask apt for so that it removes nothing: the packages, and each installed one that is in their way at the version
 * that the machine's own Debian has. A newer one from elsewhere (backports) may exclude the programs we need; the one that
 * belongs to the release does not. `removals` is the simulation of the plain install, as `apt-get --simulate` prints it.
 */
export async function withoutRemovals(
  packages: readonly string[],
  removals: string,
  versionsOf: (name: string) => Promise<string>,
): Promise<string[]> {
  const wanted = [...packages];
  for (const [, name = '', installed = ''] of removals.matchAll(/^Remv (\S+) \[(\S+)\]/gm)) {
    const offered = (await versionsOf(name)).split('\n').map((line) => line.split('|')[1]?.trim());
    const fitting = offered.find((version) => version !== undefined && version !== installed);
    if (fitting !== undefined) wanted.push(`${name}=${fitting}`);
  }
  return wanted;
}

/** Installs Debian packages; never removes one that is in the way. Rejects with apt's own words and what to do. */
export async function aptInstall(packages: readonly string[]): Promise<void> {
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo'];
  if (asRoot.length > 0 && !(await isInstalled('sudo'))) {
    throw new UserError(
      `These Debian packages are missing: ${packages.join(' ')}`,
      `As root: apt-get install ${packages.join(' ')}`,
      'Then run ./onko again.',
    );
  }
  const apt = async (args: readonly string[], onOutput: (text: string) => void) => {
    // Another apt may be at work, such as a new system's first update by itself: wait for it.
    const waiting = ['-o', 'DPkg::Lock::Timeout=300'];
    const [program, ...rest] = [...asRoot, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...waiting, ...args];
    await run(program ?? 'env', rest, { onOutput });
  };
  await step(`installing ${packages.join(', ')} with apt`, async (progress) => {
    await apt(['update'], progress);
    const plan = await tryRun('apt-get', ['install', '--simulate', '--no-install-recommends', ...packages]);
    const wanted = await withoutRemovals(
      packages,
      plan.stdout,
      async (name) => (await tryRun('apt-cache', ['madison', name])).stdout,
    );
    const change = wanted.length > packages.length ? ['--allow-downgrades'] : [];
    await apt(['install', '-y', '--no-install-recommends', '--no-remove', ...change, ...wanted], progress);
  });
}
