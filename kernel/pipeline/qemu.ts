import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../tools/errors.ts';
import { cache } from '../../tools/paths.ts';

/** What the ISO is to the guest: a CD, a hard disk, or a USB stick. */
export type Medium = 'cd' | 'disk' | 'usb';

/** The guest's firmware: SeaBIOS, OVMF, or OVMF with Secure Boot on and Microsoft's keys. */
export type GuestFirmware = 'bios' | 'uefi' | 'secure-boot';

export interface QemuOptions {
  /** Path of the ISO. */
  iso: string;
  /** Default: a CD. What the guest writes to a disk or stick is thrown away. */
  medium?: Medium;
  /** Default: a BIOS. */
  firmware?: GuestFirmware;
  /** Keeps book of every exception, for {@link Qemu.exceptions}. */
  exceptions?: boolean;
  /** Guest memory, as QEMU's `-m` takes it. */
  memory?: string;
  /** CPU model, as `-cpu` takes it. */
  cpu?: string;
  /** Graphics card, as `-vga` takes it; `none` is a machine without any. */
  vga?: string;
  /** The sector of 512 bytes, of a disk, whose first read is held back: {@link Qemu.waitUntilHeld}. */
  holdReadOf?: number;
  /** Further arguments of QEMU. */
  extra?: readonly string[];
  /** Milliseconds of real time that every wait may take; UEFI, which takes longer to start, has more by default. */
  timeLimit?: number;
}

/** Registers of the CPU, by lowercase names: `rip`, `rax`, `rflags`, `cr0`, `efer` … */
export interface CpuState {
  registers: Map<string, bigint>;
  /** Selectors of `cs`, `ss`, `ds`, `es`, `fs`, `gs`, `ldt`, `tr`. */
  selectors: Map<string, number>;
  /** Base and limit of the descriptor tables. */
  gdt: { base: bigint; limit: number };
  idt: { base: bigint; limit: number };
  /** The CPU executed `hlt` and waits for an interrupt. */
  halted: boolean;
  longMode: boolean;
  /** QEMU's own words, for error messages. */
  text: string;
}

/** A picture of the screen, as a monitor would show it: 3 bytes per pixel, red, green, blue, no padding. */
export interface ScreenDump {
  width: number;
  height: number;
  rgb: Uint8Array;
}

/** The mode that the graphics card is in, from its own registers. */
export interface VideoMode {
  width: number;
  height: number;
  bitsPerPixel: number;
  /** Bytes from one row to the next. */
  pitch: number;
  /** Physical address of the first pixel. */
  address: bigint;
}

/** The guest reset itself: a triple fault, as a rule. The machine is kept as it was, so it can still be looked at. */
export class GuestResetError extends Error {
  readonly tripleFault: boolean;

  constructor(tripleFault: boolean, details: string) {
    super(`${tripleFault ? 'The guest had a triple fault' : 'The guest reset itself'}.\n${details}`);
    this.name = 'GuestResetError';
    this.tripleFault = tripleFault;
  }
}

interface QmpMessage {
  return?: unknown;
  error?: { class: string; desc: string };
  event?: string;
  data?: unknown;
}

interface PciDevice {
  class_info: { class: number };
  regions: { bar: number; type: string; address: number }[];
}

/** Display controllers have this number in the upper byte of their PCI class. */
const pciDisplayClass = 0x03;

/** The state of a machine that QEMU keeps: its name, and the block device it is in. */
const rememberedState = { tag: 'remembered', vmstate: 'state' } as const;

/** Index and data port of the Bochs VBE interface, which QEMU's standard card has, and the registers behind them. */
const vbe = { index: 0x1ce, data: 0x1cf, width: 1, height: 2, bitsPerPixel: 3, enable: 4, virtualWidth: 6 } as const;

/** Bit 9 of RFLAGS: the CPU takes interrupts. */
const interruptFlag = 1n << 9n;

/** How QEMU is told to boot an ISO as each medium. */
const drives: Record<Medium, (iso: string) => string[]> = {
  cd: (iso) => ['-drive', `file=${iso},format=raw,if=none,id=medium,readonly=on`, ...drive('ide-cd')],
  disk: (image) => ['-drive', `file=${image},format=raw,if=none,id=medium`, ...drive('ide-hd')],
  usb: (image) => [
    ...['-drive', `file=${image},format=raw,if=none,id=medium`, '-device', 'qemu-xhci'],
    ...drive('usb-storage'),
  ],
};

/** A disk that fails to read one sector, once; the machine then stops, and reads it again when it goes on. */
function holdingDrive(image: string, sector: number): string[] {
  const failure = { event: 'none', iotype: 'read', sector, once: true };
  const file = { driver: 'blkdebug', image: { driver: 'file', filename: image }, 'inject-error': [failure] };
  const [option, device] = drive('ide-hd');
  const backend = JSON.stringify({ driver: 'raw', 'node-name': 'medium', file });
  return ['-blockdev', backend, option, `${device},rerror=stop`];
}

/** Bytes; SeaBIOS reads no stick with less than a cylinder of 16 × 63 sectors. */
const diskSize = 64 << 20;

const drive = (device: string): [string, string] => ['-device', `${device},drive=medium,bootindex=0`];

/** Where Debian's package ovmf puts UEFI for virtual machines: in one piece, and with its variables apart. */
const ovmf = '/usr/share/ovmf';
const ovmfFlash = '/usr/share/OVMF';

/** Flash memory with the firmware's code and its variables; what it writes is thrown away. */
const flash = (code: string, variables: string): string[] => [
  ...['-drive', `if=pflash,unit=0,format=raw,readonly=on,file=${ovmfFlash}/${code}`],
  ...['-drive', `if=pflash,unit=1,format=raw,snapshot=on,file=${ovmfFlash}/${variables}`],
];

const firmwares: Record<GuestFirmware, () => string[]> = {
  bios: () => [],
  // As a ROM, with its variables in memory: writing them to flash would take a fifth of the time to boot.
  uefi: () => ['-bios', romWithoutTpm()],
  // Only code in system management mode may write to the variables, which are locked away from all other.
  'secure-boot': () => [
    ...['-machine', 'q35,smm=on', '-global', 'driver=cfi.pflash01,property=secure,value=on'],
    ...flash('OVMF_CODE_4M.ms.fd', 'OVMF_VARS_4M.ms.fd'),
  ],
};

/** A ROM ends at 4 GiB. */
const romEnd = 0x1_0000_0000;

/** Where a TPM's registers are. */
const tpm = 0xfed4_0000;

/**
 * OVMF as a ROM that begins where a TPM would. QEMU's memory reads as 0 where nothing is, which OVMF takes for a TPM whose
 * answer it awaits for 1.7 s, half of its time. It knows that there is none by bytes of 0xFF, as on a PC.
 */
function romWithoutTpm(): string {
  const original = `${ovmf}/OVMF.fd`;
  const { size, mtimeMs } = statSync(original, { throwIfNoEntry: false }) ?? missing(original);
  const rom = `${cache}/ovmf-${mtimeMs}.rom`;
  if (!existsSync(rom)) {
    const unfinished = `${rom}.${process.pid}`;
    const bytes = Buffer.alloc(romEnd - tpm, 0xff);
    readFileSync(original).copy(bytes, bytes.length - size);
    mkdirSync(cache, { recursive: true });
    writeFileSync(unfinished, bytes);
    renameSync(unfinished, rom);
  }
  return rom;
}

function missing(file: string): never {
  throw new UserError(
    `QEMU's UEFI firmware is not installed: there is no ${file}.`,
    'Run ./onko test: it installs it.',
  );
}

/** Boots an ISO, lets `use` look at the machine, and ends QEMU whatever happens. */
export async function withQemu<T>(options: QemuOptions, use: (machine: Qemu) => Promise<T>): Promise<T> {
  const machine = new Qemu(options);
  try {
    await machine.ready();
    return await use(machine);
  } finally {
    await machine.end();
  }
}

/** A running QEMU, talked to by its machine protocol (QMP) over standard input and output. Made by {@link withQemu}. */
export class Qemu {
  readonly #timeLimit: number;
  readonly #folder: string;
  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #ended: Promise<void>;
  /** Who waits for the answers to the commands sent, in their order. */
  readonly #waiting: { resolve: (value: unknown) => void; reject: (error: Error) => void }[] = [];
  readonly #greeting: Promise<void>;
  #errors = '';
  #running = true;
  #reset = false;
  /** How much of each file is older than the guest's being put back, in bytes. */
  #old = { serial: 0, debug: 0, log: 0 };

  constructor(options: QemuOptions) {
    const { iso, medium = 'cd', firmware = 'bios' } = options;
    this.#timeLimit = options.timeLimit ?? (firmware === 'bios' ? 30_000 : 120_000);
    this.#folder = mkdtempSync(`${tmpdir()}/onko-qemu-`);
    const args = [
      ...['-nodefaults', '-display', 'none', '-vga', options.vga ?? 'std'],
      ...['-accel', 'tcg', '-cpu', options.cpu ?? 'qemu64', '-m', options.memory ?? '256M'],
      ...this.#drive(iso, medium, options.holdReadOf),
      ...firmwares[firmware](),
      ...['-serial', `file:${this.#folder}/serial`, '-debugcon', `file:${this.#folder}/debug`],
      // A triple fault stops the machine as it stands, and the log tells it from a reset that was asked for.
      ...['-no-reboot', '-no-shutdown', '-d', options.exceptions ? 'int,cpu_reset' : 'cpu_reset'],
      ...['-D', `${this.#folder}/log`],
      ...['-qmp', 'stdio', ...(options.extra ?? [])],
    ];
    this.#process = spawn('qemu-system-x86_64', args, { stdio: ['pipe', 'pipe', 'pipe'] });
    process.once('exit', this.#kill);
    this.#process.stdin.on('error', () => {}); // QEMU is gone: the 'close' event says why
    this.#process.stderr.setEncoding('utf8').on('data', (text: string) => (this.#errors += text));

    let greet = () => {};
    this.#greeting = new Promise((resolve) => (greet = resolve));
    createInterface({ input: this.#process.stdout }).on('line', (line) => this.#receive(line, greet));
    this.#ended = new Promise((done) => {
      const finish = (error: Error) => {
        this.#running = false;
        for (const { reject } of this.#waiting.splice(0)) reject(error);
        greet();
        done();
      };
      this.#process.once('error', () =>
        finish(new UserError('The program qemu-system-x86_64 is not installed.', 'Run ./onko test: it installs it.')),
      );
      this.#process.once('close', (status, signal) =>
        finish(new Error(`QEMU ended (${signal ?? `exit status ${status}`}); it said:\n${this.#errors}`)),
      );
    });
  }

  #drive(iso: string, medium: Medium, holdReadOf: number | undefined): string[] {
    if (medium === 'cd') return drives.cd(iso);
    // A disk has a copy of the ISO at its beginning: disks are larger than what people write to them.
    const image = `${this.#folder}/disk`;
    copyFileSync(iso, image);
    truncateSync(image, Math.max(diskSize, statSync(image).size));
    return holdReadOf === undefined ? drives[medium](image) : holdingDrive(image, holdReadOf);
  }

  readonly #kill = (): void => void this.#process.kill('SIGKILL');

  #receive(line: string, greet: () => void): void {
    const message = JSON.parse(line) as QmpMessage & { QMP?: unknown };
    if (message.QMP !== undefined) greet();
    else if (message.event === 'SHUTDOWN') this.#reset = true;
    else if (message.error !== undefined) this.#waiting.shift()?.reject(new Error(`QEMU: ${message.error.desc}`));
    else if ('return' in message) this.#waiting.shift()?.resolve(message.return);
  }

  /** Resolves once QEMU takes commands; the guest runs by then. */
  async ready(): Promise<void> {
    await this.#greeting;
    await this.#execute('qmp_capabilities');
  }

  /** Ends QEMU and removes its files. */
  async end(): Promise<void> {
    process.off('exit', this.#kill);
    this.#kill();
    await this.#ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #execute(command: string, argumentsOfIt: Record<string, unknown> = {}): Promise<unknown> {
    return this.#send(JSON.stringify({ execute: command, arguments: argumentsOfIt }));
  }

  #send(request: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (!this.#running) {
        reject(new Error(`QEMU is not running; it said:\n${this.#errors}`));
        return;
      }
      this.#waiting.push({ resolve, reject });
      this.#process.stdin.write(`${request}\n`);
    });
  }

  /** A command of QEMU's monitor for people, for what the machine protocol lacks. */
  async #monitor(command: string): Promise<string> {
    return (await this.#execute('human-monitor-command', { 'command-line': command })) as string;
  }

  #bytes(name: 'serial' | 'debug' | 'log'): Buffer {
    try {
      return readFileSync(`${this.#folder}/${name}`);
    } catch {
      return Buffer.alloc(0);
    }
  }

  #text(name: 'serial' | 'debug' | 'log'): string {
    return this.#bytes(name).toString('latin1', this.#old[name]);
  }

  /** Everything that the guest has sent to COM1, since it was put back if it was. */
  serial(): string {
    return this.#text('serial');
  }

  /** Everything that the guest has written to port 0xE9, since it was put back if it was. */
  debug(): string {
    return this.#text('debug');
  }

  /** Waits until the guest wants the sector of `holdReadOf`. The machine then stands still, and the sector is unread. */
  async waitUntilHeld(): Promise<void> {
    await this.#wait('a read of the sector', async () => {
      const { status } = (await this.#execute('query-status')) as { status: string };
      return status === 'io-error' || undefined;
    });
  }

  /** Remembers the machine as it stands, without its disk, for {@link putBack}. */
  async remember(): Promise<void> {
    const filename = `${this.#folder}/state`;
    const format = { driver: 'qcow2', file: 'state-file' };
    await this.#job('blockdev-create', { options: { driver: 'file', filename, size: 0 } });
    await this.#execute('blockdev-add', { driver: 'file', 'node-name': 'state-file', filename });
    await this.#job('blockdev-create', { options: { ...format, size: 1 << 20 } });
    await this.#execute('blockdev-add', { ...format, 'node-name': 'state' });
    await this.#job('snapshot-save', { ...rememberedState, devices: [rememberedState.vmstate] });
  }

  /** Makes the machine what it was when {@link remember} was called; the disk stays as it is. It stands still until {@link resume}. */
  async putBack(): Promise<void> {
    await this.#execute('stop');
    if (this.#reset) {
      // Only after a reset, which is forbidden to the guest, may a machine go on that stopped for one.
      await this.#execute('set-action', { reboot: 'reset' });
      await this.#execute('system_reset');
      await this.#execute('set-action', { reboot: 'shutdown' });
    }
    await this.#job('snapshot-load', { ...rememberedState, devices: [rememberedState.vmstate] });
    this.#reset = false;
    for (const name of ['serial', 'debug', 'log'] as const) this.#old[name] = this.#bytes(name).length;
  }

  /** Lets a machine go on that stands still. */
  async resume(): Promise<void> {
    await this.#execute('cont');
  }

  /** Changes bytes of the disk behind the guest's back. */
  changeDisk(offset: number, bytes: Uint8Array): void {
    const disk = openSync(`${this.#folder}/disk`, 'r+');
    writeSync(disk, bytes, 0, bytes.length, offset);
    closeSync(disk);
  }

  /** Runs one of QEMU's jobs to its end. */
  async #job(command: string, argumentsOfIt: Record<string, unknown>): Promise<void> {
    const id = 'onko';
    await this.#execute(command, { 'job-id': id, ...argumentsOfIt });
    await this.#wait(command, async () => {
      const jobs = (await this.#execute('query-jobs')) as { id: string; status: string; error?: string }[];
      const job = jobs.find((each) => each.id === id);
      if (job?.error !== undefined) throw new Error(`QEMU: ${command}: ${job.error}`);
      return job?.status === 'concluded' || undefined;
    });
    await this.#execute('job-dismiss', { id });
  }

  /**
   * Waits until the CPU halts with interrupts off, that is, for good.
   * Rejects with a {@link GuestResetError} when the guest resets, and after the time limit with the machine's state.
   */
  waitUntilHalted(): Promise<CpuState> {
    return this.#wait('the CPU to halt for good', async () => {
      const cpu = await this.cpu();
      return cpu.halted && ((cpu.registers.get('rflags') ?? 0n) & interruptFlag) === 0n ? cpu : undefined;
    });
  }

  /** Waits until COM1 (`serial`) or port 0xE9 (`debug`) has this text. Rejects like {@link waitUntilHalted}. */
  async waitForText(where: 'serial' | 'debug', text: string): Promise<void> {
    await this.#wait(`"${text}" on ${where}`, () => Promise.resolve(this[where]().includes(text) || undefined));
  }

  /** Whether the guest has reset itself. The machine is kept as it was then. */
  get hasReset(): boolean {
    return this.#reset;
  }

  /** The exceptions behind a triple fault, the first one first; needs the option `exceptions`. */
  exceptions(): CpuException[] {
    return parseExceptions(this.#text('log'));
  }

  /** How long QEMU's busiest thread has been running and, ready to run, waiting for its turn, in seconds. Linux only. */
  cpuTimes(): { running: number; waiting: number } {
    const threads = readdirSync(`/proc/${this.#process.pid}/task`);
    const times = threads.map((thread) => {
      const [running = 0, waiting = 0] = readFileSync(`/proc/${this.#process.pid}/task/${thread}/schedstat`, 'latin1')
        .split(' ')
        .map(Number);
      return { running: running / 1e9, waiting: waiting / 1e9 };
    });
    return times.reduce((most, each) => (each.running > most.running ? each : most));
  }

  /** The rows of the text screen, 80 × 25 cells of character and attribute at 0xB8000, without blanks at their ends. */
  async textScreen(): Promise<string[]> {
    const cells = await this.readPhysical(0xb8000n, 80 * 25 * 2);
    return Array.from({ length: 25 }, (_, row) =>
      Array.from({ length: 80 }, (_, column) => String.fromCharCode(cells[(row * 80 + column) * 2] ?? 0))
        .join('')
        .replace(/[\0 ]+$/, ''),
    );
  }

  async #wait<T>(what: string, check: () => Promise<T | undefined>): Promise<T> {
    const deadline = Date.now() + this.#timeLimit;
    for (;;) {
      const result = await check();
      if (result !== undefined) return result;
      if (this.#reset) throw new GuestResetError(this.#text('log').includes('Triple fault'), await this.#describe());
      if (Date.now() > deadline) {
        throw new Error(`Waited ${this.#timeLimit / 1000} s for ${what}.\n${await this.#describe()}`);
      }
      await sleep(20);
    }
  }

  async #describe(): Promise<string> {
    return `Serial port:\n${this.serial()}\nPort 0xE9:\n${this.debug()}\nCPU:\n${(await this.cpu()).text}`;
  }

  async cpu(): Promise<CpuState> {
    return parseCpu(await this.#monitor('info registers'));
  }

  /** Bytes of guest-physical memory, video memory included. */
  readPhysical(address: bigint, length: number): Promise<Uint8Array> {
    return this.#save('pmemsave', address, length);
  }

  /** Bytes as the CPU sees them through its page tables. Rejects where nothing is mapped. */
  readLinear(address: bigint, length: number): Promise<Uint8Array> {
    return this.#save('memsave', address, length);
  }

  async #save(command: 'memsave' | 'pmemsave', address: bigint, length: number): Promise<Uint8Array> {
    const filename = `${this.#folder}/${command}`;
    // JSON.stringify knows no BigInt, and a Number would round a higher-half address: the digits are put in by hand.
    // QMP reads addresses as signed 64-bit numbers.
    const request = { execute: command, arguments: { val: '@', size: length, filename } };
    await this.#send(JSON.stringify(request).replace('"@"', BigInt.asIntN(64, address).toString()));
    return readFileSync(filename);
  }

  /** What a monitor would show. */
  async screenDump(): Promise<ScreenDump> {
    const filename = `${this.#folder}/screen`;
    await this.#execute('screendump', { filename });
    return parsePpm(readFileSync(filename));
  }

  /** The mode of the standard graphics card, or `undefined` while it shows text or there is no such card. */
  async videoMode(): Promise<VideoMode | undefined> {
    const buses = (await this.#execute('query-pci')) as { devices: PciDevice[] }[];
    const card = buses
      .flatMap(({ devices }) => devices)
      .find(({ class_info }) => class_info.class >> 8 === pciDisplayClass);
    const memory = card?.regions.find(({ bar, type }) => bar === 0 && type === 'memory');
    if (memory === undefined || ((await this.#readVbe(vbe.enable)) & 1) === 0) return undefined;
    const bitsPerPixel = await this.#readVbe(vbe.bitsPerPixel);
    return {
      width: await this.#readVbe(vbe.width),
      height: await this.#readVbe(vbe.height),
      bitsPerPixel,
      pitch: ((await this.#readVbe(vbe.virtualWidth)) * bitsPerPixel) / 8,
      address: BigInt(memory.address),
    };
  }

  async #readVbe(register: number): Promise<number> {
    await this.#monitor(`o/h ${vbe.index} ${register}`);
    const answer = await this.#monitor(`i/xh ${vbe.data}`);
    const [, value] = /= (0x[0-9a-f]+)/.exec(answer) ?? [];
    if (value === undefined) throw new Error(`QEMU's answer to a port read is not understood: ${answer}`);
    return Number(value);
  }

  /** Presses and releases keys together, by QEMU's names: `ret`, `up`, `a`, `esc` … */
  async pressKeys(...keys: string[]): Promise<void> {
    await this.#execute('send-key', { keys: keys.map((data) => ({ type: 'qcode', data })) });
  }
}

/** Reads what `info registers` prints for an x86-64 CPU. */
export function parseCpu(text: string): CpuState {
  const registers = new Map<string, bigint>();
  for (const [, name = '', value = ''] of text.matchAll(/\b(R[A-Z0-9]{1,2}|CR\d|DR\d|EFER|E[A-Z]{2}) ?=([0-9a-f]+)/g)) {
    // While the CPU is not in 64-bit mode QEMU calls them EAX, EIP …; here they have one name.
    registers.set(name.replace(/^E(?=[A-Z]{2}$)/, 'R').toLowerCase(), BigInt(`0x${value}`));
  }
  const flags = registers.get('rfl');
  if (flags !== undefined) registers.set('rflags', flags);
  registers.delete('rfl');

  const selectors = new Map<string, number>();
  for (const [, name = '', value = ''] of text.matchAll(/^([CSDEFG]S|LDT|TR) ?=([0-9a-f]{4}) /gm)) {
    selectors.set(name.toLowerCase(), parseInt(value, 16));
  }
  const table = (name: string) => {
    const [, base = '0', limit = '0'] = new RegExp(`^${name}= +([0-9a-f]+) ([0-9a-f]+)`, 'm').exec(text) ?? [];
    return { base: BigInt(`0x${base}`), limit: parseInt(limit, 16) };
  };
  const longModeActive = 1n << 10n;
  return {
    registers,
    selectors,
    gdt: table('GDT'),
    idt: table('IDT'),
    halted: /\bHLT=1\b/.test(text),
    longMode: ((registers.get('efer') ?? 0n) & longModeActive) !== 0n,
    text,
  };
}

/** One exception on the way to a triple fault. */
export interface CpuException {
  vector: number;
  errorCode: number;
  rip: bigint;
  /** The address that a page fault was about. */
  cr2: bigint;
}

/**
 * Reads from QEMU's log (`-d int`) which exceptions ended in a triple fault; none where there was no such fault. They all
 * belong to the same instruction.
 */
export function parseExceptions(log: string): CpuException[] {
  const end = log.lastIndexOf('Triple fault');
  if (end < 0) return [];
  const pattern = / v=([0-9a-f]+) e=([0-9a-f]+) .*\bpc=([0-9a-f]+) .*?(?:CR2=([0-9a-f]+))?$/gm;
  const all = [...log.slice(0, end).matchAll(pattern)].map(([, vector = '', error = '', rip = '', cr2 = '0']) => ({
    vector: parseInt(vector, 16),
    errorCode: parseInt(error, 16),
    rip: BigInt(`0x${rip}`),
    cr2: BigInt(`0x${cr2}`),
  }));
  const first = all.findLastIndex(({ rip }) => rip !== all.at(-1)?.rip) + 1;
  return all.slice(first);
}

/** Reads a binary PPM picture (magic number P6, 8 bits per channel). */
export function parsePpm(file: Uint8Array): ScreenDump {
  const [header, width, height] =
    /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(Buffer.from(file.subarray(0, 64)).toString('latin1')) ?? [];
  if (header === undefined) throw new Error('The screen dump is not a binary PPM picture with 8 bits per channel.');
  const rgb = file.subarray(header.length);
  if (rgb.length !== Number(width) * Number(height) * 3) throw new Error('The screen dump is cut off.');
  return { width: Number(width), height: Number(height), rgb };
}
