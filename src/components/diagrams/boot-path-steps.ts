/** A box of the picture. */
interface Part {
  id: string;
  label: string;
}

export interface BootStep {
  title: string;
  text: string;
  /** Ids of the parts that the step is about. */
  lit: readonly string[];
}

export interface BootPath {
  id: string;
  name: string;
  steps: readonly BootStep[];
}

export const parts = {
  disc: [
    { id: 'table', label: 'boot sector, GPT' },
    { id: 'descriptors', label: 'volume descriptors' },
    { id: 'catalogue', label: 'boot catalogue' },
    { id: 'bios-cd', label: 'limine-bios-cd.bin' },
    { id: 'bios-sys', label: 'limine-bios.sys' },
    { id: 'uefi-cd', label: 'limine-uefi-cd.bin' },
    { id: 'conf', label: 'limine.conf' },
    { id: 'kernel', label: 'kernel.elf' },
  ],
  mode: [
    { id: 'mode-16', label: '16-bit' },
    { id: 'mode-32', label: '32-bit' },
    { id: 'mode-64', label: '64-bit' },
  ],
  memory: [
    { id: 'in-firmware', label: 'firmware' },
    { id: 'in-loader', label: 'loader' },
    { id: 'in-kernel', label: 'kernel' },
    { id: 'in-screen', label: 'framebuffer' },
  ],
} as const satisfies Record<string, readonly Part[]>;

const biosPower: BootStep = {
  title: 'Power.',
  text: 'The CPU wakes in 16-bit mode and runs what lies at one fixed address: the BIOS, in a chip on the board. It counts the memory, finds the video card, the keyboard and the drives.',
  lit: ['mode-16', 'in-firmware'],
};

const uefiPower: BootStep = {
  title: 'Power.',
  text: 'The CPU wakes in the same 16-bit mode at the same fixed address. But UEFI leaves that mode at once: when it begins to look for drives, the CPU has long been in 64-bit mode.',
  lit: ['mode-16', 'mode-64', 'in-firmware'],
};

/** From the loader proper to `kmain`: a CD and a stick are the same from here on. */
const biosRest: readonly BootStep[] = [
  {
    title: 'The loader proper.',
    text: 'Now there is room for a program that understands file systems. It looks for limine-bios.sys by name, loads it and goes on there. For each read from the disc it drops back to 16-bit mode, as that is where the BIOS can be called.',
    lit: ['bios-sys', 'mode-16', 'mode-32', 'in-firmware', 'in-loader'],
  },
  {
    title: 'Your configuration.',
    text: 'It finds limine.conf, shows the menu and counts to three.',
    lit: ['conf', 'mode-32', 'in-loader'],
  },
  {
    title: 'Your kernel.',
    text: 'It reads kernel.elf, copies the segments to memory, asks the video card’s BIOS for a mode, finds your notes and answers them.',
    lit: ['kernel', 'mode-16', 'mode-32', 'in-loader', 'in-kernel', 'in-screen'],
  },
  {
    title: 'The jump.',
    text: 'Page tables on, 64-bit mode on, and on to the address that ENTRY(kmain) put into the file. From here every instruction is yours.',
    lit: ['mode-64', 'in-kernel', 'in-screen'],
  },
];

const uefiRest: readonly BootStep[] = [
  {
    title: 'A disc in the disc.',
    text: 'Those bytes are a small FAT file system. The firmware can read it, looks for the file \\EFI\\BOOT\\BOOTX64.EFI in there, and starts it like a program. It is Limine.',
    lit: ['uefi-cd', 'mode-64', 'in-firmware', 'in-loader'],
  },
  {
    title: 'Your configuration.',
    text: 'Limine looks at the volume it came from, then at the whole drive, finds limine.conf, shows the menu and counts to three. The firmware reads the disc for it.',
    lit: ['conf', 'mode-64', 'in-firmware', 'in-loader'],
  },
  {
    title: 'Your kernel.',
    text: 'It reads kernel.elf, copies the segments to memory, gets a framebuffer from the firmware, finds your notes and answers them.',
    lit: ['kernel', 'mode-64', 'in-firmware', 'in-loader', 'in-kernel', 'in-screen'],
  },
  {
    title: 'The jump.',
    text: 'Limine tells the firmware that it is no longer needed, puts its own page tables in place and jumps to kmain. Unless it asks, your kernel cannot tell by which road it came.',
    lit: ['mode-64', 'in-kernel', 'in-screen'],
  },
];

/** What happens in which order when the finished disc is booted, with the real Limine on it. */
export const bootPaths: readonly BootPath[] = [
  {
    id: 'bios',
    name: 'BIOS, CD',
    steps: [
      biosPower,
      {
        title: 'Is this disc bootable?',
        text: 'The BIOS reads sector 17 of the CD. A boot record stands there, and in it one number: the sector of the boot catalogue.',
        lit: ['descriptors', 'mode-16', 'in-firmware'],
      },
      {
        title: 'Four times 512 bytes.',
        text: 'The catalogue has an entry for the BIOS: load this much from that sector. The first 2,048 bytes of limine-bios-cd.bin land at address 0x7C00, and the BIOS jumps there.',
        lit: ['catalogue', 'bios-cd', 'mode-16', 'in-firmware', 'in-loader'],
      },
      {
        title: 'The beginning fetches the rest.',
        text: 'These few instructions find the rest of their own file by the boot info table that xorriso wrote into it, load it with the BIOS’s help, and switch the CPU to 32-bit mode.',
        lit: ['bios-cd', 'mode-16', 'mode-32', 'in-loader'],
      },
      ...biosRest,
    ],
  },
  {
    id: 'bios-stick',
    name: 'BIOS, stick',
    steps: [
      biosPower,
      {
        title: 'Is this disk bootable?',
        text: 'To a BIOS a stick is a hard disk. It loads the first 512 bytes to address 0x7C00, looks whether the last two of them are 55 AA, and jumps to the first. No catalogue, no file system.',
        lit: ['table', 'mode-16', 'in-firmware', 'in-loader'],
      },
      {
        title: 'Code from bios-install.',
        text: 'What runs now is what bios-install has written in front of the partition table, less than 446 bytes. It loads the next part of the loader from the place that bios-install told it, and that part switches to 32-bit mode.',
        lit: ['table', 'mode-16', 'mode-32', 'in-loader'],
      },
      ...biosRest,
    ],
  },
  {
    id: 'uefi',
    name: 'UEFI, CD',
    steps: [
      uefiPower,
      {
        title: 'Where is the EFI image?',
        text: 'UEFI reads the boot record in sector 17, as a BIOS does, and goes on to the boot catalogue. There it takes the second entry, the one marked EF. It points at limine-uefi-cd.bin.',
        lit: ['descriptors', 'catalogue', 'uefi-cd', 'mode-64', 'in-firmware'],
      },
      ...uefiRest,
    ],
  },
  {
    id: 'uefi-stick',
    name: 'UEFI, stick',
    steps: [
      uefiPower,
      {
        title: 'Where is the EFI partition?',
        text: 'On a stick UEFI reads the partition table (GPT), which begins at byte 512, and finds an EFI partition. It covers the very bytes that the CD’s catalogue points at: limine-uefi-cd.bin.',
        lit: ['table', 'uefi-cd', 'mode-64', 'in-firmware'],
      },
      ...uefiRest,
    ],
  },
];
