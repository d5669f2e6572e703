/// <reference types="@expressive-code/plugin-line-numbers" />

declare module 'virtual:onko/chapters' {
  const chapters: import('./integrations/virtual-modules.ts').ChapterData[];
  export default chapters;
}
declare module 'virtual:onko/manifest' {
  const manifest: import('./lib/manifest.ts').Manifest;
  export default manifest;
}
declare module 'virtual:onko/engine' {
  const engine: import('./integrations/virtual-modules.ts').EngineData;
  export default engine;
}
declare module 'virtual:onko/frames' {
  const frames: import('./integrations/virtual-modules.ts').FrameData;
  export default frames;
}
declare module 'virtual:onko/kernels' {
  const kernels: import('./integrations/virtual-modules.ts').KernelData[];
  export default kernels;
}
declare module 'virtual:onko/command' {
  const command: import('./integrations/onko-command.ts').OnkoCommandData;
  export default command;
}
declare module 'virtual:onko/boot-sector' {
  const bootSector: import('./integrations/virtual-modules.ts').BootSectorData;
  export default bootSector;
}
declare module '@pkgjs/parseargs' {
  export const parseArgs: typeof import('node:util').parseArgs;
}
declare module 'virtual:onko/makefile-disc' {
  const disc: import('./integrations/makefile-disc.ts').MakefileDisc;
  export default disc;
}
declare module 'virtual:onko/experiments' {
  const experiments: import('./integrations/experiments.ts').ExperimentData[];
  export default experiments;
}
declare module 'virtual:onko/pagefind-ui' {
  /** Pagefind's own, whose package has no types. `element` is the selector of what it fills. */
  export const PagefindUI: new (options: { element: string }) => unknown;
}
