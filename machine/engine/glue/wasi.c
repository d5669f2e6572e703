/* What Bochs's sources call and WASI's libraries lack: names of hosts and temporary files, neither of which we use. */
#include <stdio.h>
void *gethostbyname(const char *name) { (void)name; return 0; }
FILE *tmpfile(void) { return 0; }
