# enter_kernel(tables, entry, stack, descriptors): position-independent, copied to memory that the kernel's page tables
# map. `descriptors` points to the operands of lgdt and lidt, 16 bytes apart; below `stack` there is room for a frame.
.globl enter_kernel
.globl enter_kernel_end
enter_kernel:
    movq %rdi, %cr3
    lgdt (%rcx)
    lidt 16(%rcx)
    movl $0x80010011, %eax      # paging, write protection, extension type, protection
    movq %rax, %cr0
    movl $0x20, %eax            # physical address extension
    movq %rax, %cr4
    movl $0x30, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %fs
    movl %eax, %gs
    movl %eax, %ss
    movq %rdx, %rsp
    pushq $0x30
    pushq %rdx
    pushq $2                    # flags: all clear but the bit that always is set
    pushq $0x28
    pushq %rsi
    xorl %eax, %eax
    xorl %ebx, %ebx
    xorl %ecx, %ecx
    xorl %edx, %edx
    xorl %esi, %esi
    xorl %edi, %edi
    xorl %ebp, %ebp
    xorl %r8d, %r8d
    xorl %r9d, %r9d
    xorl %r10d, %r10d
    xorl %r11d, %r11d
    xorl %r12d, %r12d
    xorl %r13d, %r13d
    xorl %r14d, %r14d
    xorl %r15d, %r15d
    iretq
enter_kernel_end:
