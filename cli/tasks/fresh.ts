import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { aptInstall } from '../setup/system-packages.ts';
import { UserError } from '../../tools/errors.ts';
import { cache, root } from '../../tools/paths.ts';
import { isInstalled, run, tryRun } from '../../tools/process.ts';
import { say, step } from '../../tools/steps.ts';

const guest = `${cache}/fresh`;
/** Where the clone lies in there, and beside it the number of the process that serves its site. */
const clone = '/onko';
const processFile = `${clone}.pid`;
const port = 4399;

/** How this machine reaches the package registries: the fresh one has no other way. Nothing else of it is copied. */
const waysOut = [
  '/etc/resolv.conf',
  '/etc/hosts',
  '/etc/apt/sources.list',
  '/etc/apt/sources.list.d/debian.sources',
  '/etc/apt/apt.conf.d',
  '/etc/pip.conf',
  '/etc/ssl/certs',
  '/usr/local/share/ca-certificates',
];

/** A variable of this machine that says where certificates or proxies are; any other is left behind. */
const isWayOut = (name: string) => /(_proxy$|CERT|CA_|SSL)/i.test(name);

/**
 * `onko test --fresh`: a minimal Debian 12 in a folder of its own, a clone of this checkout's last commit in it, and there the
 * two commands of the README, as a newcomer runs them. Says how long each took and how much disk it needs.
 */
export async function testFresh(): Promise<number> {
  if (process.getuid?.() !== 0) {
    throw new UserError(
      'A fresh Debian needs root rights: debootstrap and chroot do.',
      'Run ./onko test --fresh as root.',
    );
  }
  if (!(await isInstalled('debootstrap'))) await aptInstall(['debootstrap']);
  await remove();
  try {
    await step('making a minimal Debian 12', makeDebian);
    await step('cloning the last commit into it', cloneInto);
    const started = performance.now();
    await step('./onko start there, until it serves the site', startThere);
    await step('./onko start there, once more', startThere);
    say(`  it takes ${await diskUse()} now`);
    const { status } = await shell('./onko test', true);
    say(
      `  ${((performance.now() - started) / 60_000).toFixed(1)} minutes for both commands, ${await diskUse()} on the disk`,
    );
    if (status === 0) await remove();
    else await leave();
    return status ?? 1;
  } catch (error) {
    await leave();
    throw error;
  }
}

/** What failed there is looked for there. */
async function leave(): Promise<void> {
  await unmount();
  say('  the fresh machine stays in .cache/fresh until the next --fresh; as root, chroot .cache/fresh enters it');
}

/** Throws a {@link UserError} where something is still mounted in it: that would be removed, too. */
async function remove(): Promise<void> {
  await unmount();
  const mounted = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '');
  const inside = mounted.find((folder) => folder.startsWith(`${guest}/`));
  if (inside !== undefined) throw new UserError(`${inside} is still mounted.`, `As root: umount ${inside}`);
  rmSync(guest, { recursive: true, force: true });
}

async function makeDebian(progress: (detail: string) => void): Promise<void> {
  const { stdout } = await run('apt-get', ['indextargets', '--format', '$(REPO_URI) $(LABEL)', 'Created-By: Packages']);
  const mirror = stdout.split('\n').find((line) => line.endsWith(' Debian'));
  if (mirror === undefined) throw new UserError('apt knows no Debian archive here.', 'Run this on a Debian machine.');
  await run(
    'debootstrap',
    ['--variant=minbase', '--include=git,ca-certificates', 'bookworm', guest, mirror.slice(0, mirror.lastIndexOf(' '))],
    { onOutput: progress },
  );
  for (const path of waysOut.filter((path) => existsSync(path))) {
    mkdirSync(dirname(`${guest}${path}`), { recursive: true });
    cpSync(path, `${guest}${path}`, { recursive: true, force: true, dereference: true });
  }
  // Nothing of it may be a service that starts.
  writeFileSync(`${guest}/usr/sbin/policy-rc.d`, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  copyFileSync('/etc/hostname', `${guest}/etc/hostname`);
  // Its devices are its own, made by debootstrap: of this machine, nothing can be reached or removed by way of the folder.
  await run('mount', ['-t', 'proc', 'proc', `${guest}/proc`]);
}

async function cloneInto(): Promise<void> {
  await run('git', ['clone', '--quiet', '--no-hardlinks', `file://${root}`, `${guest}${clone}`]);
}

/** A command in the clone, as root of the fresh machine, with none of this machine's programs or settings. */
function shell(command: string, shown = false): ReturnType<typeof tryRun> {
  const kept = Object.entries(process.env).filter(([name]) => isWayOut(name));
  const set = ['HOME=/root', 'LANG=C.UTF-8', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'];
  return tryRun(
    'chroot',
    [
      guest,
      '/usr/bin/env',
      '-i',
      ...set,
      ...kept.map(([name, value]) => `${name}=${value}`),
      'sh',
      '-c',
      `cd ${clone} && ${command}`,
    ],
    shown ? { onOutput: (text) => void process.stdout.write(text) } : {},
  );
}

/** Starts the site and ends it again once its front page has come. */
async function startThere(): Promise<void> {
  let over = false;
  const ended = shell(`exec ./onko start --port ${port} & echo $! > ${processFile}; wait $!`).finally(
    () => (over = true),
  );
  for (;;) {
    const answer = await fetch(`http://localhost:${port}/`).catch(() => undefined);
    if (answer?.ok && (await answer.text()).includes('<onko-machine')) break;
    if (over) throw new UserError('./onko start ended before it served the site; it said:', (await ended).output);
    await sleep(200);
  }
  await shell(`kill "$(cat ${processFile})"`);
  await ended;
}

async function diskUse(): Promise<string> {
  // Each by itself: of folders that lie in one another, du counts what they share only once.
  const measured = [`${guest}${clone}`, guest].map((folder) => run('du', ['-sh', '--one-file-system', folder]));
  const [checkout, all] = (await Promise.all(measured)).map(({ stdout }) => stdout.split('\t')[0]);
  return `${checkout} for the checkout, ${all} with the whole system`;
}

async function unmount(): Promise<void> {
  await tryRun('umount', [`${guest}/proc`]);
}
