// What Bochs's sources expect of a POSIX system and WASI's headers lack. Included before every C++ source.
#ifndef ONKO_WASI_H
#define ONKO_WASI_H
#if defined(__wasi__) && defined(__cplusplus)
#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <libgen.h>
#ifndef SOMAXCONN
#define SOMAXCONN 128
#endif
extern "C" {
static inline int socket(int, int, int) { return -1; }
static inline int bind(int, const struct sockaddr *, socklen_t) { return -1; }
static inline int listen(int, int) { return -1; }
static inline int connect(int, const struct sockaddr *, socklen_t) { return -1; }
struct hostent;
static inline char *mktemp(char *name) { return name; }
}
#endif
#endif
