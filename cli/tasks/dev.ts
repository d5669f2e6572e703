import { spawn } from 'node:child_process';
import type { Command } from '../command.ts';
import { buildEngineIfStale, buildIsosIfStale } from './build.ts';
import { ensureNodeModules } from '../setup/node-modules.ts';
import { root } from '../../tools/paths.ts';

/** `onko dev`: Astro's own server, which reloads pages while they are written. */
export const dev: Command = async (args) => {
  await ensureNodeModules();
  await buildEngineIfStale();
  await buildIsosIfStale();
  const astro = spawn('npx', ['--no-install', 'astro', 'dev', ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ASTRO_TELEMETRY_DISABLED: '1' },
  });
  return new Promise((resolve) => astro.on('close', (status) => resolve(status ?? 1)));
};
