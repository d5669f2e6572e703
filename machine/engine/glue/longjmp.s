# The WebAssembly exception that setjmp and longjmp are made of; the C library for WASI does not define it.
	.tagtype	__c_longjmp i32
	.globl	__c_longjmp
	.section	.data.tag,"",@
__c_longjmp:
