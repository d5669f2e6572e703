# From the BIOS's jump to 0x7c00 to Rust in long mode, and back to real mode for BIOS calls.
#
# Addresses that Rust knows as well are in src/layout.rs.

.set PAGE_TABLES,   0x60000     # four-level tables that map the first 4 GiB one to one
.set STACK_TOP,     0x60000
.set REAL_STACK,    0x7c00
.set BLOCKS_AT_ONCE, 16         # 32 KiB: half a segment, which every BIOS manages
.set EFER,          0xc0000080
.set EFER_LME,      8           # bit number: long mode enable
.set CR4_PAE,       0x20
.set CR0_PG_PE,     0x80000001

.section .boot, "awx", @progbits
.code16

.globl _start
_start:
    cli
    ljmpw $0, $real_start
    .org 8
# The boot information table that xorriso -boot-info-table writes.
volume_descriptor_lba:  .long 0
image_lba:              .long 0
image_length:           .long 0
image_checksum:         .long 0
    .org 64

real_start:
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw $REAL_STACK, %sp
    cld
    sti
    movb %dl, boot_drive
    call start_com1

    movw $no_boot_info_table, %si
    movl image_lba, %eax
    testl %eax, %eax
    jz refuse
    jmp load_rest

# COM1: 115200 baud, 8 data bits, no parity, 1 stop bit, FIFOs on.
start_com1:
    movw $com1_setup, %si
1:  lodsw
    testb %al, %al
    jz 2f
    movzbw %al, %dx
    addw $0x300, %dx
    movb %ah, %al
    outb %al, %dx
    jmp 1b
2:  ret

# Writes the text at SI to the screen, COM1 and port 0xE9, and stops for ever.
refuse:
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    pushw %si
    movw $0x0003, %ax
    int $0x10
    popw %si
1:  lodsb
    testb %al, %al
    jz 3f
    outb %al, $0xe9
    pushw %ax
    movw $0x3fd, %dx
    movw $0xffff, %cx
2:  inb %dx, %al
    testb $0x20, %al
    loopz 2b
    popw %ax
    pushw %ax
    movw $0x3f8, %dx
    outb %al, %dx
    popw %ax
    movb $0x0e, %ah
    movw $7, %bx
    int $0x10
    jmp 1b
3:  cli
    hlt
    jmp 3b

com1_setup:
    .byte 0xf9, 0x00, 0xfb, 0x80, 0xf8, 0x01, 0xf9, 0x00, 0xfb, 0x03, 0xfa, 0x07, 0xfc, 0x03, 0
no_boot_info_table:
    .asciz "Onko loader\r\nCannot boot: the boot image does not know where it lies; expected an ISO made with xorriso's option -boot-info-table.\r\n"

# region load-rest
# Loads the blocks behind the first one right behind it in memory. On a CD the BIOS counts in blocks, on a disk in sectors.
load_rest:
    incl %eax
    movzbl sectors_per_block, %ecx
    mull %ecx
    movl %eax, packet_lba
    movw $image_blocks - 1, %cx
    movw $((REAL_STACK + 2048) / 16), %bx
load_more:
    testw %cx, %cx
    jz loaded
    movw $BLOCKS_AT_ONCE, %ax
    cmpw %ax, %cx
    ja 1f
    movw %cx, %ax
1:  movw %ax, %di
    mulb sectors_per_block
    movw %ax, packet_count
    movw %bx, packet_segment
    pushal
    movb $0x42, %ah
    movb boot_drive, %dl
    movw $packet, %si
    int $0x13
    popal
    movw $unreadable, %si
    jc refuse
    cmpw packet_count, %ax      # some BIOSes call a read beyond the disc's end a success
    jne refuse
    movzwl %ax, %eax
    addl %eax, packet_lba
    subw %di, %cx
    shlw $7, %di                # blocks of 2048 bytes to paragraphs of 16
    addw %di, %bx
    jmp load_more
loaded:
# endregion load-rest

# region ask-long-mode
# Long mode or not? CPUID is there when bit 21 of EFLAGS can be changed.
    movw $no_long_mode, %si
    pushfl
    popl %eax
    movl %eax, %ecx
    xorl $0x200000, %eax
    pushl %eax
    popfl
    pushfl
    popl %eax
    cmpl %ecx, %eax
    je refuse
    movl $0x80000000, %eax
    cpuid
    movw $no_long_mode, %si
    cmpl $0x80000001, %eax
    jb refuse
    movl $0x80000001, %eax
    cpuid
    movw $no_long_mode, %si
    btl $29, %edx
    jnc refuse
# endregion ask-long-mode

# region a20
# Address line 20: ask the BIOS, then the system control port, then the keyboard controller.
    call a20_is_open
    je a20_open
    movw $0x2401, %ax
    int $0x15
    call a20_is_open
    je a20_open
    inb $0x92, %al
    orb $2, %al
    andb $0xfe, %al
    outb %al, $0x92
    call a20_is_open
    je a20_open
    call keyboard_ready
    movb $0xd1, %al
    outb %al, $0x64
    call keyboard_ready
    movb $0xdf, %al
    outb %al, $0x60
    call keyboard_ready
    call a20_is_open
    je a20_open
    movw $no_a20, %si
    jmp refuse
a20_open:
# endregion a20

# region page-tables
# Page tables: one top-level table, one of 1 GiB steps, four of 2 MiB pages.
    movw $(PAGE_TABLES / 16), %ax
    movw %ax, %es
    xorw %di, %di
    xorl %eax, %eax
    movl $(6 * 4096 / 4), %ecx
    rep stosl
    movl $(PAGE_TABLES + 0x1003), %eax
    movl %eax, %es:0
    movw $0x1000, %di
    movw $4, %cx
1:  addl $0x1000, %eax
    movl %eax, %es:(%di)
    addw $8, %di
    loop 1b
    movl $0x83, %eax
    movw $0x2000, %di
    movw $2048, %cx
1:  movl %eax, %es:(%di)
    addl $0x200000, %eax
    addw $8, %di
    loop 1b
# endregion page-tables

    cli
    movl $long_start, enter_long_mode_target
    jmp enter_long_mode

# region enter-long-mode
# Switches from real mode to 64-bit code at the address in enter_long_mode_target. Interrupts are off.
enter_long_mode:
    lgdtl global_descriptors_pointer
    movl $CR4_PAE, %eax
    movl %eax, %cr4
    movl $PAGE_TABLES, %eax
    movl %eax, %cr3
    movl $EFER, %ecx
    rdmsr
    btsl $EFER_LME, %eax
    wrmsr
    movl %cr0, %eax
    orl $CR0_PG_PE, %eax
    movl %eax, %cr0
    ljmpl *enter_long_mode_target
# endregion enter-long-mode

# Zero flag set when address line 20 is open: then 0x100000 more is another byte.
a20_is_open:
    pushw %ds
    movw $0xffff, %ax
    movw %ax, %fs
    movb $0x55, a20_probe
    movb $0xaa, %fs:a20_probe + 0x10
    cmpb $0x55, a20_probe
    popw %ds
    ret

keyboard_ready:
    movw $0xffff, %cx
1:  inb $0x64, %al
    testb $2, %al
    loopnz 1b
    ret

.balign 4
enter_long_mode_target:
    .long 0
    .word 0x28
packet:
    .byte 16, 0
packet_count:   .word 0
                .word 0
packet_segment: .word 0
packet_lba:     .quad 0
a20_probe:
    .byte 0
.globl boot_drive
boot_drive:
    .byte 0
# What the BIOS counts in: 1 on a CD, 4 on a disk with sectors of 512 bytes.
.globl sectors_per_block
sectors_per_block:
    .byte 1

unreadable:
    .asciz "Onko loader\r\nCannot boot: the BIOS cannot read the rest of the loader from the boot medium.\r\n"
no_long_mode:
    .asciz "Onko loader\r\nCannot boot: this CPU has no 64-bit long mode (CPUID 0x80000001, EDX bit 29), expected an x86-64 CPU.\r\n"
no_a20:
    .asciz "Onko loader\r\nCannot boot: address line 20 stays closed, so memory above 1 MiB cannot be used.\r\n"

# The boot sector of a disk or stick with the ISO on it: kernel/pipeline/bios-install.ts copies these 440 bytes in front of
# the partition table, and fills in where this image begins. It loads the image's first block as a BIOS does from a CD.
    .org 0x600
.set BOOT_SECTOR_AT, 0x600      # where it goes in memory, out of the way of the block

boot_sector:
    jmp boot_sector_start
    .org boot_sector + 0x5a     # BIOSes that take a stick for a floppy disk write up to here
boot_sector_start:
    cli
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw $REAL_STACK, %sp
    sti
    cld
    movw $REAL_STACK, %si
    movw $BOOT_SECTOR_AT, %di
    movw $256, %cx
    rep movsw
    ljmpw $0, $(1f - boot_sector + BOOT_SECTOR_AT)
1:  testb $0x80, %dl            # a BIOS that forgets to say which drive: the first disk
    jnz 2f
    movb $0x80, %dl
2:  pushw %dx
    movb $0x41, %ah
    movw $0x55aa, %bx
    int $0x13
    popw %dx
    movw $(no_block_numbers - boot_sector + BOOT_SECTOR_AT), %si
    jc boot_sector_refuse
    cmpw $0xaa55, %bx
    jne boot_sector_refuse
    movb $0x42, %ah
    movw $(first_block - boot_sector + BOOT_SECTOR_AT), %si
    pushw %dx
    int $0x13
    popw %dx
    movw $(no_first_block - boot_sector + BOOT_SECTOR_AT), %si
    jc boot_sector_refuse
    movl boot_sector_name, %eax
    cmpl (boot_sector_name - boot_sector + BOOT_SECTOR_AT), %eax
    movw $(no_loader - boot_sector + BOOT_SECTOR_AT), %si
    jne boot_sector_refuse
    movb $4, sectors_per_block
    ljmpw $0, $_start

boot_sector_refuse:
    lodsb
    testb %al, %al
    jz 1f
    outb %al, $0xe9
    movb $0x0e, %ah
    movw $7, %bx
    int $0x10
    jmp boot_sector_refuse
1:  cli
    hlt
    jmp 1b

no_block_numbers:
    .asciz "Cannot boot: this BIOS cannot read disks by block number.\r\n"
no_first_block:
    .asciz "Cannot boot: the disk cannot be read.\r\n"
no_loader:
    .asciz "Cannot boot: no loader where it was when the disk was made.\r\n"

    .org boot_sector + 420
boot_sector_name:
    .ascii "ONKO"
first_block:
    .byte 16, 0
    .word 4, REAL_STACK, 0
    .quad 0                     # filled in: the first sector of this image
    .org boot_sector + 440

# Up to here everything is in the first block, the one that the BIOS loads.
    .org 2048

# Real mode and long mode meet here. The same as the kernel's, see x86/src/handoff.rs.
.balign 8
global_descriptors:
    .quad 0
    .quad 0x00009b000000ffff    # 0x08 16-bit code
    .quad 0x000093000000ffff    # 0x10 16-bit data
    .quad 0x00cf9b000000ffff    # 0x18 32-bit code
    .quad 0x00cf93000000ffff    # 0x20 32-bit data
    .quad 0x00209b0000000000    # 0x28 64-bit code
    .quad 0x0000930000000000    # 0x30 64-bit data
global_descriptors_pointer:
    .word . - global_descriptors - 1
    .long global_descriptors
real_interrupts_pointer:
    .word 0x3ff
    .long 0, 0

.code64
# region long-start
long_start:
    call load_data_segments
    movl $STACK_TOP, %esp
    movl $bss_start, %edi
    movl $bss_end, %ecx
    subl %edi, %ecx
    shrl $3, %ecx
    xorl %eax, %eax
    rep stosq
    call loader_main
# endregion long-start

load_data_segments:
    movl $0x30, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %fs
    movl %eax, %gs
    movl %eax, %ss
    ret

# run_in_real_mode(registers: *mut Registers, instruction: u16): loads the registers, runs one instruction of two bytes
# with interrupts on, and stores the registers.
.globl run_in_real_mode
run_in_real_mode:
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rdi, caller_registers
    movw %si, real_instruction
    movq %rdi, %rsi
    movl $real_registers, %edi
    movl $40, %ecx
    rep movsb
    movq %rsp, caller_stack
    sidt caller_interrupts
    lidt real_interrupts_pointer
    pushq $0x08
    pushq $leave_long_mode
    lretq

.code16
leave_long_mode:
    movw $0x10, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %fs
    movw %ax, %gs
    movw %ax, %ss
    movl %cr0, %eax
    andl $~CR0_PG_PE | 1, %eax
    movl %eax, %cr0
    movl $EFER, %ecx
    rdmsr
    btrl $EFER_LME, %eax
    wrmsr
    movl %cr0, %eax
    andb $0xfe, %al
    movl %eax, %cr0
    ljmpw $0, $in_real_mode
in_real_mode:
    xorw %ax, %ax
    movw %ax, %ss
    movw %ax, %ds
    movw %ax, %fs
    movw %ax, %gs
    movw $real_registers, %sp
    popal
    popw %es
    popw %ds
    movw $REAL_STACK, %sp
    sti
real_instruction:
    .byte 0, 0
    cli
    pushfl
    pushw %ds
    pushw %es
    pushal
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    cld
    movw %sp, %si
    movw $real_registers, %di
    movw $40, %cx
    rep movsb
    movw $REAL_STACK, %sp
    movl $return_to_caller, enter_long_mode_target
    jmp enter_long_mode

.code64
return_to_caller:
    movq caller_stack, %rsp
    call load_data_segments
    lidt caller_interrupts
    movl $real_registers, %esi
    movq caller_registers, %rdi
    movl $40, %ecx
    rep movsb
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    ret

.balign 8
caller_registers:   .quad 0
caller_stack:       .quad 0
real_registers:     .skip 40
caller_interrupts:  .skip 10

# One stub per exception, 16 bytes apart: its number, then the handler.
.balign 16
.globl exception_stubs
exception_stubs:
.set number, 0
.rept 32
    .balign 16
    pushq $number
    jmp exception
    .set number, number + 1
.endr
exception:
    movq %rsp, %rdi
    andq $-16, %rsp
    call loader_exception
