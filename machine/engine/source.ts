import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { UserError } from '../../tools/errors.ts';
import { isInstalled, tryRun } from '../../tools/process.ts';

/** The source package of Debian that the engine is made of, and the file of it that we need. */
export const bochs = {
  version: '3.0+dfsg-1',
  suite: 'trixie',
  folder: 'bochs-3.0',
  tarball: 'bochs_3.0+dfsg.orig.tar.xz',
  sha256: '78f6c73d4a6472d5130a87ab9dc306d02c7c71ed8e25b3a8ef642e2a7acd282b',
} as const;

async function isWhole(file: string): Promise<boolean> {
  return (
    existsSync(file) &&
    createHash('sha256')
      .update(await readFile(file))
      .digest('hex') === bochs.sha256
  );
}

/** The Debian mirror that this machine uses, whatever form its list of sources has. */
async function debianMirror(): Promise<string> {
  const targets = await tryRun('apt-get', ['indextargets', '--format', '$(REPO_URI) $(LABEL)', 'Created-By: Packages']);
  const line = targets.stdout.split('\n').find((text) => text.endsWith(' Debian'));
  if (line === undefined) {
    throw new UserError(
      'apt knows no Debian archive on this machine, where the source of Bochs comes from.',
      `Put ${bochs.tarball} (SHA-256 ${bochs.sha256}) of Debian’s source package bochs ${bochs.version} into .cache/engine-build and run the command again.`,
    );
  }
  return line.slice(0, line.lastIndexOf(' '));
}

/**
 * Makes sure that the source of Bochs lies in `folder` and returns its path. It is fetched by apt through a view of its own,
 * so that the system's lists stay untouched, and its SHA-256 decides, wherever it came from.
 */
export async function fetchSource(folder: string): Promise<string> {
  const file = `${folder}/${bochs.tarball}`;
  if (await isWhole(file)) return file;
  await mkdir(folder, { recursive: true });
  if (!(await isInstalled('apt-get'))) {
    throw new UserError(
      'The source of Bochs comes from Debian through apt, which this system does not have.',
      `Download ${bochs.tarball} (SHA-256 ${bochs.sha256}), the upstream tarball of Debian’s source package bochs ${bochs.version},`,
      `put it into ${folder} and run the command again.`,
    );
  }
  const apt = `${folder}/apt`;
  await rm(apt, { recursive: true, force: true });
  await mkdir(`${apt}/lists`, { recursive: true });
  await writeFile(
    `${apt}/source.sources`,
    `Types: deb-src\nURIs: ${await debianMirror()}\nSuites: ${bochs.suite}\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n`,
  );
  const view = [
    ['-o', `Dir::Etc::sourcelist=${apt}/source.sources`],
    ['-o', 'Dir::Etc::sourceparts=-'],
    ['-o', `Dir::State::lists=${apt}/lists`],
  ].flat();
  const update = await tryRun('apt-get', [...view, 'update', '-qq'], { cwd: apt });
  // apt also wants the package's description, which a partial mirror may lack: the tarball is all we need.
  const source = await tryRun('apt-get', [...view, 'source', '--download-only', `bochs=${bochs.version}`], {
    cwd: apt,
  });
  const fetched = `${apt}/${bochs.tarball}`;
  if (!(await isWhole(fetched))) {
    throw new UserError(
      `apt did not bring the source of Bochs ${bochs.version}; it said:\n${(update.output + source.output).trimEnd()}`,
      'Check the network and the disk, then run the command again.',
      `Or put ${bochs.tarball} (SHA-256 ${bochs.sha256}) into ${folder} yourself.`,
    );
  }
  await rename(fetched, file);
  await rm(apt, { recursive: true, force: true });
  return file;
}
