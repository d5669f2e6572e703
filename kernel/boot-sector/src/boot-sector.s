# 512 bytes that a BIOS loads to 0x7c00 and jumps to: a text through the BIOS, and a colour in mode 13h.

.section .boot, "ax", @progbits
.code16

# region start
.globl _start
_start:
    ljmpw $0, $start            # BIOSes agree on the place, not on the segment: from here on CS is 0
start:
    xorw %ax, %ax
    movw %ax, %ds               # a segment register takes a value from another register only
    movw %ax, %ss
    movw $0x7c00, %sp           # the stack grows down, away from this code
    cld                         # lodsb and stosb count up
# endregion start

# region mode
    movw $0x0013, %ax           # AH = 0x00: set the mode; AL = 0x13: 320 x 200, a byte for each pixel
    int $0x10
# endregion mode

# region color
    movw $0x3c8, %dx
    movb $1, %al
    outb %al, %dx               # "next come red, green and blue of colour 1"
    incw %dx
    movw $color, %si
    movw $3, %cx
    rep outsb                   # three bytes from memory to port 0x3c9
# endregion color

# region print
    movw $text, %si
next:
    lodsb                       # AL = the byte at SI, and SI goes on by one
    testb %al, %al
    jz printed                  # a zero ends the text
    movb $0x0e, %ah             # AH = 0x0e: print AL and move on
    movb ink, %bl
    movb $0, %bh
    int $0x10
    movb $0x01, %ah             # AH = 0x01: the same byte over the serial port number DX
    xorw %dx, %dx
    int $0x14
    jmp next
printed:
# endregion print

# region paint
    movw $0xa000, %ax
    movw %ax, %es               # the picture lies at 0xa0000, which is segment 0xa000
    xorw %di, %di
    movw $320 * 200, %cx
pixel:
    cmpb $0, %es:(%di)          # 0 is what the mode was cleared with: not a letter
    jne keep
    movb $1, %es:(%di)
keep:
    incw %di
    loop pixel
# endregion paint

# region stop
    cli
stop:
    hlt
    jmp stop
# endregion stop

# region data
.type color, @object
.size color, 3
color:
    .byte 3, 6, 8               # red, green, blue, from 0 to 63: the VGA has six bits for each

.type ink, @object
.size ink, 1
ink:
    .byte 15                    # white in the palette that the BIOS sets

.type text, @object
.size text, signature - text
text:
    .asciz "Hello from 512 bytes."
# endregion data

# region signature
    .org 510
signature:
    .byte 0x55, 0xaa
# endregion signature
