/*
 * Counts what a process asks of the heap, per thread name. Loaded with LD_PRELOAD, or linked in; at exit the
 * numbers go to the file that MALLOC_COUNT names, a line per thread name: allocations, frees,
 * name. The counting itself never allocates.
 *
 * Allocations are malloc, calloc, realloc, memalign, aligned_alloc, posix_memalign, valloc and
 * pvalloc; glibc's own (strdup, getline, ...) come through these too.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void *__libc_valloc(size_t);
extern void *__libc_pvalloc(size_t);
extern void __libc_free(void *);

#define NAME 16
#define NAMES 64

/* Entries before `used` have their name; the last one takes what does not fit. */
static struct {
    char name[NAME];
    atomic_ullong allocations, frees;
} threads[NAMES];
static atomic_int used;
static atomic_flag adding = ATOMIC_FLAG_INIT;

/* Threads get their names late and pool threads change theirs: it is asked for every time. */
static int entry(void) {
    char name[NAME] = {0};
    prctl(PR_GET_NAME, name);
    for (int i = 0; i < atomic_load(&used); i++)
        if (strcmp(threads[i].name, name) == 0) return i;
    while (atomic_flag_test_and_set(&adding)) {}
    int i = 0, end = atomic_load(&used);
    while (i < end && strcmp(threads[i].name, name) != 0) i++;
    if (i == end && end < NAMES) {
        memcpy(threads[end].name, name, NAME);
        atomic_store(&used, end + 1);
    }
    atomic_flag_clear(&adding);
    return i < NAMES ? i : NAMES - 1;
}

static void allocated(void) {
    atomic_fetch_add_explicit(&threads[entry()].allocations, 1, memory_order_relaxed);
}

void *malloc(size_t size) {
    allocated();
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    allocated();
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size) {
    allocated();
    return __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size) {
    allocated();
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    allocated();
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
    allocated();
    void *memory = __libc_memalign(alignment, size);
    if (!memory) return ENOMEM;
    *result = memory;
    return 0;
}

void *valloc(size_t size) {
    allocated();
    return __libc_valloc(size);
}

void *pvalloc(size_t size) {
    allocated();
    return __libc_pvalloc(size);
}

void free(void *old) {
    if (old) atomic_fetch_add_explicit(&threads[entry()].frees, 1, memory_order_relaxed);
    __libc_free(old);
}

/* All threads' so far, for a program that has this file linked in. */
unsigned long long malloc_count_allocations(void) {
    unsigned long long sum = 0;
    for (int i = 0; i < atomic_load(&used); i++) sum += atomic_load(&threads[i].allocations);
    return sum;
}

/* This process alone: what it starts is not counted. */
__attribute__((constructor)) static void start(void) {
    unsetenv("LD_PRELOAD");
}

__attribute__((destructor)) static void report(void) {
    const char *path = getenv("MALLOC_COUNT");
    int file = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) : -1;
    if (file < 0) return;
    for (int i = 0; i < atomic_load(&used); i++) {
        char line[96];
        int length = snprintf(line, sizeof line, "%llu %llu %s\n",
                              atomic_load(&threads[i].allocations),
                              atomic_load(&threads[i].frees), threads[i].name);
        if (write(file, line, length) != length) break;
    }
    close(file);
}
