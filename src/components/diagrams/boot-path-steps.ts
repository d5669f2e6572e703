import type english from '../../content/i18n/en.json';

type Phrase = Extract<keyof typeof english, `bootPath.${string}`>;

/** A box of the picture: a file of the disc, or something with a name of its own. */
type Part = { id: string } & ({ file: string } | { label: Phrase });

export interface BootStep {
  says: Phrase;
  /** Ids of the parts that the step is about. */
  lit: readonly string[];
}

export interface BootPath {
  id: string;
  name: Phrase;
  steps: readonly BootStep[];
}

export const parts = {
  disc: [
    { id: 'table', label: 'bootPath.table' },
    { id: 'descriptors', label: 'bootPath.descriptors' },
    { id: 'catalogue', label: 'bootPath.catalogue' },
    { id: 'bios-cd', file: 'limine-bios-cd.bin' },
    { id: 'bios-sys', file: 'limine-bios.sys' },
    { id: 'uefi-cd', file: 'limine-uefi-cd.bin' },
    { id: 'conf', file: 'limine.conf' },
    { id: 'kernel', file: 'kernel.elf' },
  ],
  mode: [
    { id: 'mode-16', label: 'bootPath.mode16' },
    { id: 'mode-32', label: 'bootPath.mode32' },
    { id: 'mode-64', label: 'bootPath.mode64' },
  ],
  memory: [
    { id: 'in-firmware', label: 'bootPath.firmware' },
    { id: 'in-loader', label: 'bootPath.loader' },
    { id: 'in-kernel', label: 'bootPath.kernel' },
    { id: 'in-screen', label: 'bootPath.screen' },
  ],
} as const satisfies Record<string, readonly Part[]>;

const biosPower: BootStep = {
  says: 'bootPath.biosPowerHtml',
  lit: ['mode-16', 'in-firmware'],
};

const uefiPower: BootStep = {
  says: 'bootPath.uefiPowerHtml',
  lit: ['mode-16', 'mode-64', 'in-firmware'],
};

/** From the loader proper to `kmain`: a CD and a stick are the same from here on. */
const biosRest: readonly BootStep[] = [
  {
    says: 'bootPath.biosLoaderHtml',
    lit: ['bios-sys', 'mode-16', 'mode-32', 'in-firmware', 'in-loader'],
  },
  {
    says: 'bootPath.biosConfHtml',
    lit: ['conf', 'mode-32', 'in-loader'],
  },
  {
    says: 'bootPath.biosKernelHtml',
    lit: ['kernel', 'mode-16', 'mode-32', 'in-loader', 'in-kernel', 'in-screen'],
  },
  {
    says: 'bootPath.biosJumpHtml',
    lit: ['mode-64', 'in-kernel', 'in-screen'],
  },
];

const uefiRest: readonly BootStep[] = [
  {
    says: 'bootPath.uefiImageHtml',
    lit: ['uefi-cd', 'mode-64', 'in-firmware', 'in-loader'],
  },
  {
    says: 'bootPath.uefiConfHtml',
    lit: ['conf', 'mode-64', 'in-firmware', 'in-loader'],
  },
  {
    says: 'bootPath.uefiKernelHtml',
    lit: ['kernel', 'mode-64', 'in-firmware', 'in-loader', 'in-kernel', 'in-screen'],
  },
  {
    says: 'bootPath.uefiJumpHtml',
    lit: ['mode-64', 'in-kernel', 'in-screen'],
  },
];

/** What happens in which order when the finished disc is booted, with the real Limine on it. */
export const bootPaths: readonly BootPath[] = [
  {
    id: 'bios',
    name: 'bootPath.biosCd',
    steps: [
      biosPower,
      {
        says: 'bootPath.biosDiscHtml',
        lit: ['descriptors', 'mode-16', 'in-firmware'],
      },
      {
        says: 'bootPath.biosCatalogueHtml',
        lit: ['catalogue', 'bios-cd', 'mode-16', 'in-firmware', 'in-loader'],
      },
      {
        says: 'bootPath.biosBeginHtml',
        lit: ['bios-cd', 'mode-16', 'mode-32', 'in-loader'],
      },
      ...biosRest,
    ],
  },
  {
    id: 'bios-stick',
    name: 'bootPath.biosStick',
    steps: [
      biosPower,
      {
        says: 'bootPath.stickDiskHtml',
        lit: ['table', 'mode-16', 'in-firmware', 'in-loader'],
      },
      {
        says: 'bootPath.stickCodeHtml',
        lit: ['table', 'mode-16', 'mode-32', 'in-loader'],
      },
      ...biosRest,
    ],
  },
  {
    id: 'uefi',
    name: 'bootPath.uefiCd',
    steps: [
      uefiPower,
      {
        says: 'bootPath.uefiRecordHtml',
        lit: ['descriptors', 'catalogue', 'uefi-cd', 'mode-64', 'in-firmware'],
      },
      ...uefiRest,
    ],
  },
  {
    id: 'uefi-stick',
    name: 'bootPath.uefiStick',
    steps: [
      uefiPower,
      {
        says: 'bootPath.uefiTableHtml',
        lit: ['table', 'uefi-cd', 'mode-64', 'in-firmware'],
      },
      ...uefiRest,
    ],
  },
];
